//! `l1`: the penalty on magnitudes.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "l1",
        doc: "Penalty on the sum of the parameters' magnitudes.",
        default: Literal::Float(0.0),
        domain: Domain::AtLeast(0.0),
        shape: Shape::Single,
    },
    leading: None,
    for_files: None,
    flag: None,
    slot: slot!(l1),
};
