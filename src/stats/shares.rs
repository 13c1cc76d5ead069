//! How much of what varies goes with which factor: η², and what two factors say only together (functional ANOVA, Hutter,
//! Hoos & Leyton-Brown, ICML 2014, on the points of a grid).

use std::collections::BTreeMap;

/// The share of the variance of `values` that lies between the groups of equal labels: η² = SS between / SS total. 0 if
/// nothing varies.
pub fn explained<L: Ord>(values: &[f64], label: impl Fn(usize) -> L) -> f64 {
    let centre = super::mean(values);
    let mut groups: BTreeMap<L, Vec<f64>> = BTreeMap::new();
    for (i, &x) in values.iter().enumerate() {
        groups.entry(label(i)).or_default().push(x);
    }
    let square = |x: f64| (x - centre) * (x - centre);
    let between = groups.values().map(|group| group.len() as f64 * square(super::mean(group))).sum::<f64>();
    let total = values.iter().map(|&x| square(x)).sum::<f64>();
    if total > 0.0 { (between / total).min(1.0) } else { 0.0 }
}

/// What two factors explain together beyond what each does alone; never below 0, which an unbalanced grid could give.
pub fn interaction<A: Ord, B: Ord>(values: &[f64], a: impl Fn(usize) -> A, b: impl Fn(usize) -> B) -> f64 {
    let together = explained(values, |i| (a(i), b(i)));
    (together - explained(values, &a) - explained(values, &b)).max(0.0)
}
