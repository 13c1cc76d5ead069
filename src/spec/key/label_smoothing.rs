//! `label_smoothing`: how targets are mixed with the even distribution.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "label_smoothing",
        doc: "Share of the targets' probability that is spread over all classes.",
        default: Literal::Float(0.0),
        domain: Domain::Below(0.0, 1.0),
        shape: Shape::Single,
    },
    leading: None,
    for_files: None,
    flag: None,
    slot: slot!(label_smoothing),
};
