//! `tallow train`: one run, without a file and without a store.

use std::time::{Duration, Instant};

use super::exit::{Error, Exit, Result};
use super::interrupt::Interrupt;
use super::{progress, show, sketch, terminal};
use crate::dataset;
use crate::engine::{self, Device, Failure, Room};
use crate::model::Network;
use crate::plan::Plan;
use crate::spec::Experiment;

/// Size of the estimate's map in characters.
const MAP: (usize, usize) = (48, 20);

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The dataset, by name or as a table: '{ name = "spirals", noise = 0.1 }'
    #[arg(long, value_name = "NAME", default_value = "xor")]
    dataset: String,

    /// Units of the hidden layers: 6, or 8,8, or none
    #[arg(long, value_name = "UNITS", default_value = "6")]
    hidden: String,

    /// The hidden layers' activation, by name or as a table
    #[arg(long, value_name = "NAME", default_value = "relu")]
    activation: String,

    /// The optimizer, by name or as a table: '{ name = "sgd", momentum = 0.9 }'
    #[arg(long, value_name = "NAME", default_value = "adam")]
    optimizer: String,

    /// The learning rate
    #[arg(
        long,
        visible_alias = "learning-rate",
        value_name = "RATE",
        default_value = "0.01",
        allow_hyphen_values = true
    )]
    lr: String,

    /// Passes over the data
    #[arg(long, value_name = "N", default_value = "200", allow_hyphen_values = true)]
    epochs: String,

    /// Samples per step
    #[arg(long, value_name = "N", default_value = "100", allow_hyphen_values = true)]
    batch_size: String,

    /// How the first weights are drawn
    #[arg(long, value_name = "NAME", default_value = "torch")]
    init: String,

    /// The replicate: draws data, weights and batch order
    #[arg(long, value_name = "N", default_value = "0", allow_hyphen_values = true)]
    seed: String,

    /// Any other key, as an experiment file has it: --set points=500
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,

    /// Where to train: cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: String,
}

impl Args {
    /// The flags as an experiment file's keys.
    fn overrides(&self) -> Vec<String> {
        let named = |key: &str, value: &str| {
            let table = value.trim_start().starts_with('{');
            let value = if table { value.to_owned() } else { serde_json::Value::from(value).to_string() };
            format!("{key}={value}")
        };
        let hidden = if self.hidden == "none" { "" } else { &self.hidden };
        let mut overrides = vec![
            named("dataset", &self.dataset),
            format!("hidden=[[{hidden}]]"),
            named("activation", &self.activation),
            named("optimizer", &self.optimizer),
            format!("learning_rate={}", self.lr),
            format!("epochs={}", self.epochs),
            format!("batch_size={}", self.batch_size),
            named("init", &self.init),
            format!("seeds=[{}]", self.seed),
        ];
        overrides.extend(self.set.iter().cloned());
        overrides
    }
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let experiment = Experiment::of_overrides("train", &args.overrides())?;
    let plan = Plan::new(&experiment);
    if plan.len() != 1 {
        return Err(Error::refused(format_args!("these are {} runs, and `train` trains one", plan.len()))
            .help("write an experiment file and use `tallow sweep`"));
    }
    let run = plan.run(0);
    let device = Device::open(&args.device)?;
    Room::on(&device).check(&run.config)?;
    let stop = Interrupt::heard()?.stop();
    let data = dataset::Cache::default();
    let began = Instant::now();
    let trained = engine::train(std::slice::from_ref(&run.config), &data, &device, &stop).pop();
    let outcome = match trained {
        Some(Ok(outcome)) => outcome,
        Some(Err(Failure::Stopped)) => return Ok(Exit::Interrupted),
        Some(Err(Failure::Device(error))) => return Err(error.into()),
        Some(Err(failure)) => return Err(Error::failed(failure)),
        None => return Err(Error::failed("the engine returned no result")),
    };
    let seconds = began.elapsed().as_secs_f64();
    let mut text = show::sheet(&run.description, &outcome);
    let network = Network {
        units: run.config.units(),
        activation: run.config.activation.clone(),
        task: run.config.dataset.shape().task,
        layers: outcome.layers,
    };
    if let Some(map) = sketch::map(&network, MAP.0, MAP.1) {
        text += &format!("\nestimate over [-3, 3]²\n{map}");
    }
    terminal::print(text)?;
    terminal::say(format_args!("trained in {}", progress::duration(Duration::from_secs_f64(seconds))));
    Ok(Exit::Done)
}
