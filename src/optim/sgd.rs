//! Stochastic gradient descent with momentum, as `torch.optim.SGD`.

crate::settings! {
    /// Hyperparameters of SGD.
    pub struct Sgd {
        /// Momentum factor.
        momentum: f64 = Float(0.0), AtLeast(0.0);
        /// Dampening of the momentum.
        dampening: f64 = Float(0.0), Any;
        /// Nesterov momentum; needs momentum and no dampening.
        nesterov: bool = Bool(false), Any;
        /// L2 penalty added to the gradient.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
    }
}
