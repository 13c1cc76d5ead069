//! `decay_biases`: whether penalties are on biases too.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "decay_biases",
        doc: "Put l1 and the optimizer's weight_decay on biases too.",
        default: Literal::Bool(true),
        domain: Domain::Any,
        shape: Shape::Single,
    },
    leading: None,
    for_files: None,
    flag: None,
    slot: slot!(decay_biases),
};
