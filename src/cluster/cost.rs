//! How much work a run is, estimated from its description alone.

use crate::spec::{Lib, RunConfig};

/// Multiplications that take as long as the bookkeeping of a step.
const STEP: u64 = 400;

/// The same op by op: about a hundred microseconds.
const STEP_OF_CANDLE: u64 = 400_000;

/// Samples through all parameters that take as long as moving these once.
const UPDATE: u64 = 20;

/// Multiplications that take as long as what a run costs beside its steps: to draw weights, to store the outcome.
const RUN: u64 = 200_000;

/// The work of a run, roughly in multiplications: a step takes every sample of its batch forth and back through all
/// parameters and then moves each of these. From 2 to 64 × 64 units, batches of 10 to 100 and both libraries, measured
/// times were within a factor of about three of it.
pub fn cost(run: &RunConfig) -> u64 {
    let units = run.units();
    let parameters: usize = units.windows(2).map(|ends| (ends[0] + 1) * ends[1]).sum();
    let overhead = if run.lib == Lib::Fused { STEP } else { STEP_OF_CANDLE };
    let batch = run.batching().divide(run.dataset.train_len(run.seed)).size;
    let step = (batch as u64 + UPDATE).saturating_mul(parameters as u64).saturating_add(overhead);
    let data = 10 * (run.dataset.len() as u64) * units[0] as u64;
    step.saturating_mul(run.steps() as u64).saturating_add(RUN).saturating_add(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;
    use crate::plan::Plan;
    use crate::spec::Experiment;
    use std::path::Path;

    /// The costs of runs that differ in one key.
    fn costs(axis: &str) -> Vec<u64> {
        let text = format!("seeds = 1\n[train]\ndataset = \"xor\"\nhidden = [6]\n[grid]\n{axis}\n");
        let source = Source { name: "cost.toml".into(), text };
        let experiment = Experiment::parse(source, "cost", Path::new(""), &[]).expect("sound");
        Plan::new(&experiment).expect("a plan").iter().map(|run| cost(&run.config)).collect()
    }

    #[test]
    fn more_of_anything_is_more_work() {
        let (epochs, units) = (costs("epochs = [100, 200]"), costs("hidden = [[6], [64, 64]]"));
        let ratio = (epochs[1] - RUN) as f64 / (epochs[0] - RUN) as f64;
        assert!((1.9..=2.0).contains(&ratio), "twice the epochs are {ratio} times the work");
        assert!(units[1] > 20 * units[0], "{units:?}");
        let batches = costs("batch_size = [10, \"all\"]\nlast_batch = \"train\"");
        assert!(batches[0] > batches[1] && batches[1] > RUN, "{batches:?}");
        let (points, libs) = (costs("points = [500, 5000]"), costs("lib = [\"fused\", \"candle-nn\"]"));
        assert!(points[1] > 5 * points[0], "{points:?}");
        assert!(libs[1] > 20 * libs[0], "{libs:?}");
    }
}
