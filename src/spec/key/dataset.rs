//! `dataset`: where the points come from.

use super::choice::Unsettled;
use super::scalar::explain;
use super::{Choice, Flag, Node, Reader, sampling};
use crate::dataset::{Csv, Dataset, Kind, Sampling, Task, Told, Xor};
use crate::spec::tree;

pub(super) static KEY: Choice<Dataset> = Choice {
    required: true,
    leading: Some(8),
    flag: Some(Flag {
        long: "dataset",
        alias: None,
        value: "NAME",
        help: "The dataset, by name or as a table: '{ name = \"spirals\", noise = 0.1 }'",
        default: "xor",
        key: "dataset",
        toml: Flag::NAME,
    }),
    guests: sampling::is_one,
    settle: |variants, folder| {
        for variant in variants {
            *variant = variant.clone().open_in(folder).map_err(|error| {
                let unsettled = |Told { message, help, at }| Unsettled { message, help, at: Some(at) };
                error.each().into_iter().map(unsettled).collect::<Vec<_>>()
            })?;
        }
        Ok(())
    },
    note: |dataset| {
        let task = match (&dataset.kind, dataset.shape().task) {
            (Kind::Csv(_), _) => "any".to_owned(),
            (_, Task::Regression) => "regression".to_owned(),
            (_, Task::Binary) => "2 classes".to_owned(),
            (_, Task::Multiclass { classes }) => format!("{classes} classes"),
        };
        let pad = 14_usize.saturating_sub(dataset.kind.name().len());
        format!("{:pad$}{task:<11} {}", "", dataset.kind.formula())
    },
    also: || "any dataset\n".to_owned() + &explain(Sampling::PARAMS),
    ..Choice::plain(
        "dataset",
        "where the points come from",
        || Dataset::new(Kind::Xor(Xor::default())),
        |run| &run.dataset,
        |run, dataset| {
            // What is drawn of it is for others to say.
            let (sampling, fold) = (std::mem::take(&mut run.dataset.sampling), run.dataset.fold);
            run.dataset = dataset;
            (run.dataset.sampling, run.dataset.fold) = (sampling, fold);
        },
    )
};

/// A file with one more setting, as a table of an experiment file would give it; `None` after telling what is wrong.
pub(in crate::spec) fn file_with(reader: &mut Reader, csv: Csv, entry: &(tree::Key, Node)) -> Option<Csv> {
    match KEY.with_one(reader, Dataset::new(Kind::Csv(csv)), entry)?.kind {
        Kind::Csv(csv) => Some(csv),
        _ => None,
    }
}
