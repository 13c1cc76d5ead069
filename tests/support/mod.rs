//! Runs and records to test with: arbitrary, but the same for the same number.
#![allow(dead_code)]

use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::ProptestConfig;
use tallow::engine::{Histories, Layer, Measures, Outcome, Status};
use tallow::plan::Run;
use tallow::rng::{Purpose, Stream};
use tallow::search::{Ranked, Strategy, Told};
use tallow::spec::{Lib, RunConfig};
use tallow::store::{Provenance, Record, StoreError};

/// How a property is tested that takes long: in so many cases unless `PROPTEST_CASES` says otherwise.
pub fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { max_shrink_iters: 50, ..ProptestConfig::with_cases(asked.unwrap_or(usual)) }
}

/// The run of that seed.
pub fn run(seed: u64) -> Run {
    Run::new(RunConfig {
        lib: Lib::Fused,
        dataset: tallow::dataset::Dataset::new(tallow::dataset::Kind::from_name("xor").expect("a dataset")),
        hidden: vec![6],
        activation: tallow::activation::Activation::from_name("relu").expect("an activation"),
        optimizer: tallow::optim::Optimizer::from_name("adam").expect("an optimizer"),
        learning_rate: 0.1 / 3.0,
        epochs: 200,
        batch_size: 50,
        seed,
        ..RunConfig::default()
    })
}

/// Asks for the runs of these seeds, which are their ranks, once.
pub struct Seeds(pub std::ops::Range<u64>);

impl Strategy for Seeds {
    fn runs(&self) -> Ranked<'_> {
        Box::new(self.0.clone().map(|seed| (seed, run(seed))))
    }

    fn run(&self, rank: u64) -> Run {
        run(rank)
    }

    fn next(&mut self, _: &Told) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// An outcome of `epochs` epochs drawn from `seed`; one in eight diverged, with NaN and infinity in it.
pub fn outcome(seed: u64, epochs: usize) -> Outcome {
    let mut stream = Stream::new(Purpose::Sample, "outcome", seed);
    let mut draw = |n: usize| -> Vec<f32> { (0..n).map(|_| stream.normal() as f32).collect() };
    let layers = [(12, 6), (6, 1)].map(|(weight, bias)| Layer { weight: draw(weight), bias: draw(bias) }).to_vec();
    let (mut last, mut mean) = (draw(epochs), draw(epochs));
    let mut loss = draw(1)[0];
    let mut status = Status::Done;
    if seed % 8 == 7 && epochs > 0 {
        status = Status::Diverged { epoch: epochs };
        last[epochs - 1] = f32::NAN;
        mean[epochs - 1] = f32::INFINITY;
        loss = -f32::NAN;
    }
    let mut measures = Measures::from([("train_loss".into(), loss), ("train_accuracy".into(), 0.5)]);
    measures.extend(seed.is_multiple_of(3).then_some(("test_loss".into(), -0.0)));
    let series = Histories::from([("loss_last".into(), last), ("loss_mean".into(), mean)]);
    Outcome { status, series, measures, layers }
}

/// A record of the run of that seed.
pub fn record(seed: u64, epochs: usize) -> Record {
    let run = run(seed);
    let provenance = Provenance {
        version: "0.1.0".into(),
        commit: seed.is_multiple_of(2).then(|| "0123abc".into()),
        numerics: tallow::numerics::VERSION,
        device: "cpu".into(),
        host_cpu: "Imaginary Processor 9000".into(),
        source: None,
        started: UNIX_EPOCH + Duration::from_millis(1_700_000_000_000 + seed),
        seconds: seed as f64,
    };
    Record { id: run.id, description: run.description, outcome: outcome(seed, epochs), provenance }
}

/// `record`, but trained by an engine that is wrong in one bit.
pub fn other(seed: u64, epochs: usize) -> Record {
    let mut record = record(seed, epochs);
    let weight = &mut record.outcome.layers[1].weight[3];
    *weight = f32::from_bits(weight.to_bits() ^ 1);
    record
}
