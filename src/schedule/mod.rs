//! Learning-rate schedules: a factor on the base learning rate as a function of the step. One file each.
//!
//! All are closed forms in f64 with `libm`, so that every host agrees; PyTorch's recurrences round differently in the last
//! digits. Each counts from the end of its warm-up.

crate::kinds! {
    /// The course of the learning rate over the steps of a run.
    pub enum Schedule: Curve via Visitor {
        constant: Constant,
        cosine: Cosine,
        step: Step,
        warmup: Warmup,
        linear: Linear,
        polynomial: Polynomial,
        exponential: Exponential,
        multi_step: MultiStep,
        warm_restarts: WarmRestarts,
        one_cycle: OneCycle,
        wsd: Wsd,
        inverse_sqrt: InverseSqrt,
        coslog4: CosLog4,
        flat_cosine: FlatCosine,
    }
}

/// A place in a training, its warm-up left out.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// Steps since the end of the warm-up, before this one.
    pub step: usize,
    /// Steps of an epoch.
    pub per_epoch: usize,
    /// Steps after the warm-up.
    pub total: usize,
    /// Steps of the warm-up.
    pub rise: usize,
}

impl At {
    /// The share of the steps that is done.
    fn progress(self) -> f64 {
        self.step as f64 / self.total as f64
    }

    /// Whole epochs since the end of the warm-up.
    fn epoch(self) -> u64 {
        self.step as u64 / self.per_epoch as u64
    }
}

/// How long the learning rate first rises.
pub trait Rise {
    /// Steps of the warm-up, out of `total`.
    fn steps(&self, per_epoch: usize, total: usize) -> usize;
}

/// A schedule's own course after its warm-up.
pub trait Curve: Rise {
    /// The factor on the base learning rate.
    fn factor(&self, at: At) -> f64;
}

/// Settings of a schedule, and those of the warm-up that any may begin with.
macro_rules! curve {
    ($(#[$meta:meta])* pub struct $name:ident { $($settings:tt)* }) => {
        crate::settings! {
            $(#[$meta])*
            pub struct $name {
                $($settings)*
                /// Share of the steps over which the learning rate first rises in a line.
                warmup: f64 = Float(0.0), Below(0.0, 1.0);
                /// The same in epochs.
                warmup_epochs: u64 = Int(0), Any;
            }
        }

        impl super::Rise for $name {
            fn steps(&self, per_epoch: usize, total: usize) -> usize {
                super::rise(self.warmup, self.warmup_epochs, per_epoch, total)
            }
        }
    };
}
use curve;

/// Steps of a warm-up of this share or of so many epochs.
fn rise(share: f64, epochs: u64, per_epoch: usize, total: usize) -> usize {
    if epochs > 0 { (epochs as usize).saturating_mul(per_epoch) } else { (share * total as f64).round() as usize }
}

/// ½ (1 + cos(π x)).
fn half_cosine(x: f64) -> f64 {
    0.5 * (1.0 + libm::cos(std::f64::consts::PI * x))
}

impl Schedule {
    /// The factor on the base learning rate at a step (from 0) of `total` steps, `per_epoch` of them in an epoch. Over the
    /// w steps of a warm-up it is (step + 1)/w; the schedule's own course begins after them, with the steps that are left.
    pub fn factor(&self, step: usize, per_epoch: usize, total: usize) -> f64 {
        struct Factor(usize, usize, usize);
        impl Visitor for Factor {
            type Output = f64;
            fn visit<C: Curve>(self, curve: &C) -> f64 {
                let Self(step, per_epoch, total) = self;
                let rise = curve.steps(per_epoch, total);
                match step.checked_sub(rise) {
                    None => (step + 1) as f64 / rise as f64,
                    Some(step) => curve.factor(At { step, per_epoch, total: total - rise, rise }),
                }
            }
        }
        self.visit(Factor(step, per_epoch, total))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::param::Value;

    #[test]
    fn every_schedule_starts_and_ends_where_it_says() {
        let at = |name: &str, step| Schedule::from_name(name).expect("known").factor(step, 10, 1000);
        assert_eq!((at("constant", 0), at("constant", 999)), (1.0, 1.0));
        assert_eq!(at("cosine", 0), 1.0);
        assert!((at("cosine", 500) - 0.5).abs() < 1e-12 && at("cosine", 999) < 1e-5);
        assert_eq!((at("step", 499), at("step", 500)), (1.0, 0.1));
        assert_eq!((at("warmup", 0), at("warmup", 24), at("warmup", 49), at("warmup", 500)), (0.02, 0.5, 1.0, 1.0));
        assert_eq!((at("linear", 0), at("linear", 250), at("polynomial", 250)), (1.0, 0.75, 0.75));
        assert_eq!((at("warm_restarts", 0), at("warm_restarts", 100)), (1.0, 1.0));
        assert_eq!((at("wsd", 799), at("wsd", 800), at("wsd", 850)), (1.0, 1.0, 0.5));
        assert_eq!((at("inverse_sqrt", 0), at("inverse_sqrt", 3)), (1.0, 0.5));
        assert_eq!((at("flat_cosine", 499), at("flat_cosine", 500)), (1.0, 1.0));
    }

    #[test]
    fn a_schedule_counts_from_the_end_of_its_warm_up() {
        let with = |name: &str, key: &str, value: Value| {
            let mut schedule = Schedule::from_name(name).expect("known");
            schedule.settings_mut().set(key, &value).expect("accepted");
            schedule
        };
        for (key, value) in [("warmup", Value::Float(0.2)), ("warmup_epochs", Value::Int(20))] {
            let warmed = with("cosine", key, value);
            let (cosine, at) = (Schedule::from_name("cosine").expect("known"), |step| warmed.factor(step, 10, 1000));
            assert_eq!((at(0), at(99), at(199), at(200)), (1.0 / 200.0, 0.5, 1.0, 1.0));
            assert!((200..1000).all(|step| at(step) == cosine.factor(step - 200, 10, 800)));
        }
    }

    proptest! {
        #[test]
        fn every_factor_is_a_finite_number_from_0_to_1(
            name in 0..Schedule::NAMES.len(),
            per_epoch in 1_usize..30,
            epochs in 1_usize..30,
            warmup in 0.0..0.99,
            warmup_epochs in 0_i64..40,
        ) {
            let mut schedule = Schedule::from_name(Schedule::NAMES[name]).expect("known");
            if schedule.settings().get("warmup").is_some() {
                schedule.settings_mut().set("warmup", &Value::Float(warmup)).expect("accepted");
                schedule.settings_mut().set("warmup_epochs", &Value::Int(warmup_epochs)).expect("accepted");
            }
            let total = per_epoch * epochs;
            for step in 0..total {
                let factor = schedule.factor(step, per_epoch, total);
                prop_assert!((0.0..=1.0).contains(&factor), "{schedule:?} at {step} of {total}: {factor}");
            }
        }
    }
}
