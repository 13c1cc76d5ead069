//! `ema`: an exponential average of the weights.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "ema",
        doc: "Decay of an exponential average of the weights, which is evaluated; false is none.",
        default: Literal::Bool(false),
        domain: Domain::Below(0.0, 1.0),
        shape: Shape::Single,
    },
    leading: None,
    for_files: None,
    flag: None,
    slot: slot!(ema),
};
