//! `cautious`: whether steps are cautious.

use super::Scalar;
use super::scalar::slot;
use crate::param::{Domain, Literal, Param, Shape};

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "cautious",
        doc: "Leave out of each step what it moves along the gradient.",
        default: Literal::Bool(false),
        domain: Domain::Any,
        shape: Shape::Single,
    },
    leading: None,
    for_files: None,
    flag: None,
    slot: slot!(cautious),
};
