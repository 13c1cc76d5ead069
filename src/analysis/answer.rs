//! The answer to the experiment's question in a sentence with numbers.

use super::tuned::{Choice, Group};
use super::{Analysis, Role};
use crate::stats::Estimate;
use crate::text;

impl Analysis {
    /// The answer: the best compared value with its setting, metric, interval and n, and how sure it is.
    pub fn answer(&self) -> String {
        let rankings: Vec<_> = (0..self.facets.len()).map(|facet| self.ranking(facet)).collect();
        let Some(first) = rankings.iter().find(|ranking| !ranking.is_empty()) else {
            return "No run has an outcome yet.".into();
        };
        match (&rankings[..], &first[..]) {
            ([_], [(_, choice), ..]) if choice.judged.diverged == choice.judged.n => {
                "Every run diverged, even at the best setting.".into()
            }
            ([_], [(group, choice)]) => format!("{}.", self.reached(group, choice)),
            ([_], [(group, choice), (second, with), ..]) => self.first_and_second((group, choice), (second, with)),
            _ if self.values.len() < 2 => self.spread(),
            _ => self.standing_sentence(),
        }
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

    fn reached(&self, group: &Group, choice: &Choice) -> String {
        let subject = match self.values.len() {
            1 => "The runs reach".to_owned(),
            _ => format!("{} reaches", self.named(group.value)),
        };
        let seeds = if self.is_split() { "held-out seed" } else { "seed" };
        let diverged = match choice.judged.diverged {
            0 => String::new(),
            k => format!(", {k} diverged"),
        };
        let accuracy = choice.accuracy.filter(|_| !self.metric.higher_is_better() && choice.judged.diverged == 0);
        let accuracy = accuracy.map_or_else(String::new, |accuracy| {
            format!(" and an accuracy of {} %", text::short(100.0 * accuracy.iqm.point))
        });
        let spread = match choice.judged.n {
            1 => format!("1 {seeds}"),
            n => format!("IQM, 95 % {}, n = {n} {seeds}s", interval(choice.judged.iqm)),
        };
        format!(
            "{subject} a {} of {}{accuracy}{} ({spread}{diverged})",
            self.metric.label(),
            text::short(choice.judged.iqm.point),
            self.at(choice),
        )
    }

    /// The best and the next, and first of all if they cannot be told apart.
    fn first_and_second(&self, (best, choice): (&Group, &Choice), (second, with): (&Group, &Choice)) -> String {
        let [label, next] = [best, second].map(|group| self.named(group.value));
        let reached = self.reached(best, choice);
        let second_with = format!("{next} is second with {}{}", text::short(with.judged.iqm.point), self.at(with));
        let Some(pair) = self.pair_of(best.facet, best.value, second.value).filter(|pair| pair.n > 1) else {
            return format!("{reached}; {second_with}.");
        };
        let wins = if pair.a == best.value { pair.wins } else { pair.losses };
        let evidence = format!(
            "{label} is better on {wins} of {} common seeds, p = {} by Wilcoxon and Holm",
            pair.n,
            text::short(pair.p_holm)
        );
        match pair.p_holm <= 0.05 {
            true => format!("{reached}; {second_with}, a significant difference ({evidence})."),
            false => {
                format!("No significant difference between {label} and {next}: {reached}; {second_with} ({evidence}).")
            }
        }
    }

    /// A compared value in a sentence: an optimizer by its name, any other with its key.
    pub(super) fn named(&self, value: usize) -> String {
        let label = &self.values[value].label;
        // A label names its own keys but the first.
        match self.roles.compare.first().map(|&axis| self.axes[axis].key.as_str()) {
            Some("optimizer") | None => label.clone(),
            Some(key) => format!("{key} {label}"),
        }
    }

    fn standing_sentence(&self) -> String {
        let order = self.ranked_standings();
        let Some(first) = order.first() else { return String::new() };
        let label = |value: usize| &self.values[value].label;
        let score = |estimate: Estimate| match estimate.point.is_nan() {
            true => String::new(),
            false => format!(", normalized score {} (95 % {})", text::short(estimate.point), interval(estimate)),
        };
        let mut sentence = format!(
            "{} has the best {} in {} of {} cases by {} (mean rank {}{})",
            label(first.value),
            self.metric.label(),
            first.best_in,
            (0..self.facets.len()).filter(|&facet| !self.ranking(facet).is_empty()).count(),
            self.keys(Role::Facet),
            text::short(first.mean_rank),
            score(first.score),
        );
        let others: Vec<String> = (order[1..].iter())
            .take(3)
            .map(|s| format!("{} in {} (mean rank {})", label(s.value), s.best_in, text::short(s.mean_rank)))
            .collect();
        if !others.is_empty() {
            sentence += &format!("; {}", others.join(", "));
        }
        sentence + "."
    }

    /// With nothing to compare but several facets: the best and the worst of them.
    fn spread(&self) -> String {
        let mut facets: Vec<(usize, f64)> = (0..self.facets.len())
            .filter_map(|facet| Some((facet, self.ranking(facet).first()?.1.judged.iqm.point)))
            .collect();
        facets.sort_by(|a, b| self.cost(a.1).total_cmp(&self.cost(b.1)));
        let (Some(best), Some(worst)) = (facets.first(), facets.last()) else { return String::new() };
        let place =
            |&(facet, metric): &(usize, f64)| format!("{} for {}", text::short(metric), self.facets[facet].label);
        format!("The {} goes from {} to {}.", self.metric.label(), place(best), place(worst))
    }
}

fn interval(estimate: Estimate) -> String {
    format!("{} to {}", text::short(estimate.low), text::short(estimate.high))
}
