//! Statistics as pure functions: slices in, numbers out; every interval's resampling is seeded, so bytes repeat.
//!
//! Infinity is a legitimate value (a run that diverged, a target never reached): order statistics carry it through,
//! moments do not, so callers take means over finite values and say how many they left out. NaN is never passed in.

mod bootstrap;
mod budget;
mod describe;
mod distribution;
mod family;
mod improvement;
mod interval;
mod profile;
mod ranks;
mod resplit;
mod shares;
mod signed_rank;
mod tuned;
mod versus;

pub use bootstrap::{Estimate, LEAST, RESAMPLES, bootstrap, iqm_interval};
pub use budget::expected_best;
pub use describe::{iqm, max, mean, median, min, quantile, sorted, std_dev, sum};
pub use distribution::{fisher_tail, normal_quantile, normal_tail, range_quantile, student_quantile, student_tail};
pub use family::{holm, weighted_holm};
pub use improvement::probability_less;
pub use interval::{t_interval, wilson};
pub use profile::{ecdf, profile_score, ratios};
pub use ranks::{Friedman, friedman, mid_ranks};
pub use resplit::{folds_inflation, resplit_inflation};
pub use shares::{explained, interaction};
pub use signed_rank::{Tails, hodges_lehmann, least_p, signed_rank, wilcoxon};
pub use tuned::{By, Draws, Gap, Scale, Tuned, best_probabilities};
pub use versus::{Case, Comparisons, Judged, LEVEL, Rules, Verdict, Versus, compare};
