//! Hidden activations. One file each: settings, formula, candle form, fused form, tests.

mod relu;
mod tanh;

crate::kinds! {
    /// The nonlinearity of the hidden layers.
    pub enum Activation {
        Relu(relu::Relu) = "relu",
        Tanh(tanh::Tanh) = "tanh",
    }
}
