//! Numbers of every epoch: those that training itself yields, declared one by one, and those that are evaluated, one for
//! every metric.

mod evaluated;

use std::borrow::Cow;

use super::{Better, Metric, Split, Unit};
use crate::param::{Domain, Field, Rejected, Value};

use evaluated::EVALUATED;

/// What a file here says of a series.
#[derive(Debug, PartialEq)]
pub struct Series {
    /// The name: the column of `history.csv`, and what the store keeps it under.
    pub name: &'static str,
    /// What messages call it.
    pub label: Cow<'static, str>,
    /// The rows it is over.
    pub split: Split,
    /// What it counts.
    pub unit: Unit,
    /// Which direction is better.
    pub better: Better,
    /// What is evaluated for it; `None` where training itself yields it.
    pub metric: Option<Metric>,
}

impl Series {
    /// Every series, in the order of columns.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        TRAINED.iter().copied().chain(EVALUATED.iter())
    }

    /// The series of that name.
    pub fn from_name(name: &str) -> Option<&'static Self> {
        Self::all().find(|series| series.name == name)
    }
}

/// A series by its name.
impl Field for &'static Series {
    fn get(&self) -> Value {
        Value::Text(self.name.to_owned())
    }
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        let name = String::read(value, domain)?;
        let known = || Series::all().map(|series| series.name).collect::<Vec<_>>().join(", ");
        Series::from_name(&name).ok_or_else(|| Rejected(format!("must be a series: {}", known())))
    }
}

macro_rules! series {
    ($( $file:ident: $series:ident, )+) => {
        $( mod $file; pub use $file::$series; )+

        static TRAINED: &[&Series] = &[ $( &$series ),+ ];
    };
}

series! {
    loss_last: LOSS_LAST,
    loss_mean: LOSS_MEAN,
}
