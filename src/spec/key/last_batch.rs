//! `last_batch`: what becomes of an epoch's last samples where they do not fill a batch.

use super::Word;
use crate::dataset::LastBatch;

pub(super) static KEY: Word<LastBatch> = Word {
    name: "last_batch",
    about: "what becomes of an epoch's last samples where they do not fill a batch",
    default: LastBatch::Drop,
    leading: None,
    flag: None,
    get: |run| run.last_batch,
    set: |run, last| run.last_batch = last,
};
