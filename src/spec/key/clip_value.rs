//! `clip_value`: the bound of a gradient's numbers.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "clip_value",
        doc: "Largest magnitude of each number of the gradient; false is no bound.",
        default: Literal::Bool(false),
        domain: Domain::Above(0.0),
        shape: Shape::Single,
    },
    leading: None,
    for_files: None,
    flag: None,
    slot: slot!(clip_value),
};
