//! The plots of a report: each says from an analysis what it draws, or nothing where it does not apply.
//!
//! A new plot is a file here and its line in the list below.

mod extent;
mod map;
#[cfg(test)]
mod tests;

use super::figure::Plot;
use crate::analysis::Analysis;

/// Tables that plots draw, in one report.
const TABLES: usize = 14;

/// Declares the modules, and the function that draws what each of them has: one plot, several, or none.
macro_rules! plots {
    ($( $file:ident::$plots:ident, )+) => {
        $( mod $file; )+

        /// The plots that apply, those that answer the question first, as many as have room for their tables.
        pub fn all(analysis: &Analysis) -> Vec<Plot> {
            let (mut all, mut tables) = (Vec::new(), 0);
            $( for plot in $file::$plots(analysis).into_iter().collect::<Vec<_>>() {
                if tables + plot.tables.len() <= TABLES {
                    tables += plot.tables.len();
                    all.push(plot);
                }
            } )+
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
    axis::plots,
    heat::plot,
    target::plot,
    profile::plot,
    units::plot,
}
