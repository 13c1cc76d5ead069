//! The plots of a report: each says from an analysis what it draws, or nothing where it does not apply.
//!
//! A new plot is a file here and its line in the list below.

mod extent;
mod map;
#[cfg(test)]
mod tests;

use super::figure::Plot;
use crate::analysis::Analysis;

/// What the page draws itself, of the same runs and to explore.
pub const ON_PAGE: [&str; 1] = ["parallel"];

/// Declares the modules, and the function that draws what each of them has: one plot, several, or none.
macro_rules! plots {
    ($( $file:ident::$plots:ident, )+) => {
        $( mod $file; )+

        /// Every plot that applies, those that answer the question first.
        pub fn all(analysis: &Analysis) -> Vec<Plot> {
            let mut all = Vec::new();
            $( all.extend($file::$plots(analysis)); )+
            all
        }
    };
}

plots! {
    compared::plot,
    curves::plot,
    validation::plot,
    sensitivity::plot,
    estimates::plots,
    paired::plot,
    profile::plot,
    target::plot,
    axis::plots,
    heat::plots,
    gallery::plots,
    units::plot,
    parallel::plot,
}
