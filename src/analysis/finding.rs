//! The audit: what a reader should know before believing the numbers, each with the edit that answers it.

use std::collections::BTreeSet;

use super::series::LOSS_MEAN;
use super::tuned::{Choice, Edge, Group};
use super::{Analysis, Metric, Reading, Status};
use crate::param::Kinds;
use crate::stats;
use crate::text;

/// Losses at least this share of the constant predictor's are no better than it.
const STUCK: f64 = 0.98;
/// A fall of the loss by more than this share over the last tenth of the epochs is worth more epochs.
const FALLING: f64 = 0.1;
/// Training rows left out in every epoch are worth a warning above this share.
const LEFT_OUT: f64 = 0.1;
/// Ways in which training rows are left out that are told.
const TOLD: usize = 3;
/// Networks whose hidden units are looked at, and the training points they are looked at with.
const LOOKED_AT: (usize, usize) = (1_000, 1_000);

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Runs without an outcome.
    Missing,
    /// Training rows that no step sees.
    LeftOut,
    /// Too few seeds for the claim.
    FewSeeds,
    /// The best value lies at the end of its axis.
    Edge,
    /// Runs diverged.
    Diverged,
    /// Runs no better than the constant predictor.
    Stuck,
    /// ReLU units that never fire.
    Dead,
    /// Losses still falling at the end.
    Falling,
}

impl Kind {
    /// The word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::LeftOut => "left out",
            Self::FewSeeds => "few seeds",
            Self::Edge => "edge",
            Self::Diverged => "diverged",
            Self::Stuck => "stuck",
            Self::Dead => "dead",
            Self::Falling => "falling",
        }
    }
}

/// A sentence of the audit.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is about.
    pub kind: Kind,
    /// Whether it casts doubt on the answer, rather than being good to know.
    pub warning: bool,
    /// The sentence.
    pub text: String,
    /// The edit of the experiment file that answers it.
    pub edit: Option<String>,
}

impl Analysis {
    pub(super) fn audit(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.missing());
        findings.extend(self.left_out());
        findings.extend(self.few_seeds());
        findings.extend(self.at_edges());
        for value in 0..self.values.len() {
            findings.extend(self.diverged(value));
        }
        findings.extend(self.stuck());
        findings.extend(self.dead());
        findings.extend(self.falling());
        findings
    }

    fn missing(&self) -> Option<Finding> {
        let missing = self.rows.iter().filter(|row| row.outcome.is_none()).count();
        (missing > 0).then(|| Finding {
            kind: Kind::Missing,
            warning: true,
            text: format!("{missing} of {} have no outcome; sweep again.", text::count(self.rows.len(), "run")),
            edit: None,
        })
    }

    fn left_out(&self) -> Option<Finding> {
        let (mut ways, mut largest) = (BTreeSet::new(), 0.0f64);
        for config in self.rows.iter().map(|row| &row.run.config) {
            let samples = config.dataset.train_len(config.seed);
            let left = samples - config.batching().divide(samples).trained.min(samples);
            if left > 0 {
                largest = largest.max(left as f64 / samples as f64);
                ways.insert((config.dataset.label(), samples, config.batch_size, left));
            }
        }
        let told = ways.iter().take(TOLD).map(|(label, samples, batch, left)| {
            let do_not_fill = if *left == 1 { "does not fill" } else { "do not fill" };
            format!("{left} of {samples} rows of {label}, which {do_not_fill} a batch of {batch}")
        });
        let more = if ways.len() > TOLD { "; and more" } else { "" };
        (!ways.is_empty()).then(|| Finding {
            kind: Kind::LeftOut,
            warning: largest > LEFT_OUT,
            text: format!("Training leaves rows out in every epoch: {}{more}.", told.collect::<Vec<_>>().join("; ")),
            edit: Some("last_batch = \"train\"".into()),
        })
    }

    fn few_seeds(&self) -> Option<Finding> {
        let judged = self.judging_seeds().len();
        let finding = |text: String, needed: usize| Finding {
            kind: Kind::FewSeeds,
            warning: true,
            text,
            edit: Some(format!("seeds = {needed}")),
        };
        if self.seeds.is_empty() {
            return None;
        }
        if judged == 1 {
            let selected = if self.settings.len() > 1 && !self.is_split() {
                " and the setting was chosen on the seed it is judged by"
            } else {
                ""
            };
            let one = if self.is_split() { "one held-out seed" } else { "one seed" };
            return Some(finding(format!("With {one} no spread can be told{selected}."), 10));
        }
        let pairs = (0..self.facets.len()).map(|f| self.pairs.iter().filter(|p| p.facet == f).count()).max()?;
        let enough = |n: usize| stats::least_p(n) * pairs as f64 <= 0.05;
        if pairs == 0 || enough(judged) {
            return None;
        }
        let needed = (judged..).find(|&n| enough(n)).unwrap_or(judged);
        let needed = if self.is_split() { 2 * needed - 1 } else { needed };
        let least = text::short((stats::least_p(judged) * pairs as f64).min(1.0));
        let held_out = if self.is_split() { " held-out" } else { "" };
        let of =
            if pairs > 1 { format!(" for the first of {pairs} pairs by Holm's correction") } else { String::new() };
        let text =
            format!("With {judged}{held_out} seeds p cannot fall below {least}{of}: no difference can be significant.");
        Some(finding(text, needed))
    }

    /// Facets in words, unless there is but one: ` (in relu)`, ` (in 3 of 12)`.
    fn places(&self, facets: &[usize]) -> String {
        match facets {
            _ if self.facets.len() < 2 => String::new(),
            [facet] => format!(" ({})", self.facets[*facet].label),
            facets if facets.len() == self.facets.len() => " (everywhere)".into(),
            facets => format!(" (in {} of {} by {})", facets.len(), self.facets.len(), self.keys(super::Role::Facet)),
        }
    }

    fn at_edges(&self) -> Vec<Finding> {
        let tuned: Vec<(&Group, &Choice)> =
            self.groups.iter().filter_map(|group| Some((group, group.tuned.as_ref()?))).collect();
        let mut found: Vec<(Edge, usize)> = Vec::new();
        for (group, choice) in &tuned {
            found.extend(choice.edges.iter().map(|&edge| (edge, group.value)));
        }
        found.sort_by_key(|(edge, value)| (edge.axis, edge.upper, edge.level, *value));
        found.dedup();
        let facets = |&(edge, value): &(Edge, usize)| -> Vec<usize> {
            let has = |(group, choice): &&(&Group, &Choice)| group.value == value && choice.edges.contains(&edge);
            tuned.iter().filter(has).map(|(group, _)| group.facet).collect()
        };
        // Values that say the same say it together.
        let alike = |a: &(Edge, usize), b: &(Edge, usize)| {
            a.0 == b.0 && facets(a) == facets(b) && self.widened(a) == self.widened(b)
        };
        let sentence = |same: &[(Edge, usize)]| {
            let edge = same[0].0;
            let axis = &self.axes[edge.axis];
            let (end, beyond) = if edge.upper { ("upper", "beyond") } else { ("lower", "below") };
            let level = axis.label(Some(edge.level));
            let of = match same.len() {
                1 => self.of(same[0].1),
                n if n == self.values.len() => " for every value compared".to_owned(),
                n => {
                    let labels: Vec<&str> = same[1..].iter().map(|&(_, value)| &*self.values[value].label).collect();
                    let others = match labels[..n - 2] {
                        [] => String::new(),
                        _ => format!(", {}", labels[..n - 2].join(", ")),
                    };
                    format!("{}{others} and {}", self.of(same[0].1), labels[n - 2])
                }
            };
            Finding {
                kind: Kind::Edge,
                warning: true,
                text: format!(
                    "The best {key}{of} is {level}, the {end} end of what was tried{places}: widen {key} {beyond} {level}.",
                    key = axis.key,
                    places = self.places(&facets(&same[0])),
                ),
                edit: self.widened(&same[0]),
            }
        };
        found.chunk_by(alike).map(sentence).collect()
    }

    /// What was tried of the axis for a value, with one more number beyond its end, at the distance of the last two.
    fn widened(&self, &(edge, value): &(Edge, usize)) -> Option<String> {
        let axis = &self.axes[edge.axis];
        let all = axis.numbers.as_ref()?;
        let tried: BTreeSet<usize> =
            self.cells.iter().filter(|cell| cell.value == value).filter_map(|cell| cell.levels[edge.axis]).collect();
        let mut numbers: Vec<f64> = tried.into_iter().map(|level| all[level]).collect();
        let (end, before) = match edge.upper {
            true => (*numbers.last()?, *numbers.get(numbers.len().checked_sub(2)?)?),
            false => (*numbers.first()?, *numbers.get(1)?),
        };
        let geometric = end > 0.0 && before > 0.0;
        let beyond = if geometric { end * (end / before) } else { end + (end - before) };
        let whole = axis.values.iter().all(|value| matches!(value, super::Value::Int(_)));
        let beyond = if whole { beyond.round() } else { format!("{beyond:.3e}").parse().unwrap_or(beyond) };
        if numbers.contains(&beyond) {
            return None;
        }
        numbers.insert(if edge.upper { numbers.len() } else { 0 }, beyond);
        let list: Vec<String> = numbers.iter().map(|&x| text::float(x)).collect();
        Some(format!("{} = [{}]", axis.key, list.join(", ")))
    }

    fn diverged(&self, value: usize) -> Option<Finding> {
        let cells = || self.cells.iter().filter(move |cell| cell.value == value);
        let runs: usize = cells().map(|cell| cell.metric.n).sum();
        let diverged: usize = cells().map(|cell| cell.diverged).sum();
        if diverged == 0 {
            return None;
        }
        let chosen = self.groups.iter().filter(|group| group.value == value).filter_map(|group| group.tuned.as_ref());
        let chosen = chosen.filter(|choice| choice.judged.diverged > 0).count();
        let mut text = format!(
            "{}{diverged} of {} diverged ({} %)",
            self.subject(value),
            text::count(runs, "run"),
            text::short((100.0 * diverged as f64 / runs as f64).round()),
        );
        let mut edit = None;
        if let Some(axis) = self.sensitive_axis() {
            let levels = 0..self.axes[axis].values.len();
            let at = |level: usize| cells().filter(move |cell| cell.levels[axis] == Some(level));
            let lost = |&level: &usize| at(level).any(|cell| cell.diverged > 0);
            let all = |&level: &usize| {
                let n: usize = at(level).map(|cell| cell.metric.n).sum();
                n > 0 && n == at(level).map(|cell| cell.diverged).sum::<usize>()
            };
            let label = |level: usize| self.axes[axis].label(Some(level));
            let tried: Vec<usize> = levels.clone().filter(|&level| at(level).next().is_some()).collect();
            let lost: Vec<usize> = tried.iter().copied().filter(lost).collect();
            let key = &self.axes[axis].key;
            if lost.len() > 2 && lost.len() < tried.len() && tried.ends_with(&lost) {
                text += &format!(", at {key} {} and above", label(lost[0]));
            } else if lost.len() < tried.len() && !lost.is_empty() {
                text += &format!(", at {key} {}", lost.into_iter().map(label).collect::<Vec<_>>().join(", "));
            }
            edit = levels.clone().find(all).map(|level| self.exclusion(value, axis, level));
        }
        text += if chosen > 0 { ", at a chosen setting too." } else { "." };
        Some(Finding { kind: Kind::Diverged, warning: chosen > 0, text, edit })
    }

    fn exclusion(&self, value: usize, axis: usize, level: usize) -> String {
        // A number is written as a person would: `momentum = 0` is read as a float too.
        let toml = |value: &super::Value| match value {
            super::Value::Float(x) => crate::text::float(*x),
            other => other.toml(),
        };
        let mut lines = vec!["[[exclude]]".to_owned()];
        let of_value = self.roles.compare.iter().zip(&self.values[value].levels);
        for (&compared, level) in of_value.filter(|&(&compared, _)| compared != axis) {
            let Some(level) = *level else { continue };
            lines.push(format!("{} = {}", self.axes[compared].key, toml(&self.axes[compared].values[level])));
        }
        lines.push(format!("{} = {}", self.axes[axis].key, toml(&self.axes[axis].values[level])));
        lines.join("\n")
    }

    /// `sgd: `, or nothing if nothing is compared.
    fn subject(&self, value: usize) -> String {
        if self.values.len() > 1 { format!("{}: ", self.named(value)) } else { String::new() }
    }

    /// The tuned settings of a value: facet and choice.
    fn chosen(&self, value: usize) -> impl Iterator<Item = (usize, &Choice)> {
        let of_value = self.groups.iter().filter(move |group| group.value == value);
        of_value.filter_map(|group| Some((group.facet, group.tuned.as_ref()?)))
    }

    /// ` for sgd`, or nothing if nothing is compared.
    fn of(&self, value: usize) -> String {
        if self.values.len() > 1 { format!(" for {}", self.named(value)) } else { String::new() }
    }

    fn stuck(&self) -> Option<Finding> {
        let is_stuck = |row: usize| {
            let (Some(outcome), Some(constant)) = (&self.rows[row].outcome, self.constants[row]) else {
                return false;
            };
            let loss = outcome.value(Metric::TRAIN_LOSS).map_or(f64::NAN, f64::from);
            outcome.status == Status::Done && loss >= STUCK * constant.train_loss
        };
        let of_value = |value: usize| {
            let (mut stuck, mut runs, mut facets) = (0, 0, Vec::new());
            for (facet, choice) in self.chosen(value) {
                let rows: Vec<usize> = self.judged_rows(&self.cells[choice.cell]).collect();
                let here = rows.iter().filter(|&&row| is_stuck(row)).count();
                stuck += here;
                runs += rows.iter().filter(|&&row| self.reading(row) != Reading::Missing).count();
                if here > 0 {
                    facets.push(facet);
                }
            }
            (stuck > 0).then(|| format!("{stuck} of {runs}{}{}", self.of(value), self.places(&facets)))
        };
        let found: Vec<String> = (0..self.values.len()).filter_map(of_value).collect();
        (!found.is_empty()).then(|| Finding {
            kind: Kind::Stuck,
            warning: true,
            text: format!(
                "Runs that end no better than the constant predictor at the chosen setting: {}.",
                found.join(", ")
            ),
            edit: None,
        })
    }

    fn dead(&self) -> Option<Finding> {
        let data = crate::dataset::Cache::default();
        let mut left = LOOKED_AT.0;
        let (mut found, mut highest) = (Vec::new(), 0.0f64);
        for value in 0..self.values.len() {
            let (mut dead, mut units, mut facets) = (0, 0, Vec::new());
            for (facet, choice) in self.chosen(value) {
                let before = dead;
                for row in self.judged_rows(&self.cells[choice.cell]).filter(|&row| self.is_relu(row)) {
                    if left == 0 {
                        break;
                    }
                    left -= 1;
                    let Some((silent, all)) = self.silent_units(row, &data) else { continue };
                    (dead, units) = (dead + silent, units + all);
                }
                if dead > before {
                    facets.push(facet);
                }
            }
            if dead > 0 {
                highest = highest.max(dead as f64 / units as f64);
                found.push(format!("{dead} of {units}{}{}", self.of(value), self.places(&facets)));
            }
        }
        (!found.is_empty()).then(|| Finding {
            kind: Kind::Dead,
            warning: highest > 0.25,
            text: format!(
                "Hidden ReLU units that are 0 for every training point at the chosen setting: {}.",
                found.join(", "),
            ),
            edit: Some("activation = [\"relu\", \"leaky_relu\"]".into()),
        })
    }

    fn is_relu(&self, row: usize) -> bool {
        let done = self.rows[row].outcome.as_ref().is_some_and(|outcome| outcome.status == Status::Done);
        done && self.rows[row].run.config.activation.name() == "relu"
    }

    /// Hidden units that are 0 for every training point looked at, and all hidden units.
    fn silent_units(&self, row: usize, data: &crate::dataset::Cache) -> Option<(usize, usize)> {
        let config = &self.rows[row].run.config;
        let network = self.network(row)?;
        let data = data.get(&config.dataset, config.seed).ok()?;
        let points = data.train.len().min(LOOKED_AT.1);
        let layers = network.hidden(&data.train.x[..points * data.features]);
        let silent = |values: &Vec<f32>, width: usize| {
            (0..width).filter(|&unit| values.iter().skip(unit).step_by(width).all(|&value| value == 0.0)).count()
        };
        let silent = layers.iter().zip(&config.hidden).map(|(values, &width)| silent(values, width)).sum();
        Some((silent, config.hidden.iter().sum()))
    }

    fn falling(&self) -> Option<Finding> {
        let mut epochs = 0;
        let mut of_value = |value: usize| {
            let (mut falls, mut facets) = (Vec::new(), Vec::new());
            for (facet, choice) in self.chosen(value) {
                let rows = self.judged_rows(&self.cells[choice.cell]);
                let fall = rows.filter_map(|row| {
                    let outcome = self.rows[row].outcome.as_ref().filter(|outcome| outcome.status == Status::Done)?;
                    let losses = outcome.series(&LOSS_MEAN);
                    let before = *losses.get((losses.len() * 9 / 10).checked_sub(1)?)?;
                    Some(1.0 - f64::from(*losses.last()?) / f64::from(before))
                });
                let fall = stats::median(&fall.filter(|fall| fall.is_finite()).collect::<Vec<_>>());
                if fall > FALLING {
                    falls.push(fall);
                    facets.push(facet);
                    epochs = epochs.max(self.rows[self.cells[choice.cell].rows[0]].run.config.epochs);
                }
            }
            let share = text::short((100.0 * stats::median(&falls)).round());
            (!falls.is_empty()).then(|| format!("{share} %{}{}", self.of(value), self.places(&facets)))
        };
        let found: Vec<String> = (0..self.values.len()).filter_map(&mut of_value).collect();
        (!found.is_empty()).then(|| Finding {
            kind: Kind::Falling,
            warning: false,
            text: format!("The loss still falls over the last tenth of the epochs: by {}.", found.join(", ")),
            edit: Some(format!("epochs = {}", 2 * epochs)),
        })
    }
}
