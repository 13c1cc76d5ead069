//! Adam, as `torch.optim.Adam` (Kingma & Ba 2015, arXiv:1412.6980).

crate::settings! {
    /// Hyperparameters of Adam.
    pub struct Adam {
        /// Decay of the running mean of gradients.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of the running mean of squared gradients.
        beta2: f64 = Float(0.999), Below(0.0, 1.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// L2 penalty added to the gradient.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
        /// Use the maximum of the second moments seen.
        amsgrad: bool = Bool(false), Any;
    }
}
