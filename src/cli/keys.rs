//! `tallow datasets` and `tallow keys`: what an experiment file may say, read off the declarations themselves.

use super::exit::{Error, Exit, Result};
use super::terminal;
use crate::spec::KeyId;
use crate::text;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Print only the values of this key, such as optimizer
    #[arg(value_name = "KEY")]
    key: Option<String>,
}

/// Every dataset with formula, task, settings and defaults.
pub(super) fn run_datasets() -> Result<Exit> {
    tell("dataset")
}

/// Every key with what it may say, or one of them.
pub(super) fn run(args: &Args) -> Result<Exit> {
    if let Some(key) = &args.key {
        return tell(key);
    }
    let section = |key: KeyId| {
        let about = key.about().trim_end_matches('.');
        format!("{} · {about}\n\n{}", terminal::bold(key.name()), key.explain())
    };
    terminal::print(KeyId::all().map(section).collect::<Vec<_>>().join("\n"))?;
    Ok(Exit::Done)
}

fn tell(key: &str) -> Result<Exit> {
    match KeyId::of_name(key) {
        Some(known) => terminal::print(known.explain())?,
        None => {
            let known: Vec<&str> = KeyId::all().map(|key| key.name()).collect();
            let error = Error::refused(format_args!("`{}` is not a key of a run", text::plain(key)));
            let near = text::nearest(key, known.iter().copied());
            let hint = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
            return Err(error.help(format!("{hint}keys are {}", known.join(", "))));
        }
    }
    Ok(Exit::Done)
}
