//! `--partition`: which part of the runs that are meant this process takes.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::exit::{Error, Result};
use super::selection::{Selected, no_match};
use crate::cluster::{self, Written};
use crate::plan::Partition;
use crate::search::{self, Grid, Strategy};
use crate::text;

#[derive(clap::Args, Clone, Debug)]
pub(super) struct Part {
    /// Run part K of N, by count or by identity: 2/8 or hash:2/8. With auto or auto/8 tallow reads K and N from
    /// SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX or HQ_TASK_ID. @FILE is a slice that `tallow submit` wrote
    #[arg(long = "partition", value_name = "K/N", value_parser = parse)]
    named: Option<Named>,
}

#[derive(Clone, Debug)]
enum Named {
    /// One of so many equal parts.
    Equal(Partition),
    /// A slice, and the file it was read from.
    Slice(Arc<Written>, Arc<Path>),
}

fn parse(text: &str) -> std::result::Result<Named, String> {
    if let Some(path) = text.strip_prefix('@') {
        let read =
            std::fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", text::plain(path)))?;
        let slice =
            Written::parse(&read).ok_or_else(|| format!("`{}` is not a slice, or is cut short", text::plain(path)))?;
        return Ok(Named::Slice(Arc::new(slice), Path::new(path).into()));
    }
    let partition = match text.split_once('/') {
        None if text == "auto" => automatic(None)?,
        Some(("auto", of)) => {
            let of = of.parse().map_err(|_| format!("`{}` is not a partition: write auto/8", text::plain(text)))?;
            automatic(Some(of))?
        }
        _ => Partition::parse(text).map_err(|error| error.to_string())?,
    };
    Ok(Named::Equal(partition))
}

fn automatic(of: Option<u64>) -> std::result::Result<Partition, String> {
    let (part, of) = cluster::part(of, |name| std::env::var(name).ok()).map_err(|error| error.to_string())?;
    Partition::new(part, of).map_err(|error| error.to_string())
}

impl Part {
    /// Whether all runs are taken.
    pub fn is_whole(&self) -> bool {
        match &self.named {
            None => true,
            Some(Named::Equal(partition)) => partition.of == 1,
            Some(Named::Slice(..)) => false,
        }
    }

    /// Whether it is a slice of a submission.
    pub fn is_slice(&self) -> bool {
        matches!(self.named, Some(Named::Slice(..)))
    }

    /// The runs taken. A slice that was cut from another plan is refused.
    pub fn grid<'a>(&'a self, selected: &'a Selected) -> Result<Grid<'a>> {
        let part = match &self.named {
            None => search::Part::Whole,
            Some(Named::Equal(partition)) if partition.of == 1 => search::Part::Whole,
            Some(Named::Equal(partition)) => search::Part::Equal(*partition),
            Some(Named::Slice(slice, path)) => {
                let slice = slice.of(&selected.plan).ok_or_else(|| {
                    Error::refused(format_args!("the slice `{}` was cut from another plan", path.display()))
                        .help("an experiment file, its --set or a data file has changed since; submit again")
                })?;
                search::Part::Slice(slice.ranks())
            }
        };
        Ok(selected.grid(part))
    }

    /// Whether there are more parts than runs, and this one has none. That is not an error, but an empty selection is one.
    pub fn is_empty(&self, selected: &Selected, grid: &Grid) -> Result<bool> {
        if grid.runs().next().is_some() {
            return Ok(false);
        }
        if self.is_whole() || selected.runs().next().is_none() {
            return Err(no_match());
        }
        Ok(true)
    }
}

/// `, partition 2/8`, or nothing.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.named {
            None => Ok(()),
            Some(Named::Equal(partition)) => write!(f, ", partition {partition}"),
            Some(Named::Slice(_, path)) => write!(f, ", slice {}", path.display()),
        }
    }
}
