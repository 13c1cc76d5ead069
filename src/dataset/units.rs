//! The units that a person knows: inputs as the file has them, a target before it was scaled.

use super::{Data, DataError, Dataset, Table};
use crate::table::{Encoding, Fitted, Scale, TargetScale};

/// How the inputs and the target of a replicate were scaled, where that can be taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Units {
    /// Of each input what is subtracted from it, and what it is multiplied with then.
    inputs: Vec<(f64, f64)>,
    target: TargetScale,
}

impl Dataset {
    /// The units of a replicate; `None` where an input is not a column's number on a straight scale: a word, a rank.
    ///
    /// # Errors
    /// As [`Dataset::parts`].
    pub fn units(&self, seed: u64) -> Result<Option<Units>, DataError> {
        match self.fitted(seed) {
            None => Ok(Some(Units { inputs: vec![(0.0, 1.0); self.shape().features], target: TargetScale::NONE })),
            Some(fitted) => Ok(Units::of(&fitted?)),
        }
    }
}

impl Units {
    fn of(fitted: &Fitted) -> Option<Self> {
        let straight = |feature: &crate::table::Encoded| match &feature.encoding {
            _ if feature.indicator.is_some() => None,
            Encoding::Number { scale: Scale::Affine { offset, scale }, .. }
            | Encoding::Boolean { scale: Scale::Affine { offset, scale }, .. } => {
                // An input of one value in training says nothing, whatever it is.
                Some((*offset, if *scale == 0.0 { 1.0 } else { *scale }))
            }
            _ => None,
        };
        let inputs = fitted.features.iter().map(straight).collect::<Option<_>>()?;
        Some(Self { inputs, target: fitted.target_scale })
    }

    /// Inputs in the user's units as a network takes them; row-major.
    pub fn scaled(&self, x: &[f32]) -> Vec<f32> {
        let scale = |(x, &(offset, scale)): (&f32, &(f64, f64))| ((f64::from(*x) - offset) * scale) as f32;
        x.iter().zip(self.inputs.iter().cycle()).map(scale).collect()
    }

    /// The estimates of a regression in the target's own unit; those of classes are as they are.
    pub fn estimates(&self, mut estimates: Vec<f32>) -> Vec<f32> {
        if self.target != TargetScale::NONE {
            estimates.iter_mut().for_each(|y| *y = self.target.original(f64::from(*y)) as f32);
        }
        estimates
    }

    /// Data in the user's units.
    pub fn original(&self, mut data: Data) -> Data {
        let table = |table: &mut Table| {
            for (x, &(offset, scale)) in table.x.iter_mut().zip(self.inputs.iter().cycle()) {
                *x = (f64::from(*x) / scale + offset) as f32;
            }
            table.y = self.estimates(std::mem::take(&mut table.y));
        };
        [&mut data.train, &mut data.validation, &mut data.test].into_iter().for_each(table);
        data.target = TargetScale::NONE;
        data
    }
}
