//! `init`: how the first weights are drawn.

use super::{Flag, Word};
use crate::init::Init;

pub(super) static KEY: Word<Init> = Word {
    name: "init",
    about: "how the first weights are drawn",
    default: Init::Torch,
    leading: None,
    flag: Some(Flag {
        long: "init",
        alias: None,
        value: "NAME",
        help: "How the first weights are drawn",
        default: "torch",
        key: "init",
        toml: Flag::NAME,
    }),
    get: |run| run.init,
    set: |run, init| run.init = init,
};
