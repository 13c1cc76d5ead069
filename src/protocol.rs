//! How a training is followed: what is evaluated while it goes on, which epoch's weights count, and when it ends early.

use crate::measure::{Measure, Series, Split};
use crate::param::{Domain, Field, Named, Rejected, Shape, Value};

crate::settings! {
    /// What is evaluated at the end of epochs.
    pub struct Evaluate {
        /// Every so many epochs.
        every: usize = Int(1), AtLeast(1.0);
        /// On the rows of these splits, as far as there are any: train, validation, test.
        on: Splits = Words(&["validation"]), Any;
        /// Measures beside the loss and the accuracy or R², at the end too.
        measures: Chosen = Words(&[]), Any;
    }
}

crate::settings! {
    /// When training ends before its last epoch. The rule is that of Keras' `EarlyStopping`.
    pub struct EarlyStopping {
        /// Epochs without a new best after which it ends.
        patience: usize = Int(16), AtLeast(1.0);
        /// What a new best is better by than the one before it.
        min_delta: f64 = Float(0.0), AtLeast(0.0);
        /// The series that has to become better.
        watch: &'static Series = Text("validation_loss"), Any;
    }
}

/// Which epoch's weights are those of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The last one's.
    Last,
    /// Those of the epoch that was best in the series watched.
    Best,
}

impl Named for Keep {
    const ALL: &'static [Self] = &[Self::Last, Self::Best];

    fn name(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Best => "best",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Last => "the weights after the last epoch trained",
            Self::Best => {
                "the weights after the epoch with the best validation loss, or of what early_stopping watches"
            }
        }
    }
}

/// Splits of the rows, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splits(Vec<Split>);

impl Splits {
    /// Whether a split is among them.
    pub fn contains(&self, split: Split) -> bool {
        self.0.contains(&split)
    }
}

impl Field for Splits {
    const SHAPE: Shape = Shape::List;

    fn get(&self) -> Value {
        Value::List(self.0.iter().map(|split| Value::Text(split.name().to_owned())).collect())
    }
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        let names = Vec::<String>::read(value, domain)?;
        let known = Split::ALL.map(Split::name);
        match names.iter().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Rejected(format!("has `{name}`, which is none of {}", known.join(", ")))),
            None => {
                Ok(Self(Split::ALL.into_iter().filter(|split| names.iter().any(|name| name == split.name())).collect()))
            }
        }
    }
}

/// Measures, each once, in the order of lists for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen(Vec<Measure>);

impl Chosen {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a measure is among them.
    pub fn contains(&self, measure: Measure) -> bool {
        self.0.contains(&measure)
    }

    /// With another measure.
    pub fn add(&mut self, measure: Measure) {
        if !self.contains(measure) {
            self.0.push(measure);
            self.0.sort_unstable();
        }
    }
}

impl Field for Chosen {
    const SHAPE: Shape = Shape::List;

    fn get(&self) -> Value {
        Value::List(self.0.iter().map(|measure| Value::Text(measure.name.to_owned())).collect())
    }
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        let mut chosen = Self::default();
        for name in Vec::<String>::read(value, domain)? {
            let known = || Measure::ALL.iter().map(|measure| measure.name).collect::<Vec<_>>().join(", ");
            let measure = Measure::from_name(&name);
            chosen.add(measure.ok_or_else(|| Rejected(format!("has `{name}`, which is none of {}", known())))?);
        }
        Ok(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_are_read_in_any_order_and_only_by_their_names() {
        let list = |names: &[&str]| Value::List(names.iter().map(|&name| Value::Text(name.into())).collect());
        let read = |names: &[&str]| Splits::read(&list(names), Domain::Any);
        assert_eq!(read(&["test", "train", "test"]).map(|splits| splits.get()), Ok(list(&["train", "test"])));
        assert_eq!(read(&[]).map(|splits| splits.get()), Ok(list(&[])));
        assert!(read(&["valid"]).is_err());
    }
}
