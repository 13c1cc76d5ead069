//! What keeps a network from learning its samples by heart, and the steps of its training within bounds.

use std::collections::BTreeMap;

use crate::param::{Domain, Field, Rejected, Shape, Value};

/// What a training does beside the plain one. By default nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Regularization {
    /// The share of its units that a step leaves out, in 0..1, of each hidden layer; empty: of none (Srivastava et al. 2014).
    pub dropout: Vec<f64>,
    /// Standard deviation of what a step adds to each input.
    pub input_noise: f64,
    /// The share of the targets' probability, in 0..1, that all classes have alike (Szegedy et al. 2016, arXiv:1512.00567).
    pub label_smoothing: f64,
    /// What the samples of each class count in training, beside their own weights; empty: the same.
    pub class_weights: Vec<f32>,
    /// The penalty on the sum of the parameters' magnitudes.
    pub l1: f64,
    /// Whether penalties and the optimizer's weight decay are on biases too.
    pub decay_biases: bool,
    /// The largest magnitude that a gradient's numbers are let have, if any.
    pub clip_value: Option<f64>,
    /// The largest length that a gradient is let have, if any (Pascanu et al. 2013, arXiv:1211.5063).
    pub clip_norm: Option<f64>,
}

impl Regularization {
    /// Nothing.
    pub const NONE: Self = Self {
        dropout: Vec::new(),
        input_noise: 0.0,
        label_smoothing: 0.0,
        class_weights: Vec::new(),
        l1: 0.0,
        decay_biases: true,
        clip_value: None,
        clip_norm: None,
    };
}

impl Default for Regularization {
    fn default() -> Self {
        Self::NONE
    }
}

/// The share of units that steps leave out: one number for all hidden layers, or one for each.
#[derive(Clone, Debug, PartialEq)]
pub enum Rates {
    /// Of every hidden layer.
    All(f64),
    /// Of each hidden layer, in their order.
    Each(Vec<f64>),
}

impl Rates {
    /// The rate of each of so many hidden layers; empty where all are 0.
    pub fn of_layers(&self, hidden: usize) -> Vec<f64> {
        let rates = match self {
            Self::All(rate) => vec![*rate; hidden],
            Self::Each(rates) => rates.clone(),
        };
        if rates.iter().all(|&rate| rate == 0.0) { Vec::new() } else { rates }
    }
}

/// A number, or a list of numbers.
impl Field for Rates {
    fn get(&self) -> Value {
        match self {
            Self::All(rate) => rate.get(),
            Self::Each(rates) => Value::List(rates.iter().map(Field::get).collect()),
        }
    }
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        match value {
            Value::List(items) if items.is_empty() => Err(Rejected("needs a number for each hidden layer".into())),
            Value::List(items) => {
                items.iter().map(|item| f64::read(item, domain)).collect::<Result<_, _>>().map(Self::Each)
            }
            one => f64::read(one, domain).map(Self::All),
        }
    }
}

/// A bound, or `false`: none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound(pub Option<f64>);

impl Field for Bound {
    fn get(&self) -> Value {
        self.0.map_or(Value::Bool(false), Value::Float)
    }
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        match value {
            Value::Bool(false) => Ok(Self(None)),
            Value::Bool(true) => Err(Rejected("must be a number, or false".into())),
            number => f64::read(number, domain).map(|bound| Self(Some(bound))),
        }
    }
}

/// What the samples of a class count in training.
#[derive(Clone, Debug, PartialEq)]
pub enum ClassWeight {
    /// All the same.
    None,
    /// Each class the same in sum: n / (k nₖ) for a sample of a class with nₖ of the n training samples, of k classes that
    /// have some. Samples with weights are counted by these. scikit-learn's `class_weight="balanced"`.
    Balanced,
    /// These weights by the names of the classes, and 1 for the others.
    Given(BTreeMap<String, f64>),
}

impl ClassWeight {
    /// The weight of each class in training on samples of these classes and weights; empty where all count the same.
    pub fn of_classes(&self, names: &[String], y: &[f32], weights: Option<&[f32]>) -> Vec<f32> {
        match self {
            Self::None => Vec::new(),
            Self::Given(given) => {
                names.iter().map(|name| given.get(name).map_or(1.0, |&weight| weight as f32)).collect()
            }
            Self::Balanced => {
                let mut sums = vec![0.0; names.len()];
                for (k, &class) in y.iter().enumerate() {
                    sums[class as usize] += weights.map_or(1.0, |weights| f64::from(weights[k]));
                }
                let present = sums.iter().filter(|&&sum| sum > 0.0).count() as f64;
                let total: f64 = sums.iter().sum();
                let weight = |&sum: &f64| if sum > 0.0 { (total / (present * sum)) as f32 } else { 0.0 };
                sums.iter().map(weight).collect()
            }
        }
    }
}

/// `none`, `balanced`, or the weights as a list of texts such as `rare = 10.0`, in the order of the names.
impl Field for ClassWeight {
    const SHAPE: Shape = Shape::Table;

    fn get(&self) -> Value {
        match self {
            Self::None => Value::Text("none".into()),
            Self::Balanced => Value::Text("balanced".into()),
            Self::Given(given) => {
                let entry = |(name, weight): (&String, &f64)| Value::Text(format!("{name} = {weight:?}"));
                Value::List(given.iter().map(entry).collect())
            }
        }
    }

    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        let wanted =
            || Rejected("must be \"none\", \"balanced\", or a table of weights such as { rare = 10.0 }".into());
        match value {
            Value::Text(word) if word == "none" => Ok(Self::None),
            Value::Text(word) if word == "balanced" => Ok(Self::Balanced),
            Value::List(items) if !items.is_empty() => {
                let entry = |item: &Value| {
                    let Value::Text(text) = item else { return Err(wanted()) };
                    let (name, weight) = text.rsplit_once('=').ok_or_else(wanted)?;
                    let weight = weight.trim().parse().map_err(|_| wanted())?;
                    let weight = f64::read(&Value::Float(weight), domain)
                        .map_err(|Rejected(why)| Rejected(format!("of `{}` {why}", name.trim())))?;
                    Ok((name.trim().to_owned(), weight))
                };
                items.iter().map(entry).collect::<Result<_, _>>().map(Self::Given)
            }
            _ => Err(wanted()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_classes_count_the_same_in_sum() {
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        let y = [0.0, 0.0, 0.0, 1.0, 2.0, 2.0];
        // compute_class_weight("balanced", classes=[0, 1, 2], y=y) of scikit-learn; nobody is of the fourth.
        assert_eq!(ClassWeight::Balanced.of_classes(&names, &y, None), [2.0 / 3.0, 2.0, 1.0, 0.0]);
        let weights = [1.0, 1.0, 2.0, 4.0, 2.0, 2.0];
        assert_eq!(ClassWeight::Balanced.of_classes(&names, &y, Some(&weights)), [1.0, 1.0, 1.0, 0.0]);
        let given = ClassWeight::Given([("b".to_owned(), 3.0)].into());
        assert_eq!(given.of_classes(&names, &y, None), [1.0, 3.0, 1.0, 1.0]);
        assert!(ClassWeight::None.of_classes(&names, &y, None).is_empty());
    }

    #[test]
    fn every_value_is_read_as_it_is_written() {
        let given = ClassWeight::Given([("a = b".to_owned(), 0.5), ("c".to_owned(), 3.0)].into());
        for weight in [ClassWeight::None, ClassWeight::Balanced, given] {
            assert_eq!(ClassWeight::read(&weight.get(), Domain::Above(0.0)), Ok(weight));
        }
        for rates in [Rates::All(0.5), Rates::Each(vec![0.5, 0.0])] {
            assert_eq!(Rates::read(&rates.get(), Domain::Below(0.0, 1.0)), Ok(rates));
        }
        for bound in [Bound(None), Bound(Some(2.0))] {
            assert_eq!(Bound::read(&bound.get(), Domain::Above(0.0)), Ok(bound));
        }
        assert!(Bound::read(&Value::Bool(true), Domain::Above(0.0)).is_err());
        assert!(Rates::read(&Value::Float(1.0), Domain::Below(0.0, 1.0)).is_err());
        assert!(ClassWeight::read(&Value::List(vec![Value::Text("a = -1".into())]), Domain::Above(0.0)).is_err());
    }
}
