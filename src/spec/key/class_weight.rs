//! `class_weight`: what the samples of each class count in training.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "class_weight",
        doc: "What the samples of a class count in training: \"none\", \"balanced\", or a table of weights.",
        default: Literal::Text("none"),
        domain: Domain::AtLeast(0.0),
        shape: Shape::Table,
    },
    leading: None,
    for_files: None,
    flag: None,
    slot: slot!(class_weight),
};
