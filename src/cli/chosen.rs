//! Which trained networks are meant: a run by its identity, or those of an experiment file.

use super::exit::{Error, Result};
use super::selection::{Selected, Selection, StorePath};
use super::{terminal, verify};
use crate::analysis::{Analysis, Cell, Metric, Reading, Split, Summary, worst};
use crate::dataset::Preprocessing;
use crate::engine::Status;
use crate::param::Kinds;
use crate::plan::Run;
use crate::predictor::Predictor;
use crate::store::{Record, Store, StoreError};
use crate::text;

/// Which network.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Network {
    /// A stored run by its identity, or the beginning of it; or an experiment file, with --best or --only
    #[arg(value_name = "RUN|FILE")]
    which: std::path::PathBuf,

    /// The best setting of the experiment file, by the report's measure on the validation rows, or on the rows that
    /// judge if there are none; and of its runs the best
    #[arg(long)]
    best: bool,

    /// Change a key of the file, wherever it stands: --set learning_rate=[0.01,0.1]
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,

    /// Only runs with these values: --only optimizer=adam,depth=2. A key named twice may have either
    #[arg(long, value_name = "KEY=VALUE,…")]
    only: Vec<String>,

    /// The folder from which the file names its data [default: the file's own]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    data_folder: Option<std::path::PathBuf>,

    #[command(flatten)]
    store: StorePath,
}

impl Network {
    /// The one network that is meant.
    pub fn one(&self) -> Result<Predictor> {
        let store = Store::read(&self.store.path)?;
        match self.selection().identity() {
            Some(prefix) => self.by_identity(&store, prefix),
            None => {
                let (selected, rows) = self.rows(&store)?;
                match rows {
                    Rows::Best(mut rows) => predictor(&store, &selected, &rows.swap_remove(0)),
                    Rows::All(rows) => match &rows[..] {
                        [row] => predictor(&store, &selected, row),
                        _ => Err(self.several(&selected, rows.len())),
                    },
                }
            }
        }
    }

    /// The networks of the setting that is meant, one of each of its seeds that did not diverge.
    pub fn all_seeds(&self) -> Result<Vec<Predictor>> {
        let selection = self.selection();
        if let Some(prefix) = selection.identity() {
            let error =
                Error::refused(format_args!("`{prefix}` is one run, and an ensemble is of all seeds of a setting"));
            return Err(error.help("name the experiment file: tallow predict FILE NEW.csv --best --ensemble seeds"));
        }
        let store = Store::read(&self.store.path)?;
        let (selected, rows) = self.rows(&store)?;
        let rows = match rows {
            Rows::Best(rows) | Rows::All(rows) => rows,
        };
        let setting = |run: &Run| {
            let others = run.description.iter().filter(|(key, _)| !["seed", "fold"].contains(key));
            others.map(|(key, value)| format!("{key}={value};")).collect::<String>()
        };
        if rows.iter().any(|row| setting(&row.run) != setting(&rows[0].run)) {
            return Err(self.several(&selected, rows.len()));
        }
        let (trained, diverged): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.status == Status::Done);
        if !diverged.is_empty() {
            let are = if diverged.len() == 1 { "is" } else { "are" };
            let count = text::count(diverged.len(), "run");
            terminal::warn(format_args!("{count} of the setting diverged and {are} left out of the ensemble"));
        }
        if trained.is_empty() {
            return Err(Error::refused("every run of the setting diverged"));
        }
        trained.iter().map(|row| predictor(&store, &selected, row)).collect()
    }

    fn selection(&self) -> Selection {
        Selection {
            file: self.which.clone(),
            set: self.set.clone(),
            only: self.only.clone(),
            data_folder: self.data_folder.clone(),
        }
    }

    fn by_identity(&self, store: &Store, prefix: &str) -> Result<Predictor> {
        if self.best || !self.only.is_empty() || !self.set.is_empty() {
            let error = Error::refused(format_args!("`{prefix}` is one run, of which nothing is left to choose"));
            return Err(error.help("leave out --best, --only and --set"));
        }
        let record = match store.find(prefix) {
            Err(StoreError::Unknown { prefix }) => {
                let path = terminal::path(&self.store.path);
                let error = Error::refused(format_args!("no run in `{path}` begins with `{}`", text::plain(&prefix)));
                return Err(error.help("identities stand in runs.csv; `tallow plan FILE --list` lists them too"));
            }
            other => other?,
        };
        let preprocessing = match store.preprocessing(&record.description)? {
            Some(preprocessing) => preprocessing,
            None => fitted_again(&record)?,
        };
        of_record(record, preprocessing)
    }

    /// What the store has of the runs meant: of the best setting, best first, or of all.
    fn rows(&self, store: &Store) -> Result<(Selected, Rows)> {
        let selection = self.selection();
        let selected = selection.load()?;
        let analysis = selected.analysis(store, &[])?;
        if !analysis.has_outcome() {
            return Err(selection.unstored(&self.store.path));
        }
        let rows = match self.best {
            true => Rows::Best(best(&selected, &analysis)?),
            false => Rows::All((0..analysis.rows.len()).filter_map(|row| stored(&analysis, row)).collect()),
        };
        Ok((selected, rows))
    }

    fn several(&self, selected: &Selected, runs: usize) -> Error {
        let (file, name) = (terminal::path(&self.which), &selected.experiment.name);
        let error =
            Error::refused(format_args!("{} of `{name}` are meant, and one is needed", text::count(runs, "run")));
        error.help(format!(
            "--best takes the best setting; --only narrows them down, as in --only seed=0; \
             `tallow plan {file} --list` lists them with their identities"
        ))
    }
}

/// A run with an outcome.
struct Row {
    run: Run,
    status: Status,
}

enum Rows {
    Best(Vec<Row>),
    All(Vec<Row>),
}

fn stored(analysis: &Analysis, row: usize) -> Option<Row> {
    let status = analysis.rows[row].outcome.as_ref()?.status();
    Some(Row { run: analysis.run(row), status })
}

/// The runs of the best setting, best first; says which it is.
fn best(selected: &Selected, analysis: &Analysis) -> Result<Vec<Row>> {
    let data = |row: usize| {
        let dataset = analysis.config(row).dataset;
        (dataset.label(), dataset.origin().map(|origin| origin.path))
    };
    if analysis.cells.iter().any(|cell| data(cell.rows[0]) != data(0)) {
        let error = Error::refused("the experiment trains on several datasets, whose networks cannot be compared");
        return Err(error.help(format!("choose one, as in --only dataset={}", text::shell(&data(0).0))));
    }
    let has = |metric: Metric| {
        (0..analysis.rows.len())
            .all(|row| analysis.rows[row].outcome.is_none() || !matches!(analysis.read(row, metric), Reading::Missing))
    };
    let judged = analysis.metric;
    let chosen_by = Some(Metric { split: Split::Validation, ..judged }).filter(|&metric| has(metric)).unwrap_or(judged);
    let cost = |number: f64| if chosen_by.higher_is_better() { -number } else { number };
    let summary =
        |cell: &Cell| Summary::of(cell.rows.iter().map(|&row| analysis.read(row, chosen_by)), worst(chosen_by));
    let settings = analysis.cells.iter().map(|cell| (cell, summary(cell))).filter(|(_, all)| all.n > all.diverged);
    let settings: Vec<(&Cell, f64)> = settings.map(|(cell, all)| (cell, cost(all.iqm.point))).collect();
    let Some((cell, _)) = settings.iter().min_by(|(_, a), (_, b)| a.total_cmp(b)) else {
        return Err(Error::refused(format_args!("every stored run of `{}` diverged", selected.experiment.name)));
    };
    let score = |row: usize| match analysis.read(row, chosen_by) {
        Reading::Value(number) => cost(number),
        Reading::Diverged | Reading::Missing => f64::INFINITY,
    };
    let mut rows = cell.rows.clone();
    rows.sort_by(|&a, &b| score(a).total_cmp(&score(b)));
    let rows: Vec<Row> = rows.into_iter().filter_map(|row| stored(analysis, row)).collect();
    let label = selected.label(&rows[0].run);
    let setting = match settings.len() {
        1 => String::new(),
        many => format!("{}: the best of {many} settings by {}; ", text::plain(&label), chosen_by.name()),
    };
    let run = format!("run {}, seed {}", rows[0].run.id, rows[0].run.config.seed);
    let runs = match rows.len() {
        1 => run,
        many => format!("{run}, is the best of its {many} runs"),
    };
    terminal::say(format_args!("{setting}{runs}"));
    if chosen_by.split != Split::Validation && (settings.len() > 1 || rows.len() > 1) {
        terminal::say(format_args!(
            "note: no rows are held out for validation, so the {} rows have chosen it: it may do worse on new rows than on these",
            chosen_by.split.name()
        ));
    }
    Ok(rows)
}

fn predictor(store: &Store, selected: &Selected, row: &Row) -> Result<Predictor> {
    let Some(record) = store.record(&row.run.id)? else {
        let error = format_args!("run {} has left the store meanwhile", row.run.id);
        return Err(Error::failed(error).help(format!("tallow sweep {}", selected.experiment.name)));
    };
    let preprocessing = match store.preprocessing(&record.description)? {
        Some(preprocessing) => preprocessing,
        None => row.run.config.dataset.preprocessing(row.run.config.seed)?,
    };
    of_record(record, preprocessing)
}

fn of_record(record: Record, preprocessing: Preprocessing) -> Result<Predictor> {
    let Record { id, description, outcome, .. } = record;
    if let Status::Diverged { epoch } = outcome.status {
        let error = Error::refused(format_args!("run {id} diverged in epoch {epoch}: its network predicts nothing"));
        return Err(error.help("name a run that is done"));
    }
    Predictor::new(id, &description, outcome.layers, preprocessing)
        .map_err(|error| Error::failed(format_args!("run {id} cannot be used: {error}")))
}

/// What the store does not keep of a run: of generated data because they need none, of a file because an older tallow trained
/// it. The file must be where it was, and the same.
fn fitted_again(record: &Record) -> Result<Preprocessing> {
    let run = verify::again(record).map_err(|error| {
        let why = match error {
            Error::Told { message, .. } => message,
            Error::Input(_) => "its data cannot be read".to_owned(),
        };
        Error::refused(format_args!(
            "the store does not say how the columns of run {} are scaled and encoded, and its data do not tell: {why}",
            record.id
        ))
        .help("put the file back as it was, or train the run again: `tallow sweep FILE --rerun` stores this with it")
    })?;
    Ok(run.config.dataset.preprocessing(run.config.seed)?)
}
