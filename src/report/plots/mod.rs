//! The plots of a report: each says from an analysis what it draws, or nothing where it does not apply.

mod axis;
mod compared;
mod curves;
mod estimates;
mod extent;
mod gallery;
mod heat;
mod map;
mod paired;
mod parallel;
mod profile;
mod sensitivity;
mod target;
#[cfg(test)]
mod tests;
mod units;
mod validation;

use super::figure::Plot;
use crate::analysis::Analysis;

/// What the page draws itself, of the same runs and to explore.
pub const ON_PAGE: [&str; 1] = ["parallel"];

/// Every plot that applies, those that answer the question first.
pub fn all(analysis: &Analysis) -> Vec<Plot> {
    let one = |plot: fn(&Analysis) -> Option<Plot>| plot(analysis).into_iter().collect::<Vec<_>>();
    [
        one(compared::plot),
        one(curves::plot),
        one(validation::plot),
        one(sensitivity::plot),
        estimates::plots(analysis),
        one(paired::plot),
        one(profile::plot),
        one(target::plot),
        axis::plots(analysis),
        heat::plots(analysis),
        gallery::plots(analysis),
        one(units::plot),
        one(parallel::plot),
    ]
    .concat()
}
