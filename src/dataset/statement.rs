//! What was understood of a user's file, for people: said before anything is trained, and in every report.

use super::{Csv, DataError, Dataset, File};
use crate::table::{Absent, Baseline, Feature, FeatureKind, Fold, Part, Parts, Score, Task, Warning};
use crate::text;

/// Replicates looked at for classes that a part lacks.
const LOOKED_AT: usize = 1000;
/// Notes told in full.
const TOLD: usize = 12;

/// What was understood of a file and what a person should know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// A word and what is said under it, in order.
    pub facts: Vec<(&'static str, String)>,
    /// What is suspicious, or left out.
    pub notes: Vec<String>,
}

impl Dataset {
    /// What was understood of a file that is open, as replicates of these seeds and folds use it; `None` of a generated dataset.
    ///
    /// # Errors
    /// Of shares that leave nothing to train on, and of too few groups or rows.
    pub fn statement(
        &self,
        replicates: impl Iterator<Item = (u64, Option<Fold>)>,
    ) -> Option<Result<Statement, DataError>> {
        let (csv, file) = self.opened()?;
        let of = |(seed, fold)| Self { fold, ..self.clone() }.parts(seed).expect("a file has parts");
        let parts = replicates.take(LOOKED_AT).map(of);
        Some(parts.collect::<Result<Vec<Parts>, _>>().map(|parts| state(csv, file, &parts)))
    }
}

fn state(csv: &Csv, file: &File, parts: &[Parts]) -> Statement {
    let (table, understood) = (file.table(), file.understood());
    let mut facts = vec![("data", format!("{}, {}", text::brief(&csv.path), table.found))];
    if let Some(first) = parts.first() {
        facts.push(("rows", rows(file, first)));
    }
    facts.push(("features", features(&understood.features, file.features())));
    facts.push(("target", understood.target.to_string()));
    if let Some((score, part)) = parts.first().and_then(|first| constant(file, first)) {
        facts.push(("constant", in_words(score, part)));
    }
    let mut notes: Vec<String> = understood.left_out.iter().map(|out| ended(out.to_string())).collect();
    // What is left out has been told.
    let warnings = file.warnings(csv.standardize).iter();
    let warnings: Vec<&Warning> = warnings.filter(|warning| !matches!(warning, Warning::Index { .. })).collect();
    notes.extend(warnings.iter().take(TOLD).map(|warning| ended(warning.to_string())));
    if warnings.len() > TOLD {
        notes.push(format!("{} more: `tallow data` tells them all.", warnings.len() - TOLD));
    }
    notes.extend(absent(file, parts));
    Statement { facts, notes }
}

/// With a full stop, where it is not a question.
fn ended(sentence: String) -> String {
    if sentence.ends_with('?') { sentence } else { sentence + "." }
}

fn rows(file: &File, parts: &Parts) -> String {
    let named = |count: usize, what: &str| (count > 0).then(|| format!("{count} {what}"));
    let test = if parts.test.is_empty() { file.test_rows() } else { parts.test.len() };
    let said =
        [named(parts.train.len(), "to train"), named(parts.validation.len(), "for validation"), named(test, "to test")];
    let said: Vec<String> = said.into_iter().flatten().collect();
    format!("{}: {}", file.len(), said.join(", "))
}

fn features(features: &[Feature], inputs: usize) -> String {
    let of = |is: fn(&Feature) -> bool| features.iter().filter(|feature| is(feature)).count();
    let named = |count: usize, one: &str, many: &str| {
        (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
    };
    let said = [
        named(of(|feature| feature.kind == FeatureKind::Number), "number", "numbers"),
        named(of(|feature| matches!(feature.kind, FeatureKind::Boolean(_))), "truth value", "truth values"),
        named(of(|feature| matches!(feature.kind, FeatureKind::Words(_))), "category", "categories"),
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    let missing = named(of(|feature| feature.missing > 0), "has missing cells", "have missing cells");
    let missing = missing.map_or(String::new(), |missing| format!("; {missing}"));
    let columns = text::count(features.len(), "column");
    format!("{columns} ({}{missing}), {}", said.join(", "), text::count(inputs, "input"))
}

/// What a network reaches that ignores its inputs, on the rows that judge.
fn constant(file: &File, parts: &Parts) -> Option<(Score, Part)> {
    let understood = file.understood();
    let (target, table) = (&understood.target, file.table());
    let weight = |row: usize| understood.weight.map_or(1.0, |place| table.columns[place].cells.number(row));
    let of = |part: Part| parts.of(part).iter().map(|&row| (target.values[row as usize], weight(row as usize)));
    let baseline = Baseline::of(target.task, target.classes.len(), of(Part::Train));
    let judged = [Part::Test, Part::Validation, Part::Train].into_iter().find(|&part| !parts.of(part).is_empty())?;
    Some((baseline.score(of(judged))?, judged))
}

fn in_words(Score { loss, accuracy }: Score, part: Part) -> String {
    let accuracy = accuracy.map_or(String::new(), |share| format!(", accuracy {:.1} %", 100.0 * share));
    format!("loss {}{accuracy} on the {} rows without looking at the inputs", text::short(loss), part.name())
}

/// The classes that a part lacks, each with in how many replicates.
fn absent(file: &File, parts: &[Parts]) -> Vec<String> {
    let target = &file.understood().target;
    if target.task == Task::Regression {
        return Vec::new();
    }
    let mut lacking = std::collections::BTreeMap::new();
    for Absent { class, part } in parts.iter().flat_map(|parts| parts.absent(target)) {
        *lacking.entry((part, class)).or_insert(0_usize) += 1;
    }
    let told = lacking.iter().take(TOLD).map(|((part, class), count)| {
        let class = text::brief(&target.classes[*class]);
        let often = format!("in {count} of {}", text::count(parts.len(), "replicate"));
        format!("class `{class}` has no row among the {} rows {often}.", part.name())
    });
    told.collect()
}

/// Words and what is said under them, aligned, then a line for each note.
impl std::fmt::Display for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = self.facts.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
        self.facts.iter().try_for_each(|(word, said)| writeln!(f, "  {word:<width$}  {said}"))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "  note: {note}"))
    }
}
