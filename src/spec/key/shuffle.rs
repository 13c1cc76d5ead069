//! `shuffle`: whether the samples are reshuffled before each epoch.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "shuffle",
        doc: "Reshuffle the samples before each epoch.",
        default: Literal::Bool(false),
        domain: Domain::Any,
    },
    leading: None,
    flag: None,
    slot: slot!(shuffle),
};
