//! Tails and quantiles of the distributions that tests refer to.

/// The share of the standard normal distribution above `z`.
pub fn normal_tail(z: f64) -> f64 {
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

/// The point above which a share `p` of the standard normal distribution lies.
pub fn normal_quantile(p: f64) -> f64 {
    bisect(-40.0, 40.0, |z| normal_tail(z) > p)
}

/// The share of Student's t with `df` degrees of freedom above `t`.
pub fn student_tail(t: f64, df: f64) -> f64 {
    let above = 0.5 * incomplete_beta(df / (df + t * t), df / 2.0, 0.5);
    if t >= 0.0 { above } else { 1.0 - above }
}

/// The point above which a share `p`, below one half, of Student's t with `df` degrees of freedom lies.
pub fn student_quantile(p: f64, df: f64) -> f64 {
    let mut high = 1.0;
    while student_tail(high, df) > p {
        high *= 2.0;
    }
    bisect(0.0, high, |t| student_tail(t, df) > p)
}

/// The share of Fisher's F with `d1` and `d2` degrees of freedom above `f`.
pub fn fisher_tail(f: f64, d1: f64, d2: f64) -> f64 {
    if f <= 0.0 { 1.0 } else { incomplete_beta(d2 / (d2 + d1 * f), d2 / 2.0, d1 / 2.0) }
}

/// The point above which a share `p` of the range of `k` standard normal variables lies: the studentized range with a
/// known deviation, by Simpson's rule over k ∫ φ(z) (Φ(z) − Φ(z − q))ᵏ⁻¹ dz.
pub fn range_quantile(p: f64, k: usize) -> f64 {
    const STEPS: usize = 800;
    let (from, width) = (-8.0, 16.0 / STEPS as f64);
    let below = |q: f64| -> f64 {
        let density = |z: f64| {
            let within = normal_tail(z - q) - normal_tail(z);
            libm::exp(-0.5 * z * z) / (2.0 * std::f64::consts::PI).sqrt() * libm::pow(within, (k - 1) as f64)
        };
        let weight = |i: usize| if i == 0 || i == STEPS { 1.0 } else { [2.0, 4.0][i % 2] };
        let terms: Vec<f64> = (0..=STEPS).map(|i| weight(i) * density(from + i as f64 * width)).collect();
        k as f64 * super::sum(&terms) * width / 3.0
    };
    // `within` is of (z − q, z), so the integral runs over the largest of the k.
    bisect(0.0, 16.0, |q| 1.0 - below(q) > p)
}

/// The point at which a falling condition turns false.
fn bisect(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..70 {
        let middle = 0.5 * (low + high);
        if holds(middle) { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The regularized incomplete beta function I_x(a, b), by Lentz's continued fraction (DLMF 8.17.22).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    if x <= 0.0 {
        return 0.0;
    }
    let front =
        libm::exp(libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log1p(-x)) / a;
    let nonzero = |x: f64| if x.abs() < 1e-300 { 1e-300 } else { x };
    let mut d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let (mut c, mut fraction) = (1.0, d);
    for m in 1..300 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / nonzero(1.0 + term * d);
            c = nonzero(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * fraction
}
