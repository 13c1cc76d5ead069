//! `keep`: which epoch's weights are those of the run.

use super::Word;
use crate::protocol::Keep;

pub(super) static KEY: Word<Keep> = Word {
    name: "keep",
    about: "which epoch's weights are those of the run",
    default: Keep::Last,
    leading: None,
    for_files: None,
    flag: None,
    get: |run| run.keep,
    set: |run, keep| run.keep = keep,
};
