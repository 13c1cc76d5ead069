//! Intervals from known distributions: Wilson's for a share, Student's for a mean.

use super::bootstrap::Estimate;
use super::describe::{mean, std_dev};
use super::distribution::student_quantile;

/// The 97.5 % point of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A share `k / n` with Wilson's 95 % interval; NaN of nothing.
pub fn wilson(k: usize, n: usize) -> Estimate {
    if n == 0 {
        return Estimate::NONE;
    }
    let (size, point) = (n as f64, k as f64 / n as f64);
    let centre = point + Z * Z / (2.0 * size);
    let reach = Z * (point * (1.0 - point) / size + Z * Z / (4.0 * size * size)).sqrt();
    let scale = 1.0 + Z * Z / size;
    // At k = 0 and k = n the bounds are 0 and 1 exactly; rounding must not cross the point.
    let low = if k == 0 { 0.0 } else { (centre - reach) / scale };
    let high = if k == n { 1.0 } else { (centre + reach) / scale };
    Estimate { point, low, high }
}

/// The mean with Student's 95 % interval; without width known (infinite) at one value, NaN of nothing.
pub fn t_interval(values: &[f64]) -> Estimate {
    match values.len() {
        0 => Estimate::NONE,
        1 => Estimate { point: values[0], low: f64::NEG_INFINITY, high: f64::INFINITY },
        n => {
            let point = mean(values);
            let reach = student_quantile(0.025, (n - 1) as f64) * std_dev(values) / (n as f64).sqrt();
            Estimate { point, low: point - reach, high: point + reach }
        }
    }
}
