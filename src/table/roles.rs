//! What each column of a file is for, by its name.

use std::collections::BTreeSet;

use super::Wanted;
use super::column::{MOST_WORDS, Wanted as Want};
use super::problem::{Problem, Problems};
use super::reading::{ColumnKind, Reading, TargetKind};
use crate::param::Named;
use crate::text;

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The network sees it.
    Feature,
    /// What is predicted.
    Target,
    /// The weights of the rows.
    Weight,
    /// The groups whose rows stay together.
    Group,
    /// Not used.
    Unused,
    /// Without a name: left out if it is empty or counts the rows.
    Nameless,
}

/// The columns of a file to train on.
pub(super) fn of_training(names: &[String], reading: &Reading) -> Result<Wanted, Problems> {
    let mut problems = Vec::new();
    let said = |name: &str| reading.columns.get(name).copied();
    let mut find = |name: &str| {
        let found = place(name, names);
        found.map_err(|problem| problems.push(problem)).ok()
    };
    let target = match &reading.target {
        Some(name) => find(name),
        None => {
            let may = |name: &String| {
                !name.is_empty()
                    && !matches!(said(name), Some(ColumnKind::Drop | ColumnKind::Weight))
                    && reading.group.as_ref() != Some(name)
            };
            names.iter().rposition(may)
        }
    };
    let listed: Vec<usize> = reading.features.iter().filter_map(|name| find(name)).collect();
    let group = reading.group.as_ref().and_then(|name| find(name));
    let kinds: Vec<(usize, ColumnKind)> =
        reading.columns.iter().filter_map(|(name, &kind)| Some((find(name)?, kind))).collect();
    Problems::none_of(problems)?;
    let Some(target) = target else {
        return Err(Problem::of_file("no column is left to be the target").into());
    };
    let kind = |column: usize| kinds.iter().find(|(other, _)| *other == column).map(|&(_, kind)| kind);
    let mut refuse = Vec::new();
    let name = |column: usize| text::brief(&names[column]);
    if let Some(kind) = kind(target).filter(|kind| matches!(kind, ColumnKind::Drop | ColumnKind::Weight)) {
        refuse.push(format!("`{}` is the target and `{}`", name(target), kind.name()));
    }
    let weights: Vec<usize> =
        kinds.iter().filter(|&&(_, kind)| kind == ColumnKind::Weight).map(|&(column, _)| column).collect();
    if let [first, second, ..] = weights[..] {
        refuse.push(format!("`{}` and `{}` are both weights: a table has one such column", name(first), name(second)));
    }
    let mut once = BTreeSet::new();
    for &feature in &listed {
        if feature == target {
            refuse.push(format!("`{}` is both a feature and the target", name(feature)));
        }
        if let Some(kind) = kind(feature).filter(|kind| matches!(kind, ColumnKind::Drop | ColumnKind::Weight)) {
            refuse.push(format!("`{}` is both a feature and `{}`", name(feature), kind.name()));
        }
        if !once.insert(feature) {
            refuse.push(format!("`{}` is listed twice in `features`", name(feature)));
        }
    }
    if group == Some(target) {
        refuse.push(format!("`{}` is both the group and the target", name(target)));
    }
    Problems::none_of(refuse.into_iter().map(Problem::of_file).collect())?;
    let role = |column: usize| match kind(column) {
        _ if column == target => Role::Target,
        Some(ColumnKind::Drop) => Role::Unused,
        Some(ColumnKind::Weight) => Role::Weight,
        _ if listed.contains(&column) => Role::Feature,
        _ if group == Some(column) => Role::Group,
        _ if !listed.is_empty() => Role::Unused,
        _ if names[column].is_empty() => Role::Nameless,
        _ => Role::Feature,
    };
    let wanted: Wanted = (0..names.len())
        .map(|column| {
            let role = role(column);
            (role, want(role, kind(column), reading.kind))
        })
        .collect();
    distinct(names, &wanted)?;
    Ok(wanted)
}

fn want(role: Role, kind: Option<ColumnKind>, target: TargetKind) -> Want {
    match (role, kind) {
        (Role::Unused, _) => Want::Nothing,
        (Role::Weight, _) | (_, Some(ColumnKind::Number)) => Want::Numbers,
        (Role::Group, _) => Want::Words(usize::MAX),
        (_, Some(ColumnKind::Category | ColumnKind::Boolean)) => Want::Words(MOST_WORDS),
        (Role::Target, _) if target != TargetKind::Regression => Want::Target,
        _ => Want::Any,
    }
}

/// Two columns that are used have two names.
pub(super) fn distinct(names: &[String], wanted: &Wanted) -> Result<(), Problems> {
    let mut seen = BTreeSet::new();
    let used = names.iter().zip(wanted).filter(|(name, (role, _))| *role != Role::Unused && !name.is_empty());
    let twice = used.filter(|(name, _)| !seen.insert(*name)).map(|(name, _)| name);
    let twice: BTreeSet<&String> = twice.collect();
    let help = "name the columns with `names = [...]`, `header = true` beside it, or drop them";
    let problem =
        |name: &&String| Problem::of_file(format!("two columns are named `{}`", text::brief(name))).help(help);
    Problems::none_of(twice.iter().map(problem).collect())
}

/// The place of a column by its name.
pub(super) fn place(wanted: &str, names: &[String]) -> Result<usize, Problem> {
    names.iter().position(|name| name == wanted.trim()).ok_or_else(|| {
        let hint = match text::nearest(wanted, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{}`?", text::brief(near)),
            None => format!("there are {}", text::brief(&names.join(", "))),
        };
        Problem::of_file(format!("the file has no column `{}`", text::brief(wanted))).help(hint)
    })
}
