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

use super::figure::Plot;
use crate::analysis::Analysis;

/// What the page draws itself, of the same runs and to explore.
pub const ON_PAGE: [&str; 1] = ["parallel"];

/// Every plot that applies, those that answer the question first.
pub fn all(analysis: &Analysis) -> Vec<Plot> {
    let one: [fn(&Analysis) -> Option<Plot>; 7] =
        [compared::plot, curves::plot, sensitivity::plot, estimates::plot, paired::plot, profile::plot, target::plot];
    let many: [fn(&Analysis) -> Vec<Plot>; 2] = [axis::plots, heat::plots];
    let last: [fn(&Analysis) -> Option<Plot>; 3] = [gallery::plot, units::plot, parallel::plot];
    let first = one.iter().filter_map(|plot| plot(analysis));
    first
        .chain(many.iter().flat_map(|plots| plots(analysis)))
        .chain(last.iter().filter_map(|plot| plot(analysis)))
        .collect()
}
