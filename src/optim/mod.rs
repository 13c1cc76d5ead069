//! Optimizers, PyTorch's formulas to the letter. One file each: settings, formula, candle form, fused form, tests.

mod adagrad;
mod adam;
mod adamw;
mod rmsprop;
mod sgd;

pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamw::AdamW;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

crate::kinds! {
    /// How parameters move, with the hyperparameters of that optimizer alone.
    pub enum Optimizer {
        Sgd(Sgd) = "sgd",
        Adam(Adam) = "adam",
        AdamW(AdamW) = "adamw",
        RmsProp(RmsProp) = "rmsprop",
        Adagrad(Adagrad) = "adagrad",
    }
}
