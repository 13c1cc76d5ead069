//! `batch_size`: samples per step.

use super::scalar::slot;
use super::{Flag, Scalar};
use crate::param::{Domain, Literal, Param};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "batch_size",
        doc: "Samples per step.",
        default: Literal::Int(100),
        domain: Domain::AtLeast(1.0),
    },
    leading: Some(7),
    flag: Some(Flag {
        long: "batch-size",
        alias: None,
        value: "N",
        help: "Samples per step",
        default: "100",
        key: "batch_size",
        toml: Flag::NUMBER,
    }),
    slot: slot!(batch_size),
};
