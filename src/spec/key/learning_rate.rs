//! `learning_rate`: the base learning rate.

use super::scalar::slot;
use super::{Flag, Scalar};
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "learning_rate",
        doc: "The base learning rate.",
        default: Literal::Float(0.01),
        domain: Domain::Above(0.0),
        shape: Shape::Single,
    },
    leading: Some(4),
    for_files: Some(Literal::Float(0.001)),
    flag: Some(Flag {
        long: "lr",
        alias: Some("learning-rate"),
        value: "RATE",
        help: "The learning rate; of a file, 0.001 unless it is said",
        default: "0.01",
        key: "learning_rate",
        toml: Flag::NUMBER,
    }),
    slot: slot!(learning_rate),
};
