//! Intervals from known distributions: Wilson's for a share, Student's for a mean.

use super::bootstrap::Estimate;
use super::describe::{mean, std_dev};

/// The 97.5 % point of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A share `k / n` with Wilson's 95 % interval; NaN of nothing.
pub fn wilson(k: usize, n: usize) -> Estimate {
    if n == 0 {
        return Estimate::NONE;
    }
    let (size, point) = (n as f64, k as f64 / n as f64);
    let centre = point + Z * Z / (2.0 * size);
    let reach = Z * (point * (1.0 - point) / size + Z * Z / (4.0 * size * size)).sqrt();
    let scale = 1.0 + Z * Z / size;
    // At k = 0 and k = n the bounds are 0 and 1 exactly; rounding must not cross the point.
    let low = if k == 0 { 0.0 } else { (centre - reach) / scale };
    let high = if k == n { 1.0 } else { (centre + reach) / scale };
    Estimate { point, low, high }
}

/// The mean with Student's 95 % interval; without width known (infinite) at one value, NaN of nothing.
pub fn t_interval(values: &[f64]) -> Estimate {
    match values.len() {
        0 => Estimate::NONE,
        1 => Estimate { point: values[0], low: f64::NEG_INFINITY, high: f64::INFINITY },
        n => {
            let point = mean(values);
            let reach = t_quantile((n - 1) as f64) * std_dev(values) / (n as f64).sqrt();
            Estimate { point, low: point - reach, high: point + reach }
        }
    }
}

/// The 97.5 % point of Student's t with `df` degrees of freedom, by bisection of its tail.
fn t_quantile(df: f64) -> f64 {
    let tail = |t: f64| 0.5 * incomplete_beta(df / (df + t * t), df / 2.0, 0.5);
    let (mut low, mut high) = (1.0, 13.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if tail(middle) > 0.025 { low = middle } else { high = middle }
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
