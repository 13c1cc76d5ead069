//! Rows ranked by the probability of a class, for measures that do not depend on a threshold.

use super::outputs::Outputs;

/// Rows of the same probability: the weight of those of the class, and of the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tie {
    pub own: f64,
    pub others: f64,
}

/// The rows from the most to the least probable, those of the same probability together; `None` where a probability is not a
/// number.
fn ranked(outputs: &Outputs, class: usize) -> Option<Vec<Tie>> {
    let mut rows: Vec<(f64, bool, f64)> =
        outputs.rows().map(|row| (row.log_odds(class), row.y as usize == class, row.weight)).collect();
    if rows.iter().any(|(odds, ..)| odds.is_nan()) {
        return None;
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let ties = rows.chunk_by(|a, b| a.0 == b.0).map(|tie| {
        let sum = |of_class: bool| tie.iter().filter(|row| row.1 == of_class).map(|row| row.2).sum();
        Tie { own: sum(true), others: sum(false) }
    });
    Some(ties.collect())
}

/// A measure of a ranking: of class 1 of two, or the mean over those of more classes that have rows and are not all; NaN where
/// there is none, or an output is not a number.
pub(super) fn mean(outputs: &Outputs, of: impl Fn(&[Tie]) -> f64) -> f64 {
    let classes = if outputs.classes() == 2 { 1..2 } else { 0..outputs.classes() };
    let mut values = Vec::new();
    for class in classes {
        let Some(ties) = ranked(outputs, class) else { return f64::NAN };
        let any = |of: fn(&Tie) -> f64| ties.iter().map(of).sum::<f64>() > 0.0;
        if any(|tie| tie.own) && any(|tie| tie.others) {
            values.push(of(&ties));
        }
    }
    values.iter().sum::<f64>() / values.len() as f64
}
