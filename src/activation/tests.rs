use candle_core::{DType, Device, Tensor, Var};

use super::*;
use crate::numerics::{Isa, Kernel, LANES, Lanes};

/// Arguments on both sides of every kink, and far out.
const POINTS: [f64; 14] = [-1e4, -90.0, -20.0, -5.0, -1.5, -0.3, -1e-3, 1e-3, 0.3, 1.5, 5.0, 20.0, 90.0, 1e4];

fn derivative(activation: &Activation) -> Vec<f64> {
    let x = Var::from_tensor(&Tensor::new(&POINTS, &Device::Cpu).expect("made")).expect("made");
    let sum = activation.tensor(&x).and_then(|y| y.sum_all()).expect("computed");
    let grads = sum.backward().expect("derived");
    grads.get(&x).expect("x is an input").to_vec1().expect("a vector")
}

#[test]
fn candle_gradients_are_the_differences_of_the_function() {
    for activation in Activation::all() {
        let value = |shift: f64| -> Vec<f64> {
            let x = Tensor::new(&POINTS.map(|x| x + shift), &Device::Cpu).expect("made");
            activation.tensor(&x).and_then(|y| y.to_vec1()).expect("computed")
        };
        let (above, below) = (value(1e-5), value(-1e-5));
        for (i, slope) in derivative(&activation).into_iter().enumerate() {
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
        for (i, expected_slope) in derivative(&activation).into_iter().enumerate() {
            let (name, at) = (activation.name(), POINTS[i]);
            let near = |seen: f32, expected: f64| (f64::from(seen) - expected).abs() <= 1e-6 + 1e-5 * expected.abs();
            assert!(near(value.0[i], expected[i]), "{name}({at}) is {} for {}", value.0[i], expected[i]);
            assert!(near(slope.0[i], expected_slope), "{name}′({at}) is {} for {expected_slope}", slope.0[i]);
        }
    }
}
