//! Re-splits of one data set share most of their rows: variances corrected for the overlap.

/// The factor on the variance of a mean over `n` random re-splits, each with `test` rows held out of `train` that are
/// trained on: 1 + n · test / train (Nadeau & Bengio, Machine Learning 52, 2003: s² (1/n + test/train) in place of s²/n).
pub fn resplit_inflation(n: usize, test: usize, train: usize) -> f64 {
    1.0 + n as f64 * test as f64 / train as f64
}

/// The same for a mean over all folds of `k`-fold cross-validation repeated `repeats` times: 1 + k r / (k − 1) (Bouckaert &
/// Frank, PAKDD 2004).
pub fn folds_inflation(k: usize, repeats: usize) -> f64 {
    1.0 + (k * repeats) as f64 / (k as f64 - 1.0)
}
