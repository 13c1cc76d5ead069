//! What most commands begin with: an experiment file, changes to it, the part of its runs that is meant, and the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::exit::{Error, Result};
use super::terminal;
use crate::analysis::{Analysis, Row, Source, Statement, Subject};
use crate::engine::Status;
use crate::numerics::VERSION;
use crate::plan::{Filter, Plan, Run, RunId};
use crate::search::{Grid, Part, Retrain, Survey, chunks};
use crate::spec::{self, Experiment};
use crate::store::{DEFAULT_PATH, Store};
use crate::text;

/// Values told of a key.
const TOLD: usize = 20;

/// Which runs.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Selection {
    /// The experiment file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Change a key of the file, wherever it stands: --set learning_rate=[0.01,0.1]
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,

    /// Take only the runs with these values: --only optimizer=adam,depth=2. A key that is named twice may have either value
    #[arg(long, value_name = "KEY=VALUE,…")]
    pub only: Vec<String>,

    /// The folder that paths of data in the file are relative to [default: the file's own]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub data_folder: Option<PathBuf>,
}

/// Where outcomes are kept.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct StorePath {
    /// The store
    #[arg(long = "store", value_name = "PATH", default_value = DEFAULT_PATH)]
    pub path: PathBuf,
}

/// Where reports go.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Out {
    /// The folder for reports; each report is a folder in it, named after its experiment [default: reports]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Replace the report of another experiment file that has the same name
    #[arg(long)]
    force: bool,
}

impl Out {
    /// Whether it was said.
    pub fn is_given(&self) -> bool {
        self.out.is_some()
    }

    /// The folder that reports go to.
    pub fn reports(&self) -> &Path {
        self.out.as_deref().unwrap_or(Path::new("reports"))
    }

    /// Whether the report of another file may be replaced.
    pub fn is_forced(&self) -> bool {
        self.force
    }

    /// The folder of an experiment's report.
    pub fn folder(&self, experiment: &Experiment) -> PathBuf {
        self.reports().join(&experiment.name)
    }
}

/// An experiment, planned.
#[derive(Debug)]
pub(super) struct Selected {
    pub experiment: Experiment,
    pub plan: Arc<Plan>,
    filter: Filter,
}

impl Selection {
    /// The beginning of a run's identity, if that stands in place of a file.
    pub fn identity(&self) -> Option<&str> {
        let text = self.file.to_str().filter(|text| RunId::range(text).is_some())?;
        (!self.file.exists()).then_some(text)
    }

    /// The error of a store that has no outcome of these runs.
    pub fn unstored(&self, store: &Path) -> Error {
        Error::refused(format_args!("`{}` holds no run of this experiment", store.display()))
            .help(format!("tallow sweep {}", self.file.display()))
    }

    /// The folder from which the file names its data.
    pub fn data_folder(&self) -> &Path {
        let own = || self.file.parent().unwrap_or(Path::new(""));
        self.data_folder.as_deref().unwrap_or_else(own)
    }

    /// Reads and plans the experiment. Warnings are said.
    pub fn load(&self) -> Result<Selected> {
        let experiment = Experiment::load_beside(&self.file, self.data_folder(), &self.set)?;
        let known = spec::describable();
        let mut filter = Filter::default();
        for text in &self.only {
            filter = filter.and(Filter::parse(text, &known).map_err(Error::refused)?);
        }
        if !experiment.warnings.items.is_empty() {
            terminal::say(experiment.warnings.render(terminal::error_has_colour()));
        }
        let plan = Plan::new(&experiment).map_err(Error::refused)?;
        if plan.is_empty() {
            return Err(Error::refused(format_args!("`{}` has no run left to train", self.file.display()))
                .help("its exclusions drop every one"));
        }
        if let Some((wanted, axis)) = filter.unmatched(plan.axes()) {
            let (wanted, key) = (text::plain(&wanted.to_string()), &axis.key);
            let values: Vec<String> =
                axis.values.iter().take(TOLD).map(|value| text::plain(&value.to_string())).collect();
            let more = if axis.values.len() > TOLD { ", …" } else { "" };
            return Err(Error::refused(format_args!("no run has {key} `{wanted}`"))
                .help(format!("{key} is one of {}{more}", values.join(", "))));
        }
        Ok(Selected { experiment, plan: Arc::new(plan), filter })
    }
}

impl Selected {
    /// What was understood of each of the user's files, by its label.
    pub(super) fn statements(&self) -> Result<Vec<(String, Statement)>> {
        let uses = self.experiment.uses_of_data();
        spec::statements(&uses, self.experiment.replicates.iter()).map_err(Error::refused)
    }

    /// Whether all runs are meant.
    pub fn is_whole(&self) -> bool {
        self.filter == Filter::default()
    }

    /// The runs meant, or one part of them.
    pub fn grid<'a>(&'a self, part: Part<'a>) -> Grid<'a> {
        Grid::new(&self.plan, &self.filter, part)
    }

    /// The runs meant, in plan order.
    pub fn runs(&self) -> impl Iterator<Item = Run> + Send + '_ {
        self.grid(Part::Whole).into_runs().map(|(_, run)| run)
    }

    /// How the runs meant stand in a store; `look` sees each with its rank.
    pub fn survey(&self, store: &Store, look: impl FnMut(u64, &Run, Option<Status>) -> Result<()>) -> Result<Survey> {
        let survey = Survey::take(&self.grid(Part::Whole), store, Retrain::Nothing, look)?;
        if survey.census.total == 0 { Err(no_match()) } else { Ok(survey) }
    }

    /// The version of the numerics under which the runs meant are read: the newest of which the store holds one of them, and
    /// today's where it holds none. So what is told is never of two.
    pub fn version(&self, store: &Store) -> Result<u32> {
        if store.has_older(VERSION)? {
            for version in (1..=VERSION).rev() {
                for runs in chunks(self.runs()) {
                    let ids: Vec<RunId> = runs.iter().map(|run| run.description.id_under(version)).collect();
                    if store.statuses(&ids)?.iter().any(Option::is_some) {
                        return Ok(version);
                    }
                }
            }
        }
        Ok(VERSION)
    }

    /// The runs meant, as a version of the numerics computed them, with what the store knows of them, read as they are asked for.
    fn rows<'a>(&'a self, store: &'a Store, version: u32) -> impl Iterator<Item = Result<Row>> + 'a {
        chunks(self.runs().map(move |run| run.under(version))).flat_map(|runs| {
            let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
            let (outcomes, error) = match store.outcomes(&ids) {
                Ok(outcomes) => (outcomes, None),
                Err(error) => (Vec::new(), Some(Err(error.into()))),
            };
            error.into_iter().chain(runs.into_iter().zip(outcomes).map(|(run, outcome)| Ok(Row { run, outcome })))
        })
    }

    /// Makes the runs meant again, by their places among them.
    fn source(&self) -> Source {
        let plan = Arc::clone(&self.plan);
        match self.is_whole() {
            true => Source::new(move |row| plan.config(row as u64)),
            false => {
                let ranks: Vec<u64> = self.grid(Part::Whole).into_runs().map(|(rank, _)| rank).collect();
                Source::new(move |row| plan.config(ranks[row]))
            }
        }
    }

    /// What the stored outcomes say. With `compare`, these keys are set against each other instead of the file's.
    pub fn analysis(&self, store: &Store, compare: &[String]) -> Result<Analysis> {
        let Experiment { name, question, roles, .. } = &self.experiment;
        let mut roles = roles.clone();
        if !compare.is_empty() {
            roles.compare = compare.to_vec();
        }
        let keys = self.plan.axes().iter().map(|axis| axis.key.clone()).collect();
        let subject = Subject { name: name.clone(), question: question.clone(), roles, keys };
        let version = self.version(store)?;
        if version < VERSION {
            terminal::say(format_args!(
                "the runs of {name} in `{}` were made under version {version} of the numerics, and this tallow computes under \
                 version {VERSION}: `tallow sweep` trains them anew",
                terminal::path(store.path())
            ));
        }
        let analysis = Analysis::gather(subject, self.source(), self.rows(store, version))?;
        if analysis.rows.is_empty() { Err(no_match()) } else { Ok(analysis) }
    }

    /// A run in a few words: its values on the axes.
    pub fn label(&self, run: &Run) -> String {
        label(self.plan.axes().iter().map(|axis| axis.key.as_str()), run)
    }
}

/// How many of these runs the store holds only as an older version of the numerics computed them: they count as not trained.
pub(super) fn outdated(runs: impl Iterator<Item = Run>, store: &Store) -> Result<u64> {
    let mut count = 0;
    if !store.has_older(VERSION)? {
        return Ok(count);
    }
    for runs in chunks(runs) {
        let under = |version| runs.iter().map(|run| run.description.id_under(version)).collect::<Vec<RunId>>();
        let mut known: Vec<bool> = store.statuses(&under(VERSION))?.iter().map(Option::is_some).collect();
        for version in 1..VERSION {
            for (known, status) in known.iter_mut().zip(store.statuses(&under(version))?) {
                count += u64::from(!*known && status.is_some());
                *known |= status.is_some();
            }
        }
    }
    Ok(count)
}

/// `adam, learning_rate 0.01`: a run's values of some keys.
fn label<'a>(keys: impl Iterator<Item = &'a str>, run: &Run) -> String {
    let named = keys.filter_map(|key| {
        let value = run.value(key)?;
        Some(if ["optimizer", "dataset", "activation"].contains(&key) {
            value.to_string()
        } else {
            format!("{key} {value}")
        })
    });
    named.collect::<Vec<_>>().join(", ")
}

/// The error of a selection that is empty.
pub(super) fn no_match() -> Error {
    Error::refused("`--only` and `--partition` select no runs")
        .help("`tallow plan FILE --list` lists them all; see --only and --partition")
}
