//! `lib`: which implementation trains.

use super::Word;
use crate::param::Named;

/// Which implementation trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lib {
    /// Op by op with candle-nn's autograd: the reference.
    CandleNn,
    /// The fused in-place training operation on the same candle-nn layers.
    Fused,
}

impl Lib {
    /// The name in experiment files and descriptions.
    pub fn name(self) -> &'static str {
        match self {
            Self::CandleNn => "candle-nn",
            Self::Fused => "fused",
        }
    }
}

impl Named for Lib {
    const ALL: &'static [Self] = &[Self::Fused, Self::CandleNn];

    fn name(self) -> &'static str {
        self.name()
    }

    fn about(self) -> &'static str {
        match self {
            Self::Fused => "one fused training operation, the same bits on every machine; the default",
            Self::CandleNn => "candle-nn's layers and autograd, step by step: the reference",
        }
    }
}

pub(super) static KEY: Word<Lib> = Word {
    name: "lib",
    about: "which implementation trains",
    default: Lib::Fused,
    leading: Some(0),
    flag: None,
    get: |run| run.lib,
    set: |run, lib| run.lib = lib,
};
