//! `tallow save`: a trained network as a file for other programs.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use super::chosen::Network;
use super::exit::{Error, Exit, Result};
use super::terminal;
use crate::disk;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    network: Network,

    /// How to write it
    #[arg(long, value_enum)]
    format: Format,

    /// Write to this file instead of stdout, in place of one of that name
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// For PyTorch's nn.Sequential: 0.weight, 0.bias, 2.weight, …; the preprocessing as JSON in the metadata
    Safetensors,
    /// For ONNX runtimes: cells in, classes and probabilities or values out, with the preprocessing inside
    Onnx,
    /// To read
    Json,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::Onnx => "onnx",
            Self::Json => "json",
        }
    }
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    if args.output.is_none() && args.format != Format::Json && io::stdout().is_terminal() {
        let name = args.format.name();
        let error = Error::refused(format_args!("{name} is not for a terminal"));
        return Err(error.help(format!("write it to a file: -o network.{name}")));
    }
    let predictor = args.network.one()?;
    let bytes = match args.format {
        Format::Safetensors => predictor.safetensors(),
        Format::Onnx => predictor.onnx(),
        Format::Json => predictor.json().into_bytes(),
    };
    match &args.output {
        None => terminal::print(bytes)?,
        Some(path) => place(path, &bytes)
            .map_err(|error| Error::failed(format_args!("cannot write `{}`: {error}", terminal::path(path))))?,
    }
    Ok(Exit::Done)
}

/// Puts a file in its place, whole.
fn place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::other("that is not the name of a file"))?;
    if disk::is_folder(path) {
        return Err(io::Error::other("a folder has that name"));
    }
    disk::Lock::take(disk::parent(path))?.place(Path::new(name), bytes)
}
