//! Adam with decoupled weight decay, as `torch.optim.AdamW` (Loshchilov & Hutter 2019, arXiv:1711.05101).

crate::settings! {
    /// Hyperparameters of AdamW.
    pub struct AdamW {
        /// Decay of the running mean of gradients.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of the running mean of squared gradients.
        beta2: f64 = Float(0.999), Below(0.0, 1.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// Decoupled decay of the weights.
        weight_decay: f64 = Float(0.01), AtLeast(0.0);
        /// Use the maximum of the second moments seen.
        amsgrad: bool = Bool(false), Any;
    }
}
