//! `shuffle`: whether the samples are reshuffled before each epoch.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "shuffle",
        doc: "Reshuffle the samples before each epoch.",
        default: Literal::Bool(false),
        domain: Domain::Any,
        shape: Shape::Single,
    },
    leading: None,
    for_files: Some(Literal::Bool(true)),
    flag: None,
    slot: slot!(shuffle),
};
