//! `input_noise`: the noise that a step adds to inputs.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "input_noise",
        doc: "Standard deviation of the normal noise that each step adds to the inputs.",
        default: Literal::Float(0.0),
        domain: Domain::AtLeast(0.0),
        shape: Shape::Single,
    },
    leading: None,
    for_files: None,
    flag: None,
    slot: slot!(input_noise),
};
