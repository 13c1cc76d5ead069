//! The answer to the experiment's question: typed facts here, the sentences made of them in `sentences.rs`.

mod sentences;

use super::tuned::Choice;
use super::{Analysis, Verdict, Versus};

/// What the runs say of the question.
#[derive(Clone, Debug, PartialEq)]
pub enum Facts {
    /// No run has an outcome.
    Nothing,
    /// Every run that has an outcome diverged.
    AllDiverged,
    /// One value in one facet.
    Alone,
    /// Nothing is compared, in several facets.
    Spread,
    /// Several values, no two of them in one facet.
    Apart,
    /// Values against each other.
    Standoff(Standoff),
}

/// Values against each other, in one facet or over several.
#[derive(Clone, Debug, PartialEq)]
pub struct Standoff {
    /// The facet; `None` over all in which two or more ran.
    pub facet: Option<usize>,
    /// The values not shown worse than another, best first. The first leads.
    pub set: Vec<usize>,
    /// The values shown worse than another, best first.
    pub worse: Vec<usize>,
    /// The values that share the first place by the metric, or over several facets by mean rank; the leader among them.
    pub first: Vec<usize>,
    /// Their comparisons.
    pub versus: Vec<Versus>,
    /// The fewest seeds of a comparison.
    pub n: usize,
    /// Whether all values have the same metric on every seed.
    pub identical: bool,
}

/// How a value stands beside the leader.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Beside {
    /// Shown to be equal within the margin.
    Equal,
    /// Shown to be worse, by less than the margin.
    Slightly,
    /// Anything else.
    Other,
}

impl Standoff {
    /// Splits values, best first, into those not shown worse than another and the rest.
    fn new(facet: Option<usize>, order: Vec<usize>, first: usize, versus: Vec<Versus>, identical: bool) -> Self {
        let beaten = |&value: &usize| versus.iter().any(|versus| loser(versus) == Some(value));
        let first = order[..first].to_vec();
        let (worse, set): (Vec<usize>, Vec<usize>) = order.iter().copied().partition(beaten);
        // Where each is shown worse than another, in a circle, none is left out.
        let (set, worse) = if set.is_empty() { (order, Vec::new()) } else { (set, worse) };
        let n = versus.iter().map(|versus| versus.n).min().unwrap_or(0);
        Self { facet, set, worse, first, versus, n, identical }
    }

    fn leader(&self) -> usize {
        self.set[0]
    }

    /// All values, those not shown worse first.
    fn all(&self) -> Vec<usize> {
        [&self.set[..], &self.worse].concat()
    }

    /// The comparison of two values, whichever way round it is kept, and whether it is turned.
    fn between(&self, one: usize, other: usize) -> Option<(&Versus, bool)> {
        self.versus.iter().find_map(|versus| match (versus.a, versus.b) {
            pair if pair == (one, other) => Some((versus, false)),
            pair if pair == (other, one) => Some((versus, true)),
            _ => None,
        })
    }

    fn beside_leader(&self, value: usize) -> Beside {
        match self.between(self.leader(), value).map(|(versus, turned)| (versus.verdict, turned)) {
            Some((Verdict::Equal, _)) => Beside::Equal,
            Some((Verdict::First { slightly: true }, false) | (Verdict::Second { slightly: true }, true)) => {
                Beside::Slightly
            }
            _ => Beside::Other,
        }
    }

    /// Whether no difference matters: each is shown to lie within the margin.
    fn is_equal(&self) -> bool {
        self.versus.iter().all(|versus| {
            matches!(
                versus.verdict,
                Verdict::Equal | Verdict::First { slightly: true } | Verdict::Second { slightly: true }
            )
        })
    }

    /// The greatest p by which a value is shown to be worse, each by its clearest comparison.
    fn p_worse(&self) -> f64 {
        let of_value = |value: usize| {
            let found = self.versus.iter().filter(|versus| loser(versus) == Some(value));
            found.map(|versus| versus.p_family).fold(1.0, f64::min)
        };
        self.worse.iter().map(|&value| of_value(value)).fold(0.0, f64::max)
    }
}

/// The value that a comparison shows to be worse.
fn loser(versus: &Versus) -> Option<usize> {
    match versus.verdict {
        Verdict::First { .. } => Some(versus.b),
        Verdict::Second { .. } => Some(versus.a),
        _ => None,
    }
}

impl Analysis {
    /// What the runs say of the question.
    pub fn facts(&self) -> Facts {
        let judged: Vec<&Choice> = self.groups.iter().filter_map(|group| group.tuned.as_ref()).collect();
        if judged.is_empty() {
            return Facts::Nothing;
        }
        if self.cells.iter().all(|cell| cell.metric.n == cell.diverged) {
            return Facts::AllDiverged;
        }
        let contested: Vec<usize> = self.contested().collect();
        let identical = self.pairs.iter().all(|pair| pair.ties == pair.n);
        match contested[..] {
            [] if self.values.len() > 1 && judged.len() > 1 => Facts::Apart,
            [] if judged.len() > 1 => Facts::Spread,
            [] => Facts::Alone,
            [facet] => {
                let of_facet = self.comparisons.within.iter().filter(|versus| versus.case == Some(facet));
                let order = self.ranking(facet).into_iter().map(|(group, _)| group.value).collect();
                let ranks = self.ranks(facet);
                let first = ranks.iter().filter(|&&rank| rank == ranks[0]).count();
                Facts::Standoff(Standoff::new(Some(facet), order, first, of_facet.cloned().collect(), identical))
            }
            _ => {
                let standings = self.ranked_standings().into_iter().filter(|standing| standing.facets > 0);
                let (order, ranks): (Vec<usize>, Vec<f64>) =
                    standings.map(|standing| (standing.value, standing.mean_rank)).unzip();
                let first = ranks.iter().filter(|&&rank| rank == ranks[0]).count();
                Facts::Standoff(Standoff::new(None, order, first, self.comparisons.overall.clone(), identical))
            }
        }
    }
}
