//! `batch_size`: samples per step, or `"all"`.

use super::{Flag, Scalar, Slot};
use crate::dataset::Batching;
use crate::param::{Domain, Field, Literal, Param, Rejected, Shape, Value};

/// Every sample in one step.
const ALL: &str = "all";

pub(super) static KEY: Scalar = Scalar {
    param: Param {
        name: "batch_size",
        doc: "Samples per step, or \"all\".",
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
        help: "Samples per step, or all; of a file, 32 unless it is said",
        default: "100",
        key: "batch_size",
        toml: |typed| if typed == ALL { crate::text::toml(ALL) } else { typed.to_owned() },
    }),
    slot: Slot {
        get: |run, _| match run.batch_size {
            Batching::ALL => Value::Text(ALL.into()),
            size => size.get(),
        },
        set: |run, param, value| {
            run.batch_size = match value {
                Value::Text(word) if word == ALL => Batching::ALL,
                Value::Text(_) => return Err(Rejected("must be a whole number or \"all\"".into())),
                number => Field::read(number, param.domain)?,
            };
            Ok(())
        },
    },
};
