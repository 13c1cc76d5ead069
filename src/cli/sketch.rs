//! Small pictures made of characters: a loss history as a sparkline, a model's estimate as a map.

use crate::analysis::{Estimator, Task, Window};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// Losses as bars on a logarithmic scale, at most `width` of them, each the median of its stretch; `×` where the loss is
/// not finite.
pub(super) fn sparkline(losses: &[f64], width: usize) -> String {
    let count = losses.len().min(width);
    let stretch = |i: usize| {
        let mut part = losses[i * losses.len() / count..(i + 1) * losses.len() / count].to_vec();
        part.sort_by(f64::total_cmp);
        part[part.len() / 2]
    };
    // Only whole bars are drawn, so that no host's logarithm shows.
    let height = |loss: f64| libm::log(loss.max(f64::MIN_POSITIVE));
    let values: Vec<f64> = (0..count).map(stretch).collect();
    let finite = || values.iter().filter(|loss| loss.is_finite()).map(|&loss| height(loss));
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let bar = |&loss: &f64| {
        if !loss.is_finite() {
            return '×';
        }
        let share = if high > low { (height(loss) - low) / (high - low) } else { 0.0 };
        BARS[((share * 8.0) as usize).min(7)]
    };
    values.iter().map(bar).collect()
}

/// What a network of two inputs makes of a window: digits for classes, shades from low to high for values and
/// probabilities.
pub(super) fn map(estimator: &Estimator, window: Window, columns: usize, rows: usize) -> String {
    let place = |(from, to): (f32, f32), i: usize, n: usize| from + (to - from) * (i as f32 + 0.5) / n as f32;
    let points = (0..rows).rev().flat_map(|row| (0..columns).map(move |column| (row, column)));
    let x: Vec<f32> =
        points.flat_map(|(row, column)| [place(window.x, column, columns), place(window.y, row, rows)]).collect();
    let values = estimator.at(&x);
    let task = estimator.network.task;
    let outputs = task.outputs();
    let signs: Vec<char> = match task {
        Task::Multiclass { .. } => values.chunks(outputs).map(class).collect(),
        Task::Binary => values.iter().map(|&p| shade(p)).collect(),
        Task::Regression => {
            let finite = || values.iter().copied().filter(|value| value.is_finite());
            let (low, high) = (finite().fold(f32::INFINITY, f32::min), finite().fold(f32::NEG_INFINITY, f32::max));
            values.iter().map(|&value| shade((value - low) / (high - low).max(f32::MIN_POSITIVE))).collect()
        }
    };
    let lines = signs.chunks(columns).map(|line| line.iter().collect::<String>());
    lines.map(|line| format!("  │{line}│\n")).collect()
}

fn shade(share: f32) -> char {
    SHADES[((share * 5.0) as usize).min(4)]
}

fn class(probabilities: &[f32]) -> char {
    let best = (0..probabilities.len()).max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
    best.and_then(|class| char::from_digit(class as u32, 36)).unwrap_or('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_falls_with_the_loss_and_marks_divergence() {
        assert_eq!(sparkline(&[1.0, 0.1, 0.01, 0.001], 10), "█▆▃▁");
        assert_eq!(sparkline(&[1.0, 1.0, f64::NAN], 10), "▁▁×");
        assert_eq!(sparkline(&[0.0, 1.0], 10), "▁█");
        assert_eq!(sparkline(&[], 10), "");
        assert_eq!(sparkline(&vec![1.0; 1000], 40).chars().count(), 40);
    }
}
