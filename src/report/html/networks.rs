//! The weights of trained networks, a byte each: enough to draw them.

use super::Network;
use crate::analysis::{Analysis, Status};

/// Most weights of all networks together.
const WEIGHTS: usize = 60_000;

/// The networks of the runs that judge, in plan order as long as there is room, and which run has which, or -1.
pub(super) fn networks(
    analysis: &Analysis,
    shown: &[usize],
    judged: &[bool],
    bytes: &mut Vec<u8>,
) -> (Vec<Network>, Vec<i64>) {
    let (mut networks, mut of) = (Vec::new(), vec![-1; shown.len()]);
    let from = bytes.len();
    for (place, &row) in shown.iter().enumerate().filter(|&(_, &row)| judged[row]) {
        let units = analysis.config(row).units();
        let weights: usize = units.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum();
        let outcome = analysis.rows[row].outcome.as_ref().filter(|outcome| outcome.status() == Status::Done);
        let Some(outcome) = outcome.filter(|_| bytes.len() - from + weights <= WEIGHTS) else { continue };
        let layers = outcome.layers();
        let all = layers.iter().flat_map(|layer| layer.weight.iter().chain(&layer.bias));
        let scale = all.fold(0.0f32, |largest, weight| largest.max(weight.abs()));
        let byte = |weight: f32| (libm::roundf(weight / scale.max(f32::MIN_POSITIVE) * 127.0) as i8).to_le_bytes()[0];
        of[place] = networks.len() as i64;
        networks.push(Network { at: bytes.len() - from, scale: scale.into(), units });
        for layer in &layers {
            let inputs = layer.weight.len() / layer.bias.len();
            for (row, &bias) in layer.weight.chunks_exact(inputs).zip(&layer.bias) {
                bytes.extend(row.iter().chain([&bias]).map(|&weight| byte(weight)));
            }
        }
    }
    (networks, of)
}
