//! `clip_norm`: the bound of a gradient's length.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "clip_norm",
        doc: "Largest length of the whole gradient; false is no bound.",
        default: Literal::Bool(false),
        domain: Domain::Above(0.0),
        shape: Shape::Single,
    },
    leading: None,
    for_files: None,
    flag: None,
    slot: slot!(clip_norm),
};
