//! Statistics as pure functions: slices in, numbers out; every interval's resampling is seeded, so bytes repeat.
//!
//! Infinity is a legitimate value (a run that diverged, a target never reached): order statistics carry it through,
//! moments do not, so callers take means over finite values and say how many they left out. NaN is never passed in.

mod bootstrap;
mod describe;
mod interval;
mod profile;
mod rank;

pub use bootstrap::{Estimate, RESAMPLES, bootstrap, iqm_interval};
pub use describe::{iqm, max, mean, median, min, quantile, sorted, std_dev, sum};
pub use interval::{t_interval, wilson};
pub use profile::{ecdf, profile_score, ratios};
pub use rank::{holm, least_p, probability_less, wilcoxon};
