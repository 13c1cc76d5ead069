//! `epochs`: passes over the data.

use super::scalar::slot;
use super::{Flag, Scalar};
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "epochs",
        doc: "Passes over the data.",
        default: Literal::Int(200),
        domain: Domain::AtLeast(1.0),
        shape: Shape::Whole,
    },
    leading: Some(6),
    for_files: None,
    flag: Some(Flag {
        long: "epochs",
        alias: None,
        value: "N",
        help: "Passes over the data",
        default: "200",
        key: "epochs",
        toml: Flag::NUMBER,
    }),
    slot: slot!(epochs),
};
