//! Learning-rate schedules: a factor on the base learning rate as a function of the step.

crate::settings! {
    /// The base learning rate throughout.
    pub struct Constant {}
}

crate::settings! {
    /// Half a cosine from 1 to `final_factor` (Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts).
    pub struct Cosine {
        /// The factor at the end.
        final_factor: f64 = Float(0.0), Within(0.0, 1.0);
    }
}

crate::settings! {
    /// Multiplied by `decay` every `decay_epochs` epochs.
    pub struct Step {
        /// Epochs between decays.
        decay_epochs: u64 = Int(50), AtLeast(1.0);
        /// The factor of each decay.
        decay: f64 = Float(0.1), Above(0.0);
    }
}

crate::settings! {
    /// Linear from 0 over the first epochs, then constant.
    pub struct Warmup {
        /// Epochs of the rise.
        warmup_epochs: u64 = Int(5), AtLeast(1.0);
    }
}

crate::kinds! {
    /// The course of the learning rate over the steps of a run.
    pub enum Schedule {
        Constant(Constant) = "constant",
        Cosine(Cosine) = "cosine",
        Step(Step) = "step",
        Warmup(Warmup) = "warmup",
    }
}

impl Schedule {
    /// The factor on the base learning rate at a step (from 0) of `total` steps, `per_epoch` of them in an epoch.
    /// In f64 with `libm`, so that every host agrees.
    pub fn factor(&self, step: usize, per_epoch: usize, total: usize) -> f64 {
        match self {
            Self::Constant(_) => 1.0,
            Self::Cosine(cosine) => {
                let progress = step as f64 / total as f64;
                let half_wave = 0.5 * (1.0 + libm::cos(std::f64::consts::PI * progress));
                cosine.final_factor + (1.0 - cosine.final_factor) * half_wave
            }
            Self::Step(decay) => {
                let times = step as u64 / per_epoch as u64 / decay.decay_epochs;
                libm::pow(decay.decay, times as f64)
            }
            Self::Warmup(warmup) => {
                let rise = warmup.warmup_epochs as f64 * per_epoch as f64;
                ((step + 1) as f64 / rise).min(1.0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_starts_and_ends_where_it_says() {
        let at = |name: &str, step| Schedule::from_name(name).expect("known").factor(step, 10, 1000);
        assert_eq!((at("constant", 0), at("constant", 999)), (1.0, 1.0));
        assert_eq!(at("cosine", 0), 1.0);
        assert!((at("cosine", 500) - 0.5).abs() < 1e-12 && at("cosine", 999) < 1e-5);
        assert_eq!((at("step", 499), at("step", 500)), (1.0, 0.1));
        assert_eq!((at("warmup", 0), at("warmup", 24), at("warmup", 49), at("warmup", 500)), (0.02, 0.5, 1.0, 1.0));
    }
}
