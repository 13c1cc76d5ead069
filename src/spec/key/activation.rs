//! `activation`: the nonlinearity of the hidden layers.

use super::{Choice, Flag};
use crate::activation::{Activation, Relu};

pub(super) static KEY: Choice<Activation> = Choice {
    leading: Some(3),
    flag: Some(Flag {
        long: "activation",
        alias: None,
        value: "NAME",
        help: "The hidden layers' activation, by name or as a table",
        default: "relu",
        key: "activation",
        toml: Flag::NAME,
    }),
    hint: |name| {
        let help = "softmax is the last layer's, chosen by itself where the dataset has more than two classes";
        (name == "softmax").then_some(("not a hidden activation", help))
    },
    ..Choice::plain(
        "activation",
        "the nonlinearity of the hidden layers",
        || Activation::Relu(Relu::default()),
        |run| &run.activation,
        |run, activation| run.activation = activation,
    )
};
