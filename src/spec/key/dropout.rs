//! `dropout`: the share of units that a step leaves out.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "dropout",
        doc: "Share of the hidden units that each step leaves out; [[0.1, 0.2]] is one for each layer.",
        default: Literal::Float(0.0),
        domain: Domain::Below(0.0, 1.0),
        shape: Shape::Single,
    },
    leading: None,
    for_files: None,
    flag: None,
    slot: slot!(dropout),
};
