//! The activations as ONNX has them, or composed of what it has.

use super::graph::{Attribute, Graph, Name, Type};
use crate::activation::Activation;

/// f(x), of f32.
pub(super) fn apply(graph: &mut Graph, activation: &Activation, x: &str) -> Name {
    match activation {
        Activation::Relu(_) => graph.op("Relu", &[x]),
        Activation::LeakyRelu(leaky) => {
            graph.with("LeakyRelu", &[x], &[("alpha", Attribute::Float(leaky.negative_slope as f32))])
        }
        Activation::Elu(elu) => graph.with("Elu", &[x], &[("alpha", Attribute::Float(elu.elu_alpha as f32))]),
        Activation::Selu(_) => graph.op("Selu", &[x]),
        Activation::Gelu(_) => {
            // Φ(x) = ½ + ½ erf(x / √2)
            let (root, half) = (graph.float(std::f32::consts::FRAC_1_SQRT_2), graph.float(0.5));
            let scaled = graph.op("Mul", &[x, &root]);
            let error = graph.op("Erf", &[&scaled]);
            half_of_one_more(graph, x, &error, &half)
        }
        Activation::GeluTanh(_) => {
            // √(2/π) x (1 + 0.044715 x²), within ±10 as training has it.
            let [far, near, cube, rate] = [-10.0, 10.0, 0.044_715, 0.797_884_6].map(|x| graph.float(x));
            let (one, half) = (graph.float(1.0), graph.float(0.5));
            let near = graph.op("Clip", &[x, &far, &near]);
            let square = graph.op("Mul", &[&near, &near]);
            let cubed = graph.op("Mul", &[&square, &cube]);
            let inner = graph.op("Add", &[&cubed, &one]);
            let inner = graph.op("Mul", &[&near, &inner]);
            let inner = graph.op("Mul", &[&inner, &rate]);
            let tangent = graph.op("Tanh", &[&inner]);
            half_of_one_more(graph, x, &tangent, &half)
        }
        Activation::Silu(_) => {
            let sigmoid = graph.op("Sigmoid", &[x]);
            graph.op("Mul", &[x, &sigmoid])
        }
        Activation::Mish(_) => {
            let softplus = softplus(graph, x);
            let tangent = graph.op("Tanh", &[&softplus]);
            graph.op("Mul", &[x, &tangent])
        }
        Activation::Softplus(_) => softplus(graph, x),
        Activation::Softsign(_) => graph.op("Softsign", &[x]),
        Activation::Tanh(_) => graph.op("Tanh", &[x]),
        Activation::Sigmoid(_) => graph.op("Sigmoid", &[x]),
        Activation::Linear(_) => graph.op("Identity", &[x]),
        Activation::Relu6(_) => clip(graph, x, 0.0, 6.0),
        Activation::Hardtanh(_) => clip(graph, x, -1.0, 1.0),
    }
}

/// x (½ + ½ y).
fn half_of_one_more(graph: &mut Graph, x: &str, y: &str, half: &str) -> Name {
    let share = graph.op("Mul", &[y, half]);
    let share = graph.op("Add", &[&share, half]);
    graph.op("Mul", &[x, &share])
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e to the −|x|), in f64, since ONNX has no function for the logarithm of one and a little.
fn softplus(graph: &mut Graph, x: &str) -> Name {
    let wide = graph.cast(x, Type::Double);
    let (zero, one) = (graph.double(0.0), graph.double(1.0));
    let size = graph.op("Abs", &[&wide]);
    let power = graph.op("Neg", &[&size]);
    let power = graph.op("Exp", &[&power]);
    let sum = graph.op("Add", &[&power, &one]);
    let rest = graph.op("Log", &[&sum]);
    let above = graph.op("Max", &[&wide, &zero]);
    let value = graph.op("Add", &[&above, &rest]);
    graph.cast(&value, Type::Float)
}

fn clip(graph: &mut Graph, x: &str, low: f32, high: f32) -> Name {
    let (low, high) = (graph.float(low), graph.float(high));
    graph.op("Clip", &[x, &low, &high])
}
