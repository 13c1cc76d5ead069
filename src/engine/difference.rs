//! Where two outcomes of one run part: what `verify` and a merge tell.

use std::fmt;

use super::{Outcome, Status};
use crate::measure::{Metric, Series};

/// How far apart two numbers may be that are taken for one: by a share of the larger magnitude, or near 0 by an amount.
/// [`Tolerance::NONE`] compares bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Share of the larger magnitude.
    pub relative: f32,
    /// Amount.
    pub absolute: f32,
}

impl Tolerance {
    /// Every bit counts.
    pub const NONE: Self = Self { relative: 0.0, absolute: 0.0 };
}

/// The first place where two outcomes differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// E.g. `mean loss of epoch 17`.
    pub place: String,
    /// The epoch at whose end it stood so: of weights and final metrics, the last.
    pub epoch: usize,
    /// What stands there in the one and in the other.
    pub values: [String; 2],
}

/// `mean loss of epoch 17: 0.25 and 0.26`
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} and {}", self.place, self.values[0], self.values[1])
    }
}

/// The first place, in the order of training, where two outcomes differ by more than `tolerance`. One NaN is as good as
/// another. A series or a measure that only one of them has is no difference,
/// nor is a number of an evaluated series for an epoch that only one of them was looked at.
pub fn first_difference(one: &Outcome, other: &Outcome, tolerance: Tolerance) -> Option<Difference> {
    let both: Vec<(&str, [&[f32]; 2])> = (one.series.iter())
        .filter_map(|(name, own)| Some((name.as_ref(), [&own[..], &other.series.get(name)?[..]])))
        .collect();
    let epochs = one.epochs().max(other.epochs());
    let losses = (0..epochs).find_map(|i| {
        both.iter().find_map(|(name, both)| {
            let is_number = |series: &&[f32]| series.get(i).is_none_or(|x| !x.is_nan());
            if !is_trained(name) && !both.iter().all(is_number) {
                return None;
            }
            let place = || format!("{} of epoch {}", label(name), i + 1);
            let found = compare(both.map(|series| series.get(i).copied()), tolerance, place);
            found.map(|difference| Difference { epoch: i + 1, ..difference })
        })
    });
    let end = |difference| Difference { epoch: epochs, ..difference };
    losses.or_else(|| at_the_end(one, other, tolerance).map(end))
}

/// Whether training itself yields a series, for every epoch.
fn is_trained(name: &str) -> bool {
    Series::from_name(name).is_some_and(|series| series.metric.is_none())
}

/// `mean loss` of `loss_mean`, `training accuracy` of `train_accuracy`; the words of its name of what has no label.
fn label(name: &str) -> String {
    Series::from_name(name).map_or_else(|| name.replace('_', " "), |series| series.label.to_string())
}

fn at_the_end(one: &Outcome, other: &Outcome, tolerance: Tolerance) -> Option<Difference> {
    status(one, other).or_else(|| weights(one, other, tolerance)).or_else(|| {
        // In the order of lists for people; what this version does not know comes last.
        let known = |name: &str| Metric::all().position(|metric| metric.name() == name).unwrap_or(usize::MAX);
        let mut both: Vec<(&str, [Option<f32>; 2])> = (one.measures.iter())
            .filter_map(|(name, own)| Some((name.as_ref(), [Some(*own), Some(*other.measures.get(name)?)])))
            .collect();
        both.sort_by_key(|(name, _)| known(name));
        both.into_iter().find_map(|(name, values)| compare(values, tolerance, || label(name)))
    })
}

fn status(one: &Outcome, other: &Outcome) -> Option<Difference> {
    let told = |outcome: &Outcome| match outcome.status {
        Status::Done => "done".to_owned(),
        Status::Diverged { epoch } => format!("diverged in epoch {epoch}"),
    };
    (one.status != other.status).then(|| Difference { place: "end".into(), epoch: 0, values: [told(one), told(other)] })
}

fn weights(one: &Outcome, other: &Outcome, tolerance: Tolerance) -> Option<Difference> {
    let layers = one.layers.len().max(other.layers.len());
    (0..layers).find_map(|number| {
        let both = [one, other].map(|outcome| outcome.layers.get(number));
        let place = |what, i| format!("{what} {} of layer {}", i + 1, number + 1);
        arrays(both.map(|layer| layer.map(|layer| &layer.weight[..])), tolerance, |i| place("weight", i))
            .or_else(|| arrays(both.map(|layer| layer.map(|layer| &layer.bias[..])), tolerance, |i| place("bias", i)))
    })
}

fn arrays(both: [Option<&[f32]>; 2], tolerance: Tolerance, place: impl Fn(usize) -> String) -> Option<Difference> {
    let both = both.map(Option::unwrap_or_default);
    let entries = both[0].len().max(both[1].len());
    (0..entries).find_map(|i| compare(both.map(|array| array.get(i).copied()), tolerance, || place(i)))
}

fn compare(values: [Option<f32>; 2], tolerance: Tolerance, place: impl Fn() -> String) -> Option<Difference> {
    let same = match values {
        [Some(x), Some(y)] => {
            let apart = tolerance.absolute.max(tolerance.relative * x.abs().max(y.abs()));
            let near = x.is_finite() && y.is_finite() && (x - y).abs() <= apart;
            x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan() || tolerance != Tolerance::NONE && near
        }
        [x, y] => x.is_none() && y.is_none(),
    };
    let told = |value: Option<f32>| value.map_or("none".to_owned(), |x| format!("{x:?}"));
    (!same).then(|| Difference { place: place(), epoch: 0, values: values.map(told) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Histories, Layer, Measures};

    fn outcome() -> Outcome {
        Outcome {
            status: Status::Done,
            series: Histories::from([
                ("loss_last".into(), vec![1.0, f32::NAN, 0.5]),
                ("loss_mean".into(), vec![1.0, f32::INFINITY, 0.25]),
            ]),
            measures: Measures::from([("train_loss".into(), 0.5), ("train_accuracy".into(), 0.75)]),
            layers: vec![Layer { weight: vec![1.0; 4], bias: vec![0.0; 2] }; 2],
        }
    }

    fn series<'a>(outcome: &'a mut Outcome, name: &str) -> &'a mut Vec<f32> {
        outcome.series.get_mut(name).expect("of the sample")
    }

    /// What is told when an outcome is changed so, at a relative tolerance.
    fn told(relative: f32, change: impl Fn(&mut Outcome)) -> String {
        let mut other = outcome();
        change(&mut other);
        first_difference(&outcome(), &other, Tolerance { relative, absolute: 0.0 })
            .map_or(String::new(), |difference| difference.to_string())
    }

    #[test]
    fn equal_outcomes_do_not_differ_whatever_their_nans() {
        assert_eq!(told(0.0, |_| {}), "");
        assert_eq!(told(0.0, |other| series(other, "loss_last")[1] = -f32::NAN), "");
    }

    #[test]
    fn the_first_difference_in_the_order_of_training_is_told() {
        let change = |other: &mut Outcome| {
            other.layers[1].bias[1] = 2.0;
            series(other, "loss_mean")[2] = 0.75;
            other.measures.insert("train_loss".into(), 7.0);
        };
        assert_eq!(told(0.0, change), "mean loss of epoch 3: 0.25 and 0.75");
        assert_eq!(told(0.0, |other| other.layers[1].bias[1] = -0.0), "bias 2 of layer 2: 0.0 and -0.0");
        assert_eq!(told(0.0, |other| other.layers[0].weight.truncate(3)), "weight 4 of layer 1: 1.0 and none");
        assert_eq!(
            told(0.0, |other| other.status = Status::Diverged { epoch: 3 }),
            "end: done and diverged in epoch 3"
        );
        let measure = |name: &'static str| move |other: &mut Outcome| _ = other.measures.insert(name.into(), 1.0);
        assert_eq!(told(0.0, measure("train_accuracy")), "training accuracy: 0.75 and 1.0");
        assert_eq!(told(0.0, |other| series(other, "loss_last").push(3.0)), "last loss of epoch 4: none and 3.0");
    }

    #[test]
    fn what_only_one_of_two_outcomes_has_is_no_difference() {
        assert_eq!(told(0.0, |other| _ = other.measures.insert("test_loss".into(), 1.0)), "");
        assert_eq!(told(0.0, |other| _ = other.series.remove("loss_last")), "");
        assert_eq!(told(0.0, |other| _ = other.series.insert("validation_loss".into(), vec![1.0; 3])), "");
    }

    #[test]
    fn a_tolerance_is_relative() {
        let change = |by: f32| move |other: &mut Outcome| series(other, "loss_last")[2] *= by;
        assert_eq!(told(1e-3, change(1.0005)), "");
        assert_eq!(told(1e-3, change(1.002)), "last loss of epoch 3: 0.5 and 0.501");
        assert_eq!(told(1e-3, |other| series(other, "loss_mean")[1] = 3.0), "mean loss of epoch 2: inf and 3.0");
    }

    #[test]
    fn near_zero_a_tolerance_is_an_amount() {
        let near = |bias: f32| {
            let mut other = outcome();
            other.layers[1].bias[0] = bias;
            first_difference(&outcome(), &other, Tolerance { relative: 1e-4, absolute: 1e-6 })
        };
        assert_eq!(near(1e-6), None);
        assert_eq!(near(2e-6).map(|difference| difference.epoch), Some(3), "weights are those after the last epoch");
    }
}
