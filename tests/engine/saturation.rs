//! Every activation, loss and optimizer against f64 at arguments from 1e-38 to 1e38: what saturates keeps its digits. The
//! errors allowed are those that `docs/numerics.md` tells.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor, Var};
use tallow::activation::{self, Activation, Pointwise};
use tallow::dataset::Task;
use tallow::loss::{self, Objective, Share, Smoothing};
use tallow::numerics::{Isa, Kernel, LANES, Lanes, Simd};
use tallow::optim::{self, Change, Optimizer, Rule, Start, Whole};
use tallow::param::Value;

/// Arguments of one sign: 40 in every decade, and evenly to 120.
fn sizes() -> impl Iterator<Item = f32> {
    let decades = (-38 * 40..=38 * 40).map(|k| 10_f64.powf(f64::from(k) / 40.0) as f32);
    decades.chain((1..=6000).map(|k| k as f32 * 0.02))
}

/// Of both signs.
fn arguments() -> Vec<f32> {
    sizes().flat_map(|x| [-x, x]).collect()
}

/// How far a number is from the exact one, in units of the last place of an f32 of this size.
fn ulps(seen: f32, exact: f64, size: f64) -> f64 {
    // Both beyond the largest, or the same.
    if seen == exact as f32 || seen.is_nan() && exact.is_nan() {
        return 0.0;
    }
    let exponent = libm::frexp(size.abs().max(f64::MIN_POSITIVE)).1.max(-125);
    (f64::from(seen) - exact).abs() / libm::ldexp(1.0, exponent - 24)
}

/// The largest error of something, and where.
#[derive(Default)]
struct Worst(BTreeMap<String, (f64, String)>);

impl Worst {
    fn see(&mut self, what: &str, error: f64, place: impl FnOnce() -> String) {
        let worst = self.0.entry(what.to_owned()).or_default();
        if error > worst.0 || error.is_nan() {
            *worst = (error, place());
        }
    }

    /// None is above what is allowed of it.
    fn assert(&self, allowed: impl Fn(&str) -> f64) {
        for (what, (error, place)) in &self.0 {
            println!("{what:<40} {error:>7.2} ulp at {place}");
        }
        for (what, (error, place)) in &self.0 {
            assert!(*error <= allowed(what), "{what} is off by {error:.2} ulp at {place}");
        }
    }
}

/// Value and slope of 32 arguments.
struct Fused<'a>(&'a Activation, Lanes);

impl Kernel for Fused<'_> {
    type Output = [Lanes; 2];
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        struct On<S: Simd>(S, Lanes);
        impl<S: Simd> activation::Visitor for On<S> {
            type Output = [Lanes; 2];
            #[inline(always)]
            fn visit<K: Pointwise>(self, kind: &K) -> Self::Output {
                let (s, mut out) = (self.0, [Lanes::ZERO; 2]);
                let x = s.load(&self.1.0);
                let y = kind.value(s, x);
                s.store(&mut out[0].0, y);
                s.store(&mut out[1].0, kind.slope(s, if K::FROM_VALUE { y } else { x }, y));
                out
            }
        }
        self.0.visit(On(s, self.1))
    }
}

fn lanes(x: &[f32]) -> Lanes {
    let mut lanes = Lanes::ZERO;
    lanes.0[..x.len()].copy_from_slice(x);
    lanes
}

/// The products of x and a share: where their slope is near its zero, digits cancel, and where the share is subnormal it has
/// few.
const PRODUCTS: [&str; 4] = ["gelu", "gelu_tanh", "silu", "mish"];

#[test]
fn every_activation_keeps_its_digits_from_1e_38_to_1e38() {
    let (arguments, mut worst) = (arguments(), Worst::default());
    for activation in Activation::all() {
        let name = activation.name();
        let is_product = PRODUCTS.contains(&name);
        for isa in Isa::available() {
            for some in arguments.chunks(LANES) {
                let [values, slopes] = isa.run(Fused(&activation, lanes(some)));
                for (k, &x) in some.iter().enumerate() {
                    let (value, slope) = activation.exact(x.into());
                    let mut size = [value, slope];
                    if is_product {
                        let least = libm::ldexp(1.0, -119);
                        size = [value.abs().max(least), slope.abs().max((value / f64::from(x)).abs()).max(least)];
                    }
                    let place = || format!("{x:e} on {}", isa.name());
                    worst.see(&format!("{name} value"), ulps(values.0[k], value, size[0]), place);
                    worst.see(&format!("{name} slope"), ulps(slopes.0[k], slope, size[1]), place);
                }
            }
        }
        let x = Tensor::new(&arguments[..], &Device::Cpu).and_then(|x| Var::from_tensor(&x)).expect("made");
        let y = activation.tensor(&x).expect("computed");
        let slopes = y.sum_all().and_then(|sum| sum.backward()).expect("derived");
        let slopes = slopes.get(&x).expect("an input").to_vec1::<f32>().expect("a row");
        for ((x, seen), slope) in arguments.iter().zip(y.to_vec1::<f32>().expect("a row")).zip(slopes) {
            let exact = activation.exact(f64::from(*x));
            assert_eq!((seen, slope), (exact.0 as f32, exact.1 as f32), "{name} at {x:e}");
        }
    }
    worst.assert(|what| match what {
        "gelu value" | "gelu slope" | "gelu_tanh slope" => 5.0,
        "mish slope" => 6.0,
        _ => 4.0,
    });
}

/// The formulas in f64 by those of mpmath (`tests/golden/saturation/make.py`).
#[test]
fn the_formulas_in_f64_are_exact() {
    let text = std::fs::read_to_string("tests/golden/saturation/exact.json").expect("a file");
    let golden: BTreeMap<String, Vec<[f64; 3]>> = serde_json::from_str(&text).expect("JSON");
    assert_eq!(golden.len(), Activation::NAMES.len());
    for activation in Activation::all() {
        for &[x, value, slope] in &golden[activation.name()] {
            let near = |seen: f64, exact: f64| {
                // An error in x² is many times larger in its power.
                (seen - exact).abs() <= 1e-12 * exact.abs() || exact.abs() < 1e-60 && seen.abs() < 1e-59
            };
            let seen = activation.exact(x);
            assert!(near(seen.0, value) && near(seen.1, slope), "{activation:?} {x:e}: {seen:?}, {value:e} {slope:e}");
        }
    }
    // The cross-entropies of two classes are a softplus.
    let exact = |task, z: &[f64], y: f64| {
        let mut d = vec![0.0; z.len()];
        (loss::exact(task, 0.0, z, y, &mut d), d)
    };
    for &[x, value, slope] in &golden["softplus"] {
        let near = |seen: f64, exact: f64| (seen - exact).abs() <= 1e-14 * exact.abs();
        let two = Task::Multiclass { classes: 2 };
        for (loss, d) in [exact(Task::Binary, &[x], 0.0), exact(two, &[0.0, x], 0.0).into_second()] {
            assert!(near(loss, value) && near(d[0], slope), "{x:e}: {loss:e} {d:?} for {value:e} {slope:e}");
        }
        for (loss, d) in [exact(Task::Binary, &[-x], 1.0), exact(two, &[0.0, -x], 1.0).into_second()] {
            assert!(near(loss, value) && near(d[0], -slope), "{x:e}: {loss:e} {d:?} for {value:e} {slope:e}");
        }
    }
}

/// Of two outputs' derivatives, the second alone.
trait IntoSecond {
    fn into_second(self) -> Self;
}

impl IntoSecond for (f64, Vec<f64>) {
    fn into_second(self) -> Self {
        assert_eq!(self.1[0], -self.1[1]);
        (self.0, vec![self.1[1]])
    }
}

/// Losses and gradients of 32 samples that all count 1.
struct Losses<'a> {
    objective: Objective,
    z: &'a [Lanes],
    y: Lanes,
}

impl Kernel for Losses<'_> {
    type Output = (Lanes, Vec<Lanes>);
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        let (mut losses, mut d) = (Lanes::ZERO, vec![Lanes::ZERO; self.z.len()]);
        let one = Lanes([1.0; LANES]);
        let scale = Lanes([loss::numerator(self.objective.task); LANES]);
        let share = Share { mask: Lanes([f32::from_bits(u32::MAX); LANES]), weight: one, scale };
        let sum = loss::gradient(s, self.objective, self.z, &self.y, &share, &mut d, s.splat(0.0));
        s.store(&mut losses.0, sum);
        (losses, d)
    }
}

#[test]
fn every_loss_keeps_its_digits_from_1e_38_to_1e38() {
    let (arguments, mut worst) = (arguments(), Worst::default());
    // Outputs of a sample whose differences are exact, so that what is seen is the loss's own error.
    type Outputs = fn(f32) -> Vec<f32>;
    let three = Task::Multiclass { classes: 3 };
    let cases: [(&str, Task, Outputs, &[f32]); 4] = [
        ("squared error", Task::Regression, |x| vec![x], &[0.0, 1.0, -1e3]),
        ("binary cross-entropy", Task::Binary, |x| vec![x], &[0.0, 1.0]),
        ("cross-entropy", three, |x| vec![x, 0.0, -x], &[0.0, 1.0, 2.0]),
        ("cross-entropy of equal outputs", three, |x| vec![x, x, 0.0], &[0.0, 1.0, 2.0]),
    ];
    for (name, task, outputs, targets) in cases {
        for (smoothing, &y) in [0.0, 0.1].into_iter().flat_map(|smoothing| targets.iter().map(move |y| (smoothing, y)))
        {
            let objective = Objective { task, smoothing: Smoothing::new(task, smoothing) };
            if smoothing > 0.0 && objective.smoothing.is_none() {
                continue;
            }
            let name = if smoothing > 0.0 { format!("{name}, smoothed") } else { name.to_owned() };
            for some in arguments.chunks(LANES) {
                let of_samples: Vec<Vec<f32>> = some.iter().map(|&x| outputs(x)).collect();
                let row = |k: usize| lanes(&of_samples.iter().map(|z| z[k]).collect::<Vec<_>>());
                let z: Vec<Lanes> = (0..task.outputs()).map(row).collect();
                let seen: Vec<_> = Isa::available()
                    .into_iter()
                    .map(|isa| isa.run(Losses { objective, z: &z, y: Lanes([y; LANES]) }))
                    .collect();
                let wide: Vec<Vec<f64>> = of_samples.iter().map(|z| z.iter().map(|&z| z.into()).collect()).collect();
                // Some are enough: it is the formula itself that candle applies.
                let (on_tensors, gradients) = by_candle(task, smoothing, &of_samples[..1], y);
                for (k, z) in wide.iter().enumerate() {
                    let mut d = vec![0.0; z.len()];
                    let exact = loss::exact(task, smoothing, z, y.into(), &mut d);
                    let place = || format!("{z:?} for {y}");
                    // Smoothed, a derivative is the difference of a probability and a target.
                    let size = |d: f64| if smoothing > 0.0 { d.abs().max(0.5) } else { d };
                    for (losses, gradient) in &seen {
                        worst.see(&format!("{name}, value"), ulps(losses.0[k], exact, exact), place);
                        for (d, seen) in d.iter().zip(gradient) {
                            worst.see(&format!("{name}, gradient"), ulps(seen.0[k], *d, size(*d)), place);
                        }
                    }
                    if let (Some(loss), Some(gradient)) = (on_tensors.get(k), gradients.get(k)) {
                        let rounded: Vec<f32> = d.iter().map(|&d| d as f32).collect();
                        assert_eq!((*loss, gradient), (exact as f32, &rounded), "{}", place());
                    }
                }
            }
        }
    }
    worst.assert(|what| if what.ends_with("smoothed, value") { 16.0 } else { 4.0 });
}

/// Losses and gradients of samples as the reference engine has them: each is the mean of itself.
fn by_candle(task: Task, smoothing: f64, z: &[Vec<f32>], y: f32) -> (Vec<f32>, Vec<Vec<f32>>) {
    let of = |z: &Vec<f32>| {
        let z = Tensor::new(&z[..], &Device::Cpu).and_then(|z| Var::from_tensor(&z.unsqueeze(0)?)).expect("made");
        let y = Tensor::new(&[y], &Device::Cpu).expect("made");
        let loss = loss::tensor(task, &z, &y, None, smoothing).expect("computed");
        let gradients = loss.backward().expect("derived");
        let gradient = gradients.get(&z).expect("an input").flatten_all().and_then(|d| d.to_vec1()).expect("a row");
        (loss.to_scalar::<f32>().expect("a number"), gradient)
    };
    z.iter().map(of).unzip()
}

/// Steps of an optimizer along the same gradients.
const STEPS: usize = 3;

/// 32 parameters that start from 0, after each step along their gradients; and by the candle form in f64.
struct Steps<'a>(&'a Optimizer, &'a [f32]);

impl Kernel for Steps<'_> {
    type Output = Vec<Lanes>;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        struct On<'a, S: Simd>(S, &'a [f32]);
        impl<S: Simd> optim::Visitor for On<'_, S> {
            type Output = Vec<Lanes>;
            fn whole<W: Whole>(self, _: &W) -> Self::Output {
                Vec::new()
            }
            #[inline(always)]
            fn elementwise<R: Rule>(self, rule: &R) -> Self::Output {
                let (s, g) = (self.0, lanes(self.1));
                let start = |start: Start| match start {
                    Start::At(x) => Lanes([x; LANES]),
                    Start::Parameter => Lanes::ZERO,
                };
                let mut state: Vec<Lanes> = rule.slots().into_iter().map(start).collect();
                let (mut course, mut p, mut after) = (rule.course(), Lanes::ZERO, Vec::new());
                for _ in 0..STEPS {
                    let step = rule.step(&mut course, RATE);
                    let moved = rule.update(s, step, s.load(&p.0), s.load(&g.0), &mut state);
                    s.store(&mut p.0, moved);
                    after.push(p);
                }
                after
            }
        }
        self.0.visit(On(s, self.1))
    }
}

const RATE: f64 = 0.01;

struct Exactly<'a>(&'a [f32]);

impl optim::Visitor for Exactly<'_> {
    type Output = Vec<Vec<f64>>;
    /// What moves a network as a whole is held to f64 by its trajectories.
    fn whole<W: Whole>(self, _: &W) -> Self::Output {
        Vec::new()
    }
    fn elementwise<R: Rule>(self, rule: &R) -> Self::Output {
        let g = Tensor::new(self.0, &Device::Cpu).and_then(|g| g.to_dtype(DType::F64)).expect("made");
        let (mut p, mut state, mut after) = (g.zeros_like().expect("made"), Vec::new(), Vec::new());
        for step in 0..STEPS {
            let change = Change { step, learning_rate: RATE, p: &p, g: &g };
            p = rule.tensor(change, &mut state).expect("computed");
            after.push(p.to_vec1().expect("a row"));
        }
        after
    }
}

#[test]
fn every_optimizer_keeps_its_digits_from_1e_38_to_1e38() {
    let mut worst = Worst::default();
    for mut optimizer in Optimizer::all() {
        let name = optimizer.name();
        // It is where yogi's mean of gradients starts from, too, and would be met by some.
        if optimizer.settings().get("initial_accumulator").is_some() {
            optimizer.settings_mut().set("initial_accumulator", &Value::Float(0.0)).expect("in its domain");
        }
        for some in arguments().chunks(LANES) {
            let exact = optimizer.visit(Exactly(some));
            for isa in Isa::available() {
                let seen = isa.run(Steps(&optimizer, some));
                for (step, (seen, exact)) in seen.iter().zip(&exact).enumerate() {
                    for ((&g, seen), &exact) in some.iter().zip(seen.0).zip(exact) {
                        let place = || format!("{g:e}, step {}, on {}: {seen:e} for {exact:e}", step + 1, isa.name());
                        // Means of gradients are numbers of f32, and so are their squares.
                        let range = match g.abs() {
                            g if g < 1e-34 => "below",
                            g if g <= 1e18 => "within",
                            _ => "beyond",
                        };
                        // The difference of two infinite squares.
                        if (name, range, seen.is_nan()) == ("yogi", "beyond", true) {
                            continue;
                        }
                        worst.see(&format!("{name} {range}"), ulps(seen, exact, exact), place);
                    }
                }
            }
        }
    }
    worst.assert(|what| match what.rsplit_once(' ') {
        Some((_, "below")) => 256.0,
        // What is divided by the root of an infinite square stands still.
        Some((_, "beyond")) => f64::from(1 << 24),
        _ => 4.0,
    });
}
