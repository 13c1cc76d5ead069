//! `batch_size`: samples per step.

use super::scalar::slot;
use super::{Flag, Scalar};
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "batch_size",
        doc: "Samples per step.",
        default: Literal::Int(100),
        domain: Domain::AtLeast(1.0),
        shape: Shape::Whole,
    },
    leading: Some(7),
    for_files: Some(Literal::Int(32)),
    flag: Some(Flag {
        long: "batch-size",
        alias: None,
        value: "N",
        help: "Samples per step; of a file, 32 unless it is said",
        default: "100",
        key: "batch_size",
        toml: Flag::NUMBER,
    }),
    slot: slot!(batch_size),
};
