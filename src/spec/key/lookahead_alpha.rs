//! `lookahead_alpha`: how far slow weights follow.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "lookahead_alpha",
        doc: "The part of the way that the slow weights go.",
        default: Literal::Float(0.5),
        domain: Domain::Within(0.0, 1.0),
        shape: Shape::Single,
    },
    leading: None,
    for_files: None,
    flag: None,
    slot: slot!(lookahead_alpha),
};
