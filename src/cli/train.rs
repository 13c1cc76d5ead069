//! `tallow train`: one run, without a file and without a store.

use std::time::{Duration, Instant};

use clap::parser::ValueSource;

use super::exit::{Error, Exit, Result};
use super::interrupt::Interrupt;
use super::{progress, show, sketch, terminal};
use crate::analysis::{Estimator, Window};
use crate::dataset;
use crate::engine::memory::Memory;
use crate::engine::{self, Device, Failure, Room};
use crate::model::Network;
use crate::plan::Plan;
use crate::spec::{self, Experiment, Flag, KeyId, RunConfig};
use crate::text;

/// Size of the estimate's map in characters.
const MAP: (usize, usize) = (48, 20);

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    keys: Keys,

    /// Set any other key of an experiment file: --set points=500
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,

    /// The device that trains: cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: String,
}

/// The flags that keys declare, as overrides.
#[derive(Debug)]
struct Keys(Vec<String>);

fn flags() -> impl Iterator<Item = &'static Flag> {
    KeyId::all().filter_map(|key| key.flag())
}

impl clap::Args for Keys {
    fn augment_args(command: clap::Command) -> clap::Command {
        let arg = |flag: &Flag| {
            let arg = clap::Arg::new(flag.key).long(flag.long).value_name(flag.value).allow_hyphen_values(true);
            let arg = arg.help(flag.help).default_value(flag.default);
            match flag.alias {
                Some(alias) => arg.visible_alias(alias),
                None => arg,
            }
        };
        command.args(flags().map(arg))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Keys {
    fn from_arg_matches(matches: &clap::ArgMatches) -> std::result::Result<Self, clap::Error> {
        let typed = |flag: &Flag| {
            let value = matches.get_one::<String>(flag.key)?;
            // A default that nobody typed is for the file's rules to say, but for the dataset, which has none there.
            let said = matches.value_source(flag.key) == Some(ValueSource::CommandLine) || flag.key == "dataset";
            said.then(|| format!("{}={}", flag.key, (flag.toml)(value)))
        };
        Ok(Self(flags().filter_map(typed).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let experiment = Experiment::of_overrides("train", &[&args.keys.0[..], &args.set].concat())?;
    let plan = Plan::new(&experiment).map_err(Error::refused)?;
    if plan.len() != 1 {
        return Err(Error::refused(format_args!("these settings make {} runs, and `train` trains one", plan.len()))
            .help("write an experiment file and use `tallow sweep`"));
    }
    let run = plan.run(0);
    for (label, statement) in
        spec::statements([&run.config], [run.config.replicate()].into_iter()).map_err(Error::refused)?
    {
        terminal::say(terminal::statement(&label, &statement).trim_end());
    }
    let device = Device::open(&args.device)?;
    Room::on(&device).check(&run.config)?;
    let stop = Interrupt::heard()?.stop();
    let data = dataset::Cache::default();
    let began = Instant::now();
    let cohort = std::slice::from_ref(&run.config);
    let trained = Memory::of(&device).train(cohort, || engine::train(cohort, &data, &device, &stop)).pop();
    let outcome = match trained {
        Some(Ok(outcome)) => outcome,
        Some(Err(Failure::Stopped)) => return Ok(Exit::Interrupted),
        Some(Err(Failure::Device(error))) => return Err(error.into()),
        Some(Err(failure)) => return Err(Error::failed(failure)),
        None => return Err(Error::failed("the engine returned no result")),
    };
    let seconds = began.elapsed().as_secs_f64();
    let mut text = show::sheet(&run.description, &outcome);
    if let Some(map) = estimate(run.config.network(outcome.layers), &run.config, &data)? {
        text += &map;
    }
    terminal::print(text)?;
    terminal::say(format_args!("trained in {}", progress::duration(Duration::from_secs_f64(seconds))));
    Ok(Exit::Done)
}

/// The estimate of a network of two inputs over the range of its data, in their own units: [-3, 3]² for the tutorial's points.
fn estimate(network: Network, run: &RunConfig, cache: &dataset::Cache) -> Result<Option<String>> {
    let dataset = &run.dataset;
    if dataset.shape().features != 2 {
        return Ok(None);
    }
    let Some(units) = dataset.units(run.seed).map_err(Error::failed)? else { return Ok(None) };
    let (window, over) = if dataset.is_file() {
        let data = units.original((*cache.get(dataset, run.seed).map_err(Error::failed)?).clone());
        let Some(window) = Window::around([&data]) else { return Ok(None) };
        let ends = |(from, to): (f32, f32)| format!("{} to {}", text::short(from.into()), text::short(to.into()));
        let names = dataset.feature_names();
        let over = format!(
            "{} from {} across, {} from {} up",
            text::brief(&names[0]),
            ends(window.x),
            text::brief(&names[1]),
            ends(window.y)
        );
        (window, over)
    } else {
        (Window { x: (-3.0, 3.0), y: (-3.0, 3.0) }, "[-3, 3]²".to_owned())
    };
    let classes: Vec<String> =
        (0..).zip(dataset.class_names()).map(|(k, name)| format!("{k} {}", text::brief(&name))).collect();
    let digits = dataset.is_file() && matches!(dataset.shape().task, dataset::Task::Multiclass { .. });
    let key = if digits { format!(": {}", classes.join(", ")) } else { String::new() };
    let map = sketch::map(&Estimator { network, units }, window, MAP.0, MAP.1);
    Ok(Some(format!("\nestimate over {over}{key}\n{map}")))
}
