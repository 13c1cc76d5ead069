//! An experiment file, read, checked as a whole, and every problem of it told at once.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::path::Path;

use super::block::{Block, Pattern};
use super::file::File;
use super::key::KeyId;
use super::tree::{self, Content, Node};
use super::{Replicates, Roles, RunConfig, overrides};
use crate::dataset::Folder;
use crate::diag::{Diagnostic, Diagnostics, Source, Span};
use crate::measure::Metric;
use crate::param::Value;

/// Largest experiment file, in bytes.
const LARGEST: u64 = 16 << 20;

/// What a file says: grids of runs, replicates, and what the report is to show.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Its name, and that of its report's folder.
    pub name: String,
    /// What it asks.
    pub question: Option<String>,
    /// What the report compares.
    pub roles: Roles,
    /// How every grid point is repeated.
    pub replicates: Replicates,
    /// How many grid points are drawn, if not all are run.
    pub sample: Option<u64>,
    /// The grids, united.
    pub grids: Vec<Block>,
    /// Points added to them.
    pub includes: Vec<Block>,
    /// Points dropped from the grids.
    pub excludes: Vec<Pattern>,
    /// What is worth knowing, though not wrong.
    pub warnings: Diagnostics,
}

impl Experiment {
    /// Reads a file and applies overrides as `--set` takes them. Paths of data in it are relative to the file's folder.
    ///
    /// # Errors
    /// Those of [`Experiment::load_beside`].
    pub fn load(path: &Path, overrides: &[String]) -> Result<Self, Diagnostics> {
        Self::load_beside(path, path.parent().unwrap_or(Path::new("")), overrides)
    }

    /// Reads a file as if it were in `folder`, which paths of data in it are relative to.
    ///
    /// # Errors
    /// If the file cannot be read, is longer than 16 MiB, is not UTF-8, or says anything that cannot be used: every problem
    /// with its place.
    pub fn load_beside(path: &Path, folder: &Path, overrides: &[String]) -> Result<Self, Diagnostics> {
        let name = path.display().to_string();
        let whole = |message: String| Diagnostics::one(Diagnostic::anywhere(message));
        let mut bytes = Vec::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
        read.map_err(|error| whole(format!("cannot read `{name}`: {error}")))?;
        if bytes.len() as u64 > LARGEST {
            return Err(whole(format!("`{name}` is larger than 16 MiB: no experiment file")));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = 1 + error.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count();
            whole(format!("`{name}` is not UTF-8 text: line {line}, byte {at} of the file"))
        })?;
        let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        Self::parse(Source { name, text }, &stem, folder, overrides)
    }

    /// Reads a text; `stem` is the experiment's name if the text gives none.
    ///
    /// # Errors
    /// Every problem of the text and of the overrides, with its place.
    pub fn parse(source: Source, stem: &str, folder: &Path, overrides: &[String]) -> Result<Self, Diagnostics> {
        let mut sources = vec![source];
        let mut problems = Vec::new();
        let tree = tree::parse(&sources[0].text, 0).unwrap_or_else(|errors| {
            problems.extend(errors);
            Node { content: Content::Table(Vec::new()), span: Span { source: 0, range: 0..0 } }
        });
        let tree =
            if problems.is_empty() { overrides::apply(tree, overrides, &mut sources, &mut problems) } else { tree };
        let folder = Folder::new(folder);
        let mut file = File::new(&folder, problems);
        let read = if file.problems.is_empty() { file.read(&tree, stem) } else { None };
        let in_order = |mut items: Vec<Diagnostic>| {
            items.sort_by_key(|item| item.span.as_ref().map(|span| (span.source, span.range.start)));
            items.dedup();
            items
        };
        match read.filter(|_| file.problems.is_empty()) {
            Some(mut experiment) => {
                experiment.warnings = Diagnostics { sources, items: in_order(file.warnings) };
                Ok(experiment)
            }
            None => Err(Diagnostics { sources, items: in_order(file.problems) }),
        }
    }

    /// The experiment that these overrides alone make, as `--set` takes them, without a file.
    ///
    /// # Errors
    /// Those of [`Experiment::parse`].
    pub fn of_overrides(name: &str, overrides: &[String]) -> Result<Self, Diagnostics> {
        let source = Source { name: name.to_owned(), text: String::new() };
        Self::parse(source, name, Path::new(""), overrides)
    }

    /// Runs that show every way in which the experiment uses each of its datasets.
    pub fn uses_of_data(&self) -> Vec<RunConfig> {
        let keys = ["dataset", "points", "test", "validation", "label_noise", "data_seed", "batch_size", "last_batch"]
            .map(|name| KeyId::of_name(name).expect("a declared key"));
        let blocks = self.grids.iter().chain(&self.includes);
        let (first, none) = (self.replicates.at(0), BTreeMap::new());
        blocks
            .flat_map(|block| block.sub_grid(&keys, &none).map(|point| point.draft.finish(first)).collect::<Vec<_>>())
            .collect()
    }

    /// What its runs are judged by: what `[report]` says, else the loss of the test samples, where all runs have some.
    pub fn metric(&self) -> Metric {
        let judged = || self.uses_of_data().iter().all(|run| run.dataset.has_test());
        self.roles.metric.unwrap_or_else(|| if judged() { Metric::TEST_LOSS } else { Metric::TRAIN_LOSS })
    }

    /// The keys that take several values over the grids and included points, in file order, with their values in file
    /// order; seeds are not among them.
    pub fn varying(&self) -> Vec<(String, Vec<Value>)> {
        let blocks = || self.grids.iter().chain(&self.includes);
        let mut seen = HashSet::new();
        let keys: Vec<&String> = blocks().flat_map(|block| &block.keys).filter(|key| seen.insert(*key)).collect();
        let values = |key: &str| {
            let Some(decider) = KeyId::of_name(key) else { return Vec::new() };
            let mut seen = HashSet::new();
            let decisions = blocks().flat_map(|block| block.values(decider));
            let values = decisions.flat_map(|decision| decision.values().to_vec());
            let own = values.filter(|(name, _)| *name == key).map(|(_, value)| value);
            own.filter(|value| seen.insert(format!("{value:?}"))).collect::<Vec<Value>>()
        };
        let axes = keys.into_iter().map(|key| (key.clone(), values(key)));
        axes.filter(|(_, values)| values.len() > 1).collect()
    }
}
