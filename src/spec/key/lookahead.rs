//! `lookahead`: steps ahead of slow weights.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "lookahead",
        doc: "Steps after which slow weights follow those trained; false is none.",
        default: Literal::Bool(false),
        domain: Domain::AtLeast(1.0),
        shape: Shape::Whole,
    },
    leading: None,
    for_files: None,
    flag: None,
    slot: slot!(lookahead),
};
