use candle_core::{DType, Device, Tensor, Var};

use super::*;
use crate::numerics::{Isa, Kernel, LANES, Lanes};

/// Arguments on both sides of every kink, and far out.
const POINTS: [f64; 14] = [-1e4, -90.0, -20.0, -5.0, -1.5, -0.3, -1e-3, 1e-3, 0.3, 1.5, 5.0, 20.0, 90.0, 1e4];

fn derivative(activation: &Activation, points: &[f64], dtype: DType) -> Vec<f64> {
    let x = Tensor::new(points, &Device::Cpu).and_then(|x| Var::from_tensor(&x.to_dtype(dtype)?)).expect("made");
    let sum = activation.tensor(&x).and_then(|y| y.sum_all()).expect("computed");
    let grads = sum.backward().expect("derived");
    let slopes = grads.get(&x).expect("x is an input").to_dtype(DType::F64);
    slopes.and_then(|slopes| slopes.to_vec1()).expect("a vector")
}

#[test]
fn candle_gradients_are_the_differences_of_the_function() {
    for activation in Activation::all() {
        let value = |shift: f64| -> Vec<f64> {
            let x = Tensor::new(&POINTS.map(|x| x + shift), &Device::Cpu).expect("made");
            activation.tensor(&x).and_then(|y| y.to_vec1()).expect("computed")
        };
        let (above, below) = (value(1e-5), value(-1e-5));
        for (i, slope) in derivative(&activation, &POINTS, DType::F64).into_iter().enumerate() {
            let difference = (above[i] - below[i]) / 2e-5;
            assert!(
                (slope - difference).abs() < 2e-6,
                "{} at {}: {slope} for {difference}",
                activation.name(),
                POINTS[i]
            );
        }
    }
}

/// PyTorch's choice where the function has a kink, and the slope at 0 of those that have none: a training of dead units
/// and zero biases stands exactly there.
#[test]
fn slopes_at_kinks_are_those_of_pytorch() {
    for activation in Activation::all() {
        let name = activation.name();
        let (points, slopes): (&[f64], &[f64]) = match name {
            "relu" => (&[0.0, -0.0], &[0.0, 0.0]),
            "leaky_relu" => (&[0.0, -0.0], &[0.01, 0.01]),
            "elu" => (&[0.0, -0.0], &[1.0, 1.0]),
            "selu" => (&[0.0, -0.0], &[1.758_099_340_847_376_6, 1.758_099_340_847_376_6]),
            "hardtanh" => (&[-1.0, 1.0, 0.0], &[0.0, 0.0, 1.0]),
            "relu6" => (&[0.0, 6.0, 3.0], &[0.0, 0.0, 1.0]),
            "gelu" | "gelu_tanh" | "silu" | "softplus" => (&[0.0, -0.0], &[0.5, 0.5]),
            "mish" => (&[0.0, -0.0], &[0.6, 0.6]),
            "sigmoid" => (&[0.0, -0.0], &[0.25, 0.25]),
            "tanh" | "softsign" | "linear" => (&[0.0, -0.0], &[1.0, 1.0]),
            other => panic!("{other}: say here what its slope at 0 is"),
        };
        let mut lanes = Lanes::ZERO;
        for (lane, &point) in lanes.0.iter_mut().zip(points) {
            *lane = point as f32;
        }
        let (_, fused) = Isa::current().run(Both(&activation, lanes));
        for dtype in [DType::F32, DType::F64] {
            let seen = derivative(&activation, points, dtype);
            for (i, (seen, slope)) in seen.into_iter().zip(slopes).enumerate() {
                assert!((seen - slope).abs() < 2e-7, "{name} at {} in {dtype:?}: {seen} for {slope}", points[i]);
                assert!((f64::from(fused.0[i]) - slope).abs() < 2e-7, "{name}, fused: {} for {slope}", fused.0[i]);
            }
        }
    }
}

#[test]
fn nan_stays_nan_and_no_finite_number_becomes_it() {
    let points = [f32::NAN, f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e13, -1e20].map(f64::from);
    let mut lanes = Lanes::ZERO;
    for (lane, &point) in lanes.0.iter_mut().zip(&points) {
        *lane = point as f32;
    }
    for activation in Activation::all() {
        let name = activation.name();
        let x = Tensor::new(&points, &Device::Cpu).and_then(|x| x.to_dtype(DType::F32)).expect("made");
        let values: Vec<f32> = activation.tensor(&x).and_then(|y| y.to_vec1()).expect("computed");
        let slopes = derivative(&activation, &points, DType::F32);
        let (fused, fused_slopes) = Isa::current().run(Both(&activation, lanes));
        assert!(values[0].is_nan() && fused.0[0].is_nan(), "{name}(NaN) is {} and {}", values[0], fused.0[0]);
        for (i, point) in points.iter().enumerate().skip(1) {
            assert!(!values[i].is_nan() && !slopes[i].is_nan(), "{name} at {point}: {}, {}", values[i], slopes[i]);
            let (value, slope) = (fused.0[i], fused_slopes.0[i]);
            assert!(!value.is_nan() && !slope.is_nan(), "{name} at {point}, fused: {value}, {slope}");
        }
    }
}

struct Both<'a>(&'a Activation, Lanes);
impl Kernel for Both<'_> {
    type Output = (Lanes, Lanes);
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        struct On<S: Simd>(S, Lanes);
        impl<S: Simd> Visitor for On<S> {
            type Output = (Lanes, Lanes);
            #[inline(always)]
            fn visit<K: Pointwise>(self, kind: &K) -> Self::Output {
                let (s, mut out) = (self.0, (Lanes::ZERO, Lanes::ZERO));
                let x = s.load(&self.1.0);
                let y = kind.value(s, x);
                s.store(&mut out.0.0, y);
                s.store(&mut out.1.0, kind.slope(s, if K::FROM_VALUE { y } else { x }, y));
                out
            }
        }
        self.0.visit(On(s, self.1))
    }
}

#[test]
fn the_fused_form_is_the_candle_form() {
    let mut x = Lanes::ZERO;
    for lane in 0..LANES {
        x.0[lane] = POINTS[lane % POINTS.len()] as f32;
    }
    for activation in Activation::all() {
        let (value, slope) = Isa::current().run(Both(&activation, x));
        let input = Tensor::new(&POINTS, &Device::Cpu).and_then(|x| x.to_dtype(DType::F64)).expect("made");
        let expected: Vec<f64> = activation.tensor(&input).and_then(|y| y.to_vec1()).expect("computed");
        for (i, expected_slope) in derivative(&activation, &POINTS, DType::F64).into_iter().enumerate() {
            let (name, at) = (activation.name(), POINTS[i]);
            let near = |seen: f32, expected: f64| (f64::from(seen) - expected).abs() <= 1e-6 + 1e-5 * expected.abs();
            assert!(near(value.0[i], expected[i]), "{name}({at}) is {} for {}", value.0[i], expected[i]);
            assert!(near(slope.0[i], expected_slope), "{name}′({at}) is {} for {expected_slope}", slope.0[i]);
        }
    }
}
