//! Numbers of every epoch.

use super::{Better, Split, Unit};

/// What a file here says of a series.
#[derive(Debug)]
pub struct Series {
    /// The name: the column of `history.csv`, and what the store keeps it under.
    pub name: &'static str,
    /// What messages call it.
    pub label: &'static str,
    /// The rows it is over.
    pub split: Split,
    /// What it counts.
    pub unit: Unit,
    /// Which direction is better.
    pub better: Better,
}

macro_rules! series {
    ($( $file:ident: $series:ident, )+) => {
        $( mod $file; pub use $file::$series; )+

        impl Series {
            /// Every series, in the order of columns.
            pub const ALL: &'static [&'static Self] = &[ $( &$series ),+ ];
        }
    };
}

series! {
    loss_last: LOSS_LAST,
    loss_mean: LOSS_MEAN,
}
