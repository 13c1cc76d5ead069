//! Adagrad, as `torch.optim.Adagrad` (Duchi, Hazan & Singer 2011).

crate::settings! {
    /// Hyperparameters of Adagrad.
    pub struct Adagrad {
        /// Decay of the learning rate per step.
        lr_decay: f64 = Float(0.0), AtLeast(0.0);
        /// L2 penalty added to the gradient.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
        /// Start of the sums of squared gradients.
        initial_accumulator: f64 = Float(0.0), AtLeast(0.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-10), AtLeast(0.0);
    }
}
