//! The facts in plain sentences: who is best or not shown to be worse, by how much, how sure, and what would decide.

use super::{Beside, Facts, Standoff};
use crate::analysis::tuned::{Choice, Group};
use crate::analysis::{Analysis, Combination, Estimate, Role, Scale, Split, Unit, Value, Verdict};
use crate::stats::{self, LEAST};
use crate::text;

/// Values told one by one in a sentence.
const TOLD: usize = 6;

/// Seeds beyond which a number of them is no advice.
const MANY: f64 = 10_000.0;

impl Analysis {
    /// The answer in a few sentences: first who is best, or not shown to be worse, then by how much and how sure.
    pub fn answer(&self) -> String {
        let sentences = match self.facts() {
            Facts::Nothing => vec!["No run has an outcome yet.".into()],
            Facts::AllDiverged => {
                let runs: usize = self.cells.iter().map(|cell| cell.metric.n).sum();
                vec![if runs == 1 { "The one run diverged.".into() } else { format!("All {runs} runs diverged.") }]
            }
            Facts::Alone => {
                let of_group = |group| [self.reached(group), self.guess(group)];
                self.groups.iter().flat_map(of_group).flatten().collect()
            }
            Facts::Spread => vec![self.spread()],
            Facts::Apart => vec![self.apart()],
            Facts::Standoff(standoff) => self.standing_off(&standoff),
        };
        sentences.into_iter().chain(self.choosing()).chain(self.scope()).collect::<Vec<_>>().join(" ")
    }

    fn standing_off(&self, standoff: &Standoff) -> Vec<String> {
        let mut sentences = vec![self.headline(standoff)];
        let leader = standoff.facet.and_then(|facet| self.group(facet, standoff.leader()));
        if standoff.identical {
            sentences.extend(leader.and_then(|group| self.guess(group)));
            return sentences;
        }
        sentences.extend(self.chances(standoff));
        match standoff.facet {
            Some(facet) => {
                let alone = leader.filter(|_| standoff.first.len() == 1);
                sentences.extend(alone.and_then(|group| self.reached(group)));
                sentences.extend(leader.and_then(|group| self.guess(group)));
                sentences.extend(self.distance(standoff));
                sentences.extend(self.expectation(facet, standoff));
            }
            None => {
                sentences.extend(self.distance(standoff));
                sentences.push(self.cases(standoff));
                sentences.extend(self.exceptions(standoff));
            }
        }
        sentences.extend(self.lost(standoff));
        sentences.extend(self.more_seeds(standoff));
        sentences
    }

    /// Who is best, or who is not shown to be worse.
    fn headline(&self, standoff: &Standoff) -> String {
        let place = match standoff.facet {
            Some(facet) if self.facets.len() > 1 => format!("For {}, ", self.facet_named(facet)),
            Some(_) => String::new(),
            None => {
                let keys = self.roles.facet.iter().map(|&axis| self.axes[axis].key.clone()).collect();
                format!("Over {} by {}, ", text::count(self.contested().count(), "case"), listed(keys))
            }
        };
        let (metric, all) = (self.metric.label(), standoff.all());
        if standoff.identical && standoff.n > 0 {
            let everywhere = if standoff.facet.is_none() { " of every case" } else { "" };
            let seed = self.replicate_noun();
            return format!(
                "{place}{} have the same {metric} on every {seed}{everywhere}{}: they are tied.",
                self.list(&all),
                self.caveat()
            );
        }
        let caveat = self.caveat();
        if standoff.n < LEAST {
            let after: Vec<usize> = all.into_iter().filter(|value| !standoff.first.contains(value)).collect();
            let before = if after.is_empty() { String::new() } else { format!(", before {}", self.list(&after)) };
            return format!("{place}{}{before}{caveat}; {}.", self.leads(standoff), self.too_few(standoff.n));
        }
        if standoff.is_equal() {
            let slightly = self.of_leader(standoff, &standoff.worse, Beside::Slightly);
            let ahead = match slightly[..] {
                [] => String::new(),
                _ => {
                    format!(
                        " Within that, {} is ahead of {}{}.",
                        self.named(standoff.leader()),
                        self.list(&slightly),
                        self.by_p(standoff)
                    )
                }
            };
            let comma = if caveat.is_empty() { "" } else { "," };
            return format!(
                "{place}{} are equal for practice: their {metric}{caveat}{comma} is shown to differ by less than {}.{ahead}",
                self.list(&all),
                self.margin_words(),
            );
        }
        let others = standoff.set[1..].to_vec();
        if others.is_empty() {
            let slightly = self.of_leader(standoff, &standoff.worse, Beside::Slightly);
            let small = match slightly[..] {
                [] => String::new(),
                _ => format!(" It is ahead of {} by less than {}.", self.list(&slightly), self.margin_words()),
            };
            return format!(
                "{place}{} is best: {} shown to be worse{}{caveat}.{small}",
                self.named(standoff.leader()),
                self.are(&standoff.worse),
                self.by_p(standoff),
            );
        }
        let equal = self.of_leader(standoff, &others, Beside::Equal);
        let open: Vec<usize> = (others.iter().copied())
            .filter(|value| !equal.contains(value) && !standoff.first.contains(value))
            .collect();
        let shown_equal = match standoff.first.len() {
            1 => format!("{} shown to be equal within {}", self.are(&equal), self.margin_words()),
            _ => {
                let lead = self.named(standoff.leader());
                format!("{} shown to be equal to {lead} within {}", self.are(&equal), self.margin_words())
            }
        };
        let not_shown = match open[..] {
            [_, ..] if open.len() > TOLD => format!("none of {} others is shown to be worse", open.len()),
            _ => format!("{} not shown to be worse", self.are(&open)),
        };
        let beside = match (equal.is_empty(), open.is_empty()) {
            (true, true) => String::new(),
            (true, false) => format!(", but {not_shown}"),
            (false, true) => format!("; {shown_equal}"),
            (false, false) => format!("; {shown_equal}, and {not_shown}"),
        };
        let worse = match standoff.worse[..] {
            [] => String::new(),
            _ => format!(" Shown to be worse: {}{}.", self.list(&standoff.worse), self.by_p(standoff)),
        };
        format!("{place}{}{beside}{caveat}.{worse}", self.leads(standoff))
    }

    /// What validation samples chose.
    fn choosing(&self) -> Option<String> {
        let chosen = match (self.chooser.is_some(), self.facts.any_watches_validation) {
            (true, true) => "the settings and the epoch",
            (true, false) => "the settings",
            (false, true) => "the epoch",
            (false, false) => return None,
        };
        let judge = if self.metric.split == Split::Test { ", test samples judge" } else { "" };
        self.has_outcome().then(|| format!("Validation samples choose {chosen}{judge}."))
    }

    /// That no rows but those that judge were there to choose by: `, judged by test rows that also chose the settings`.
    fn caveat(&self) -> String {
        match self.is_judged_by_what_chose() {
            false => String::new(),
            true => format!(", judged by {} rows that also chose the settings", self.metric.split.name()),
        }
    }

    /// `adam has the lowest final train loss`, `adam and sgd are tied for the lowest final train loss, 0.1`.
    fn leads(&self, standoff: &Standoff) -> String {
        let metric = self.metric.label();
        let best = if self.metric.higher_is_better() { "highest" } else { "lowest" };
        let first = self.list(&standoff.first);
        match (standoff.facet, standoff.first.len()) {
            (Some(_), 1) => format!("{} has the {best} {metric}", self.named(standoff.leader())),
            (None, 1) => format!("{} has the best mean rank by {metric}", self.named(standoff.leader())),
            (None, _) => format!("{first} are tied for the best mean rank by {metric}"),
            (Some(facet), _) => {
                let reached = self.group(facet, standoff.first[0]).and_then(|group| group.tuned.as_ref());
                let reached = reached.map_or(f64::NAN, |choice| choice.judged.iqm.point);
                format!("{first} are tied for the {best} {metric}, {}", self.amount(reached))
            }
        }
    }

    fn of_leader(&self, standoff: &Standoff, values: &[usize], beside: Beside) -> Vec<usize> {
        values.iter().copied().filter(|&value| standoff.beside_leader(value) == beside).collect()
    }

    /// ` (p = 0.01)`, ` (p ≤ 0.01, corrected over 6 comparisons)`.
    fn by_p(&self, standoff: &Standoff) -> String {
        let tests = self.comparisons.within.len() + self.comparisons.overall.len();
        let p = probability(standoff.p_worse());
        match (standoff.worse.len(), tests) {
            (1, 1) => format!(" (p = {p})"),
            (1, _) => format!(" (p = {p}, corrected over {tests} comparisons)"),
            _ => format!(" (p ≤ {p}, corrected over {tests} comparisons)"),
        }
    }

    fn too_few(&self, n: usize) -> String {
        let noun = self.replicate_noun();
        match n {
            0 => format!("without a {noun} in common no difference can be shown"),
            1 => format!("one {noun} is too few to show a difference ({LEAST} are the least)"),
            n => format!("{n} {noun}s are too few to show a difference by {noun} ({LEAST} are the least)"),
        }
    }

    /// The probabilities to be the best.
    fn chances(&self, standoff: &Standoff) -> Option<String> {
        if standoff.n < LEAST || standoff.is_equal() {
            return None;
        }
        let chance = |&value: &usize| match standoff.facet {
            Some(facet) => self.comparisons.cases[facet].best[value],
            None => self.comparisons.best_overall[value],
        };
        let all = standoff.all();
        let mut all: Vec<(usize, f64)> = all.iter().map(|value| (*value, chance(value))).collect();
        all.retain(|(_, chance)| *chance >= 0.01);
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        let told: Vec<String> = (all.iter().take(TOLD))
            .map(|&(value, chance)| format!("{} {}", self.named(value), percent(chance)))
            .collect();
        (!told.is_empty()).then(|| format!("Probability to be the best in a repetition: {}.", told.join(", ")))
    }

    /// A group's metric at its best setting.
    fn reached(&self, group: &Group) -> Option<String> {
        let choice = group.tuned.as_ref().filter(|choice| choice.judged.n > 0)?;
        let subject =
            if self.values.len() == 1 { "The runs reach".into() } else { self.named(group.value) + " reaches" };
        let accuracy = choice.beside.filter(|_| !self.metric.higher_is_better() && choice.judged.diverged == 0);
        let is_share = self.beside.is_some_and(|beside| beside.measure.unit == Unit::Share);
        // Of rows that were trained on it says nothing about others.
        let what = match (is_share, self.metric.split == Split::Train) {
            (true, true) => "a training accuracy",
            (true, false) => "an accuracy",
            (false, true) => "a training R²",
            (false, false) => "an R²",
        };
        let beside = accuracy.map_or_else(String::new, |accuracy| match is_share {
            true => format!(" and {what} of {} %", text::short(100.0 * accuracy.iqm.point)),
            false => format!(" and {what} of {}", text::short(accuracy.iqm.point)),
        });
        let lost = match choice.judged.diverged {
            0 => String::new(),
            k => format!(", of which {k} diverged"),
        };
        let caveat = if self.values.len() == 1 { self.caveat() } else { String::new() };
        Some(format!(
            "{subject} a {} of {}{beside}{}{caveat} ({}{lost}).",
            self.metric.label(),
            self.amount(choice.judged.iqm.point),
            self.at(choice),
            self.precision(choice.judged.iqm, choice.judged.n),
        ))
    }

    /// That most runs of a group have learned nothing that counts.
    fn guess(&self, group: &Group) -> Option<String> {
        let rows = &group.tuned.as_ref()?.rows;
        let guesses = rows.iter().filter(|&&row| self.is_no_better_than_constant(row)).count();
        let of = if self.values.len() > 1 { format!(" of {}", self.named(group.value)) } else { String::new() };
        (2 * guesses > rows.len())
            .then(|| format!("But {guesses} of {} runs{of} are no better than a constant guess.", rows.len()))
    }

    /// By how much the leader is ahead of the next, with the interval.
    fn distance(&self, standoff: &Standoff) -> Option<String> {
        if standoff.n < LEAST || standoff.is_equal() {
            return None;
        }
        let next = *standoff.all().get(1)?;
        let (versus, turned) = standoff.between(standoff.leader(), next)?;
        let gap = match versus.gap {
            gap if turned => Estimate { point: -gap.point, low: -gap.high, high: -gap.low },
            gap => gap,
        };
        // The order is by seeds left out of the choice, and may be another where nothing is decided.
        if gap.point >= 0.0 || !gap.point.is_finite() || gap.low.is_nan() {
            return None;
        }
        let gap = self.shown_gap(gap);
        let its = match (standoff.facet, standoff.first.len()) {
            (Some(_), 1) => "Its".to_owned(),
            (Some(_), _) => return None,
            (None, _) => format!("Averaged over the cases, {}'s", self.named(standoff.leader())),
        };
        let metric = self.metric.label();
        let bounds =
            |factor: f64| format!("95 % {} to {}", text::short(factor * gap.low), text::short(factor * gap.high));
        let next = self.named(next);
        Some(match self.scale() {
            Scale::Ratio => {
                format!("{its} {metric} is {} times that of {next} ({}).", text::short(gap.point), bounds(1.0))
            }
            Scale::Difference => {
                let more = if gap.point > 0.0 { "above" } else { "below" };
                let (factor, sign) = self.spoken();
                let points = text::short(factor * gap.point.abs());
                let unit = if sign.is_empty() { "" } else { " percentage points" };
                format!("{its} {metric} is {points}{unit} {more} that of {next} (difference {}).", bounds(factor))
            }
        })
    }

    /// What choosing the best can be expected to give on a new seed, where it is not sure who that is.
    fn expectation(&self, facet: usize, standoff: &Standoff) -> Option<String> {
        if standoff.set.len() < 2 || standoff.n < LEAST || standoff.is_equal() || standoff.first.len() > 1 {
            return None;
        }
        let expected = self.expected(facet)?;
        let leader = self.group(facet, standoff.leader())?.tuned.as_ref()?;
        let noun = self.replicate_noun();
        let (by, on) = match self.chooser {
            Some(_) => ("validation samples".to_owned(), "test samples"),
            None => (format!("the other {noun}s"), "the one left out"),
        };
        (expected.metric.point != leader.judged.iqm.point).then(|| {
            format!(
                "Choosing value and setting by {by} gives {} on {on} ({}).",
                self.amount(expected.metric.point),
                self.precision(expected.metric, expected.n),
            )
        })
    }

    /// In how many cases each is best, with the ruler for mean ranks.
    fn cases(&self, standoff: &Standoff) -> String {
        let ruler = self.friedman();
        let order = self.ranked_standings();
        let all = standoff.all();
        let of = |value: &usize| order.iter().find(|standing| standing.value == *value);
        let told: Vec<String> = (all.iter().filter_map(of).take(TOLD))
            .map(|standing| {
                let tied = match standing.tied_in {
                    0 => String::new(),
                    k => format!(", tied in {k}"),
                };
                let rank = match ruler {
                    None => String::new(),
                    Some(_) => format!(" (mean rank {})", hundredths(standing.mean_rank)),
                };
                format!("{} in {} of {}{tied}{rank}", self.named(standing.value), standing.best_in, standing.facets)
            })
            .collect();
        let ruler = ruler.map_or_else(String::new, |(_, friedman)| {
            format!(
                " By Nemenyi's test mean ranks differ if they are {} or more apart (Friedman's p = {}).",
                hundredths(friedman.critical_difference),
                probability(friedman.p),
            )
        });
        format!("Best alone: {}.{ruler}", told.join("; "))
    }

    /// The cases in which another value is shown to be better than the leader: where the answer depends on the case.
    fn exceptions(&self, standoff: &Standoff) -> Vec<String> {
        let leader = standoff.leader();
        let better = |other: usize| -> Vec<usize> {
            let of_pair = |pair: &&crate::analysis::Pair| match pair.verdict {
                Verdict::First { .. } => (pair.a, pair.b) == (other, leader),
                Verdict::Second { .. } => (pair.b, pair.a) == (other, leader),
                _ => false,
            };
            self.pairs.iter().filter(of_pair).map(|pair| pair.facet).collect()
        };
        let others = (0..self.values.len()).filter(|&other| other != leader);
        let found = others.map(|other| (other, better(other))).filter(|(_, facets)| !facets.is_empty());
        found
            .map(|(other, facets)| {
                let named: Vec<String> = facets.iter().take(3).map(|&facet| self.facet_named(facet)).collect();
                let more = if facets.len() > named.len() { " and more" } else { "" };
                format!(
                    "{} is shown to be better than {} in {} ({}{more}).",
                    self.named(other),
                    self.named(leader),
                    text::count(facets.len(), "case"),
                    named.join("; "),
                )
            })
            .collect()
    }

    /// The runs that diverged at the chosen settings, with Wilson's interval of their share.
    fn lost(&self, standoff: &Standoff) -> Option<String> {
        let of_value = |&value: &usize| {
            let judged = self.groups.iter().filter(|group| group.value == value).filter_map(|group| {
                let is_shown = standoff.facet.is_none_or(|facet| facet == group.facet);
                group.tuned.as_ref().filter(|_| is_shown)
            });
            let (lost, n) =
                judged.fold((0, 0), |(lost, n), choice| (lost + choice.judged.diverged, n + choice.judged.n));
            (lost > 0).then_some((value, lost, n))
        };
        let lost: Vec<(usize, usize, usize)> = standoff.all().iter().filter_map(of_value).collect();
        let told = lost.iter().take(TOLD).enumerate().map(|(i, &(value, lost, n))| {
            let share = stats::wilson(lost, n);
            let bounds = format!("{} to {} %", (100.0 * share.low).round(), (100.0 * share.high).round());
            let (diverged, runs) = if i == 0 { (" diverged", " runs") } else { ("", "") };
            format!("{}{diverged} in {lost} of {n}{runs} (95 % {bounds})", self.named(value))
        });
        let told: Vec<String> = told.collect();
        let place = if self.settings.len() > 1 { "At the chosen setting " } else { "" };
        (!told.is_empty()).then(|| format!("{place}{}.", listed(told)))
    }

    /// How many seeds would decide between the leader and the next.
    fn more_seeds(&self, standoff: &Standoff) -> Option<String> {
        if standoff.n < LEAST {
            return None;
        }
        let leader = standoff.leader();
        let open = standoff.set[1..].iter().find_map(|&other| match standoff.between(leader, other)?.0.verdict {
            Verdict::Undecided { seeds } => Some((other, seeds)),
            _ => None,
        });
        let (other, runs) = open?;
        let pair = format!("{} and {}", self.named(leader), self.named(other));
        let of_folds = self.of_folds();
        let seeds = self.rounded_seeds(runs);
        if seeds.is_infinite() && self.is_of_one_file() {
            return Some(format!("More seeds would not decide between {pair}: that takes more rows."));
        }
        Some(match seeds < MANY {
            true => format!("About {seeds} seeds{of_folds} would decide between {pair} (power 80 %)."),
            false => format!("More than {MANY} seeds{of_folds} would be needed to decide between {pair} (power 80 %)."),
        })
    }

    /// Whether replicates share rows everywhere.
    pub(in crate::analysis) fn is_of_one_file(&self) -> bool {
        !self.facets.is_empty() && (0..self.facets.len()).all(|facet| self.is_resplit(facet))
    }

    /// A number of replicates as seeds, rounded up to what a person would take: two digits, and a multiple of five.
    pub(in crate::analysis) fn rounded_seeds(&self, replicates: f64) -> f64 {
        let seeds = replicates / self.folds().unwrap_or(1) as f64;
        let step = 5.0f64.max(libm::pow(10.0, libm::floor(libm::log10(seeds.max(1.0))) - 1.0));
        if seeds.is_finite() { libm::ceil(seeds / step) * step } else { seeds }
    }

    /// What the answer is about, where replicates are not independent draws of data.
    fn scope(&self) -> Option<String> {
        let all = |is: &dyn Fn(usize) -> bool| !self.facets.is_empty() && (0..self.facets.len()).all(is);
        if !self.has_outcome() || !all(&|facet| self.is_file(facet)) {
            return None;
        }
        let files: std::collections::BTreeSet<String> =
            self.cells.iter().map(|cell| crate::param::Kinds::label(&self.config(cell.rows[0]).dataset)).collect();
        let (these, their) = if files.len() > 1 { ("these files", "their") } else { ("this file", "its") };
        let of_rows = match self.is_of_one_file() {
            true if self.folds().is_some() => {
                format!(
                    ": each run holds out another fold of {their} rows, and intervals and tests allow for the rows that folds share"
                )
            }
            true => format!(
                ": each seed splits {their} rows anew, and intervals and tests allow for the rows that splits share"
            ),
            false if self.metric.split != Split::Train => format!(" and this split of {their} rows"),
            false if files.len() > 1 => ", each judged by the rows that were trained on".to_owned(),
            false => ", judged by the rows that were trained on".to_owned(),
        };
        Some(format!("This is about {these}{of_rows}."))
    }

    /// ` at learning_rate 0.01`, or nothing.
    fn at(&self, choice: &Choice) -> String {
        let cell = &self.cells[choice.cell];
        let named = self.roles.tune.iter().filter_map(|&axis| {
            let level = cell.levels[axis]?;
            Some(format!("{} {}", self.axes[axis].key, self.axes[axis].label(Some(level))))
        });
        let named: Vec<String> = named.collect();
        if named.is_empty() { String::new() } else { format!(" at {}", named.join(", ")) }
    }

    /// A compared value in a sentence: words by themselves, anything else with its key.
    pub(in crate::analysis) fn named(&self, value: usize) -> String {
        self.combination_named(&self.roles.compare, &self.values[value])
    }

    /// A facet in a sentence.
    fn facet_named(&self, facet: usize) -> String {
        self.combination_named(&self.roles.facet, &self.facets[facet])
    }

    fn combination_named(&self, axes: &[usize], combination: &Combination) -> String {
        let told = axes.iter().zip(&combination.levels).find_map(|(&axis, level)| Some((&self.axes[axis], (*level)?)));
        let Some((axis, level)) = told else {
            let keys = axes.iter().map(|&axis| self.axes[axis].key.clone()).collect();
            return if axes.is_empty() { combination.label.clone() } else { format!("no {}", listed(keys)) };
        };
        let first = axis.label(Some(level));
        // A label names its own keys but that of its first part.
        let rest: Vec<String> = match combination.label.strip_prefix(&first).and_then(|rest| rest.strip_prefix(", ")) {
            Some(rest) => rest.split(", ").map(str::to_owned).collect(),
            None => Vec::new(),
        };
        let named = match axis.values[level] {
            Value::Text(_) => first,
            _ => format!("{} {first}", axis.key),
        };
        if rest.is_empty() { named } else { format!("{named} with {}", listed(rest)) }
    }

    /// `adam`, `adam and sgd`, `adam, sgd and 3 others`.
    fn list(&self, values: &[usize]) -> String {
        let mut named: Vec<String> = values.iter().take(TOLD).map(|&value| self.named(value)).collect();
        match values.len().saturating_sub(TOLD) {
            0 => {}
            1 => named.push("1 other".into()),
            more => named.push(format!("{more} others")),
        }
        listed(named)
    }

    /// `adam is`, `adam and sgd are`.
    fn are(&self, values: &[usize]) -> String {
        format!("{} {}", self.list(values), if values.len() == 1 { "is" } else { "are" })
    }

    /// With nothing to compare but several facets: the best and the worst of them.
    fn spread(&self) -> String {
        let mut facets: Vec<(usize, f64)> = (0..self.facets.len())
            .filter_map(|facet| Some((facet, self.ranking(facet).first()?.1.judged.iqm.point)))
            .collect();
        facets.sort_by(|a, b| self.cost(a.1).total_cmp(&self.cost(b.1)));
        let (Some(best), Some(worst)) = (facets.first(), facets.last()) else { return String::new() };
        let place =
            |&(facet, metric): &(usize, f64)| format!("{} for {}", self.amount(metric), self.facet_named(facet));
        let caveat = self.caveat();
        format!("The {} goes from {} to {}{caveat} (IQM).", self.metric.label(), place(best), place(worst))
    }

    /// With several values of which no two ran in one facet.
    fn apart(&self) -> String {
        let keys = self.roles.facet.iter().map(|&axis| self.axes[axis].key.clone()).collect();
        format!(
            "No two values of {} ran in the same case by {}, so none is compared with another. {}",
            self.keys(Role::Compare),
            listed(keys),
            self.spread(),
        )
    }

    /// A metric in a sentence: `0.1012`, a share as `97.5 %`.
    fn amount(&self, x: f64) -> String {
        let (factor, sign) = self.spoken();
        format!("{}{sign}", text::short(factor * x))
    }

    /// `IQM, 95 % 0.01 to 0.02, n = 10 seeds`; below five seeds without an interval.
    fn precision(&self, estimate: Estimate, n: usize) -> String {
        let noun = self.replicate_noun();
        match n {
            1 => format!("1 {noun}"),
            n if estimate.low.is_nan() => format!("IQM of {n} {noun}s"),
            n => {
                let (factor, sign) = self.spoken();
                let (low, high) = (text::short(factor * estimate.low), text::short(factor * estimate.high));
                format!("IQM, 95 % {low} to {high}{sign}, n = {n} {noun}s")
            }
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(parts: Vec<String>) -> String {
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// `62 %`; of two that add up to 1 the percents do so too, and resamples that agree are not certainty.
fn percent(share: f64) -> String {
    match (100.0 * share).round_ties_even() {
        100.0 => "more than 99 %".into(),
        whole => format!("{} %", text::short(whole)),
    }
}

fn hundredths(x: f64) -> String {
    text::short((100.0 * x).round() / 100.0)
}

/// A probability to two digits.
fn probability(p: f64) -> String {
    text::short(format!("{p:.1e}").parse().unwrap_or(p))
}
