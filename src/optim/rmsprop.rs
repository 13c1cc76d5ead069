//! RMSprop, as `torch.optim.RMSprop` (Hinton's lecture notes; centered form: Graves 2013, arXiv:1308.0850).

crate::settings! {
    /// Hyperparameters of RMSprop.
    pub struct RmsProp {
        /// Decay of the running mean of squared gradients.
        alpha: f64 = Float(0.99), Below(0.0, 1.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// L2 penalty added to the gradient.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
        /// Momentum factor.
        momentum: f64 = Float(0.0), AtLeast(0.0);
        /// Normalize by an estimate of the variance.
        centered: bool = Bool(false), Any;
    }
}
