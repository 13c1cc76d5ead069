//! What keeps a network from learning its samples by heart, and the steps of its training within bounds.

/// What a training does beside the plain one. By default nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Regularization {
    /// The share of its units that a step leaves out, in 0..1, of each hidden layer; empty: of none (Srivastava et al. 2014).
    pub dropout: Vec<f64>,
    /// Standard deviation of what a step adds to each input.
    pub input_noise: f64,
    /// The share of the targets' probability, in 0..1, that all classes have alike (Szegedy et al. 2016, arXiv:1512.00567).
    pub label_smoothing: f64,
    /// What the samples of each class count in training, beside their own weights; empty: the same.
    pub class_weights: Vec<f32>,
    /// The penalty on the sum of the parameters' magnitudes.
    pub l1: f64,
    /// Whether penalties and the optimizer's weight decay are on biases too.
    pub decay_biases: bool,
    /// The largest magnitude that a gradient's numbers are let have, if any.
    pub clip_value: Option<f64>,
    /// The largest length that a gradient is let have, if any (Pascanu et al. 2013, arXiv:1211.5063).
    pub clip_norm: Option<f64>,
}

impl Regularization {
    /// Nothing.
    pub const NONE: Self = Self {
        dropout: Vec::new(),
        input_noise: 0.0,
        label_smoothing: 0.0,
        class_weights: Vec::new(),
        l1: 0.0,
        decay_biases: true,
        clip_value: None,
        clip_norm: None,
    };
}

impl Default for Regularization {
    fn default() -> Self {
        Self::NONE
    }
}
