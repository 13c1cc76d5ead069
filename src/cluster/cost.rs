//! How much work a run is, estimated from its description alone.

use crate::spec::{Lib, RunConfig};

/// Multiplications that take as long as the bookkeeping of a step.
const STEP: u64 = 400;

/// The same op by op: about a hundred microseconds.
const STEP_OF_CANDLE: u64 = 400_000;

/// Multiplications that take as long as what a run costs beside its steps: to draw weights, to store the outcome.
const RUN: u64 = 200_000;

/// The work of a run, roughly in multiplications: a step takes every sample of its batch forth and back through all
/// parameters and then moves each of these.
pub fn cost(run: &RunConfig) -> u64 {
    let units = run.units();
    let parameters: usize = units.windows(2).map(|ends| (ends[0] + 1) * ends[1]).sum();
    let overhead = if run.lib == Lib::Fused { STEP } else { STEP_OF_CANDLE };
    let step = (3 * run.batch_size as u64 + 10).saturating_mul(parameters as u64).saturating_add(overhead);
    let data = 10 * (run.dataset.len() as u64) * units[0] as u64;
    step.saturating_mul(run.steps() as u64).saturating_add(RUN).saturating_add(data)
}
