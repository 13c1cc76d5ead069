//! A trained network with everything around it: rows of a file in, classes or values out, and files for other programs.

mod json;
mod onnx;
mod safetensors;

use crate::activation::Activation;
use crate::dataset::{Preprocessing, Task};
use crate::loss;
use crate::model::{Layer, Network};
use crate::param::Value;
use crate::plan::{Description, RunId};
use crate::spec::RunConfig;
use crate::table::Matrix;

/// A network, and how rows become its inputs and its outputs what a user reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictor {
    /// The run that it comes from.
    pub run: RunId,
    /// The network.
    pub network: Network,
    /// What is around it.
    pub preprocessing: Preprocessing,
}

/// Why a stored run gives no predictor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PredictorError {
    /// The description says something that this version does not know.
    #[error("this version of tallow cannot read its description: {0}")]
    Unreadable(String),
    /// Weights and preprocessing are not of one network.
    #[error("the preprocessing that is stored for it is of a network with {inputs} inputs and {outputs} outputs")]
    Apart {
        /// Columns of the matrix.
        inputs: usize,
        /// Outputs of the task.
        outputs: usize,
    },
}

/// What a network says of rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Predictions {
    /// A value of each row, in the target's own unit.
    Values(Vec<f64>),
    /// Classes and their probabilities.
    Classes {
        /// Of each row the place of its class; `None` where an output is not a number.
        classes: Vec<Option<usize>>,
        /// Row-major, rows × classes.
        probabilities: Vec<f32>,
    },
}

impl Predictor {
    /// That of a run, by its stored identity.
    ///
    /// # Errors
    /// Of a description that this version does not know, and of preprocessing that is of another network.
    pub fn new(
        run: RunId,
        description: &Description,
        layers: Vec<Layer>,
        preprocessing: Preprocessing,
    ) -> Result<Self, PredictorError> {
        let unreadable = |why: &dyn std::fmt::Display| PredictorError::Unreadable(why.to_string());
        let config = RunConfig::try_from(description).map_err(|error| unreadable(&error))?;
        let Some(Value::Text(units)) = description.get("units") else {
            return Err(unreadable(&"its `units` are missing"));
        };
        let units: Result<Vec<usize>, _> = units.split('-').map(str::parse).collect();
        let units = units.map_err(|error| unreadable(&error))?;
        let (inputs, task) = (preprocessing.fitted.width(), preprocessing.task());
        if (units.first(), units.last()) != (Some(&inputs), Some(&task.outputs())) {
            return Err(PredictorError::Apart { inputs, outputs: task.outputs() });
        }
        let network = Network { units, activation: config.activation, task, layers };
        Ok(Self { run, network, preprocessing })
    }

    /// What the network says of rows that its preprocessing has prepared.
    pub fn predict(&self, inputs: &Matrix) -> Predictions {
        let (task, outputs) = (self.network.task, self.network.predict(&inputs.x));
        if task == Task::Regression {
            let scale = self.preprocessing.fitted.target_scale;
            return Predictions::Values(outputs.into_iter().map(|y| scale.original(f64::from(y))).collect());
        }
        let classes = outputs.chunks_exact(task.outputs()).map(|z| loss::class(task, z)).collect();
        let probabilities = loss::of_classes(task, &outputs);
        Predictions::Classes { classes, probabilities }
    }

    /// `relu`, with its settings where they are not the defaults: `leaky_relu, negative_slope 0.1`.
    fn activation_in_words(&self) -> String {
        let activation: &Activation = &self.network.activation;
        let changed = activation.settings().changed();
        let settings = changed.iter().map(|(name, value)| format!(", {name} {value}"));
        std::iter::once(activation.name().to_owned()).chain(settings).collect()
    }
}

impl Predictions {
    /// The mean of what several networks say of the same rows: of values, or of probabilities, whose first largest is the
    /// class. Computed in f64, probabilities rounded to f32 once; `None` of no network.
    pub fn mean(members: Vec<Self>) -> Option<Self> {
        if members.len() < 2 {
            return members.into_iter().next();
        }
        let count = members.len() as f64;
        let mean = |numbers: Vec<Vec<f64>>| -> Vec<f64> {
            let rows = numbers.iter().map(Vec::len).min().unwrap_or(0);
            (0..rows).map(|at| numbers.iter().map(|member| member[at]).sum::<f64>() / count).collect()
        };
        let classes = members.iter().find_map(|member| match member {
            Self::Classes { classes, probabilities } => Some(probabilities.len() / classes.len().max(1)),
            Self::Values(_) => None,
        });
        let numbers = members.into_iter().map(|member| match member {
            Self::Values(values) => values,
            Self::Classes { probabilities, .. } => probabilities.into_iter().map(f64::from).collect(),
        });
        let mean = mean(numbers.collect());
        Some(match classes {
            None => Self::Values(mean),
            Some(width) => Self::Classes {
                classes: mean.chunks_exact(width.max(1)).map(first_largest).collect(),
                probabilities: mean.into_iter().map(|p| p as f32).collect(),
            },
        })
    }
}

/// The place of the first of the largest numbers; `None` where one is NaN.
fn first_largest(numbers: &[f64]) -> Option<usize> {
    if numbers.iter().any(|x| x.is_nan()) {
        return None;
    }
    (0..numbers.len()).reduce(|best, at| if numbers[at] > numbers[best] { at } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(probabilities: &[f32]) -> Predictions {
        let wide: Vec<f64> = probabilities.iter().map(|&p| f64::from(p)).collect();
        let classes = wide.chunks_exact(2).map(first_largest).collect();
        Predictions::Classes { classes, probabilities: probabilities.to_vec() }
    }

    #[test]
    fn an_ensemble_averages_values_and_probabilities() {
        let values = [1.0, 4.0].map(|value| Predictions::Values(vec![value]));
        assert_eq!(Predictions::mean(values.to_vec()), Some(Predictions::Values(vec![2.5])));
        let one = classes(&[0.25, 0.75, 0.5, 0.5]);
        assert_eq!(Predictions::mean(vec![one.clone()]), Some(one.clone()), "one network is left as it is");
        let both = Predictions::mean(vec![one, classes(&[1.0, 0.0, 0.25, 0.75])]);
        assert_eq!(both, Some(classes(&[0.625, 0.375, 0.375, 0.625])));
        assert_eq!(Predictions::mean(Vec::new()), None);
    }

    #[test]
    fn the_class_is_the_first_of_the_largest_and_none_where_an_output_is_not_a_number() {
        assert_eq!(first_largest(&[0.0, 2.0, 2.0]), Some(1));
        assert_eq!(first_largest(&[0.0, f64::NAN]), None);
    }
}
