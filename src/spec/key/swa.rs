//! `swa`: a mean of the weights.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "swa",
        doc: "From which epoch, or share of the epochs where below 1, the mean of the weights at their ends is taken and evaluated; false is none.",
        default: Literal::Bool(false),
        domain: Domain::AtLeast(0.0),
        shape: Shape::Single,
    },
    leading: None,
    for_files: None,
    flag: None,
    slot: slot!(swa),
};
