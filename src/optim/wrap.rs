//! What may be put around any optimizer: caution, lookahead, averages of the weights.

use super::Optimizer;
use crate::param::{Domain, Field, Rejected, Value};

/// What is put around an optimizer, the first innermost. By default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wrappers {
    /// A step moves only what it moves against the gradient (Liang et al. 2024, arXiv:2411.16085): of each tensor's moves
    /// those along the gradient are left out, and the others divided by their share, at least [`LEAST_SHARE`], as in the
    /// authors' code.
    pub cautious: bool,
    /// Steps ahead of weights that follow slowly.
    pub lookahead: Option<Lookahead>,
    /// What is evaluated in place of the weights trained.
    pub average: Option<Average>,
}

/// The least share of a tensor's moves that a cautious step divides by.
pub const LEAST_SHARE: f64 = 1e-3;

/// After every so many steps slow weights s, from the first ones, go a part of the way to the weights trained, which go on from
/// there: s ← s + α (p − s), p ← s (Zhang et al. 2019, arXiv:1907.08610). Evaluated: s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lookahead {
    /// So many steps.
    pub steps: usize,
    /// The part of the way, α.
    pub alpha: f64,
}

/// An average of the weights trained, as in `torch.optim.swa_utils`: a ← p first, then a ← a + share (p − a).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Average {
    /// After every step, an exponential one with this decay (Polyak & Juditsky 1992).
    Ema(f64),
    /// The mean of the weights at the ends of epochs (Izmailov et al. 2018, arXiv:1803.05407).
    Swa {
        /// Steps of an epoch.
        per_epoch: usize,
        /// The first epoch whose end counts, from 1.
        first: usize,
    },
}

impl Wrappers {
    /// The keys that say whether there is one.
    pub const KEYS: [&'static str; 4] = ["cautious", "lookahead", "ema", "swa"];

    /// Nothing.
    pub const NONE: Self = Self { cautious: false, lookahead: None, average: None };

    /// The key of the innermost one, if there is any.
    pub fn key(&self) -> Option<&'static str> {
        let Self { cautious, lookahead, average } = *self;
        cautious.then_some("cautious").or(lookahead.map(|_| "lookahead")).or(average.map(|average| match average {
            Average::Ema(_) => "ema",
            Average::Swa { .. } => "swa",
        }))
    }

    /// Numbers that they keep for each parameter.
    pub fn slots(&self) -> usize {
        2 * usize::from(self.cautious) + usize::from(self.lookahead.is_some()) + usize::from(self.average.is_some())
    }

    /// The optimizer to be wrapped, and the decoupled decay that a cautious step makes in its place, before all else.
    pub(crate) fn inner(&self, optimizer: &Optimizer) -> (Optimizer, f64) {
        let decay = if self.cautious { optimizer.decoupled_decay() } else { 0.0 };
        (if decay == 0.0 { optimizer.clone() } else { optimizer.without_decay() }, decay)
    }
}

impl Lookahead {
    /// Whether the slow weights follow after a step, from 1.
    pub(crate) fn is_due(self, step: usize) -> bool {
        step.is_multiple_of(self.steps)
    }
}

impl Average {
    /// What the weights after a step, from 1, count in the average; 1: all. `None`: it stays.
    pub(crate) fn share(self, step: usize) -> Option<f64> {
        match self {
            Self::Ema(decay) => Some(if step == 1 { 1.0 } else { 1.0 - decay }),
            Self::Swa { per_epoch, first } => {
                let epoch = step / per_epoch;
                (step.is_multiple_of(per_epoch) && epoch >= first).then(|| 1.0 / (epoch - first + 1) as f64)
            }
        }
    }

    /// Whether there is an average after so many steps.
    pub(crate) fn has_begun(self, steps: usize) -> bool {
        match self {
            Self::Ema(_) => steps > 0,
            Self::Swa { per_epoch, first } => steps / per_epoch >= first,
        }
    }
}

/// The first epoch, from 1, of a run of so many whose end counts: after a share of the epochs where `start` is below 1, else
/// that one.
pub fn first_epoch(start: f64, epochs: usize) -> usize {
    if start < 1.0 { (start * epochs as f64) as usize + 1 } else { start as usize }
}

/// Steps between two events, or `false`: never.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Every(pub Option<usize>);

impl Field for Every {
    fn get(&self) -> Value {
        self.0.map_or(Value::Bool(false), |steps| steps.get())
    }
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        match value {
            Value::Bool(false) => Ok(Self(None)),
            Value::Bool(true) => Err(Rejected("must be a number of steps, or false".into())),
            number => usize::read(number, domain).map(|steps| Self(Some(steps))),
        }
    }
}

impl Optimizer {
    /// The decay λ of p ← (1 − η λ) p before an update, where that is what its weight decay is.
    fn decoupled_decay(&self) -> f64 {
        match self {
            Self::AdamW(adamw) => adamw.weight_decay,
            Self::NAdam(nadam) if nadam.decoupled_weight_decay => nadam.weight_decay,
            Self::RAdam(radam) if radam.decoupled_weight_decay => radam.weight_decay,
            Self::Lion(lion) => lion.weight_decay,
            _ => 0.0,
        }
    }

    /// The same without weight decay.
    pub(super) fn without_decay(&self) -> Self {
        let mut without = self.clone();
        without.settings_mut().set("weight_decay", &Value::Float(0.0)).expect("no decay is in every domain");
        without
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_count_the_steps_that_they_say() {
        let shares = |average: Average| (1..=7).map(|step| average.share(step)).collect::<Vec<_>>();
        assert_eq!(shares(Average::Ema(0.75))[..3], [Some(1.0), Some(0.25), Some(0.25)]);
        let swa = Average::Swa { per_epoch: 2, first: 2 };
        assert_eq!(shares(swa), [None, None, None, Some(1.0), None, Some(0.5), None]);
        assert_eq!([3, 4, 5].map(|steps| swa.has_begun(steps)), [false, true, true]);
        assert_eq!([0.0, 0.75, 0.99, 1.0, 7.0].map(|start| first_epoch(start, 10)), [1, 8, 10, 1, 7]);
    }
}
