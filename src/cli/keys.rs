//! `tallow datasets` and `tallow keys`: what an experiment file may say, read off the declarations themselves.

use super::exit::{Error, Exit, Result};
use super::terminal;
use crate::activation::Activation;
use crate::dataset::{Dataset, Kind, Sampling, Task};
use crate::init::Init;
use crate::optim::Optimizer;
use crate::param::{Domain, Param};
use crate::schedule::Schedule;
use crate::spec::Lib;
use crate::text;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Only the values of this key, such as optimizer
    #[arg(value_name = "KEY")]
    key: Option<String>,
}

/// A key whose value is a choice, and the text that explains it.
struct Choice {
    key: &'static str,
    about: &'static str,
    text: fn() -> String,
}

const CHOICES: [Choice; 6] = [
    Choice { key: "dataset", about: "where the points come from", text: datasets },
    Choice { key: "optimizer", about: "how parameters move; PyTorch's formulas and names", text: optimizers },
    Choice { key: "activation", about: "the nonlinearity of the hidden layers", text: activations },
    Choice { key: "schedule", about: "the learning rate's course over the steps", text: schedules },
    Choice { key: "init", about: "how the first weights are drawn", text: inits },
    Choice { key: "lib", about: "which implementation trains", text: libs },
];

/// Every dataset with formula, task, settings and defaults.
pub(super) fn run_datasets() -> Result<Exit> {
    terminal::print(datasets())?;
    Ok(Exit::Done)
}

/// Every key that is a choice, or one of them.
pub(super) fn run(args: &Args) -> Result<Exit> {
    let Some(key) = &args.key else {
        let section = |choice: &Choice| {
            let Choice { key, about, text } = choice;
            format!("{} · {about}\n\n{}", terminal::bold(key), text())
        };
        terminal::print(CHOICES.iter().map(section).collect::<Vec<_>>().join("\n"))?;
        return Ok(Exit::Done);
    };
    let known = CHOICES.iter().map(|choice| choice.key);
    match CHOICES.iter().find(|choice| choice.key == key) {
        Some(choice) => terminal::print((choice.text)())?,
        None => {
            let error = Error::refused(format_args!("no key `{}` is a choice", text::plain(key)));
            return Err(error.help(format!("keys are {}", known.collect::<Vec<_>>().join(", "))));
        }
    }
    Ok(Exit::Done)
}

fn datasets() -> String {
    let mut lines = String::new();
    for kind in Kind::all() {
        let task = match (&kind, Dataset::new(kind.clone()).shape().task) {
            (Kind::Csv(_), _) => "any".to_owned(),
            (_, Task::Regression) => "regression".to_owned(),
            (_, Task::Binary) => "2 classes".to_owned(),
            (_, Task::Multiclass { classes }) => format!("{classes} classes"),
        };
        lines += &format!("{:<13} {task:<11} {}\n", kind.name(), kind.formula());
        lines += &settings(kind.settings().params());
    }
    lines + "any dataset\n" + &settings(Sampling::PARAMS)
}

fn optimizers() -> String {
    Optimizer::all().iter().map(|kind| format!("{}\n{}", kind.name(), settings(kind.settings().params()))).collect()
}

fn activations() -> String {
    Activation::all().iter().map(|kind| format!("{}\n{}", kind.name(), settings(kind.settings().params()))).collect()
}

fn schedules() -> String {
    Schedule::all().iter().map(|kind| format!("{}\n{}", kind.name(), settings(kind.settings().params()))).collect()
}

fn inits() -> String {
    let about = |init: Init| match init {
        Init::Torch => "weights and biases uniform in ±1/√fan-in, as PyTorch's Linear; the default",
        Init::Tutorial => "weights and biases normal, σ = 1/fan-in, as the tutorial's text says",
        Init::GlorotUniform => "Glorot & Bengio 2010, uniform; biases 0",
        Init::GlorotNormal => "Glorot & Bengio 2010, normal; biases 0",
        Init::HeUniform => "He et al. 2015, uniform; biases 0",
        Init::HeNormal => "He et al. 2015, normal; biases 0",
    };
    Init::ALL.into_iter().map(|init| format!("{:<15} {}\n", init.name(), about(init))).collect()
}

fn libs() -> String {
    let about = |lib: Lib| match lib {
        Lib::Fused => "one fused training operation, the same bits on every machine; the default",
        Lib::CandleNn => "candle-nn's layers and autograd, step by step: the reference",
    };
    Lib::ALL.into_iter().map(|lib| format!("{:<15} {}\n", lib.name(), about(lib))).collect()
}

/// One indented line per setting: name, default, what it is, what it may be.
fn settings(params: &[Param]) -> String {
    let entry = |param: &Param| format!("{} = {}", param.name, toml(&param.default.value()));
    let width = params.iter().map(|param| entry(param).chars().count()).max().unwrap_or(0);
    let line = |param: &Param| {
        let domain = match param.domain {
            Domain::Any => String::new(),
            domain => format!(", {domain}"),
        };
        let doc = param.doc.trim().trim_end_matches('.');
        format!("    {:<width$}  {doc}{domain}\n", entry(param))
    };
    params.iter().map(line).collect()
}

fn toml(value: &crate::param::Value) -> String {
    serde_json::to_string(value).expect("settings are plain values")
}
