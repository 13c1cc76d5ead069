//! Costs with misses: performance profiles (Dolan & Moré 2002) and empirical distributions. A miss is infinite.

/// Each solver's cost divided by the best solver's on the same problem, in order of problems: infinite where it
/// missed. `costs[solver][problem]` are positive; a problem nobody solved is infinite for all.
pub fn ratios(costs: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let problems = costs.first().map_or(0, Vec::len);
    let best: Vec<f64> =
        (0..problems).map(|p| costs.iter().map(|solver| solver[p]).fold(f64::INFINITY, f64::min)).collect();
    let ratio = |(&cost, &best): (&f64, &f64)| if cost.is_finite() { cost / best } else { f64::INFINITY };
    costs.iter().map(|solver| solver.iter().zip(&best).map(ratio).collect()).collect()
}

/// The steps of an empirical distribution: each finite value with the share of all values, misses included, at or
/// below it.
pub fn ecdf(values: &[f64]) -> Vec<(f64, f64)> {
    let sorted = super::sorted(values);
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (i, &x) in sorted.iter().enumerate().filter(|(_, x)| x.is_finite()) {
        let share = (i + 1) as f64 / values.len() as f64;
        match steps.last_mut() {
            Some(last) if last.0 == x => last.1 = share,
            _ => steps.push((x, share)),
        }
    }
    steps
}

/// The area under a profile for ratios from 1 to 4, between 0 and 1 (AlgoPerf's benchmark score).
pub fn profile_score(ratios: &[f64]) -> f64 {
    let areas: Vec<f64> = ratios.iter().map(|&ratio| ((4.0 - ratio) / 3.0).max(0.0)).collect();
    super::mean(&areas)
}
