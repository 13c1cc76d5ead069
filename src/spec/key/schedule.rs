//! `schedule`: the learning rate's course over the steps.

use super::Choice;
use super::choice::Unsettled;
use crate::param::Value;
use crate::schedule::{Constant, Schedule};

pub(super) static KEY: Choice<Schedule> = Choice {
    settle: |variants, _| once(variants),
    ..Choice::plain(
        "schedule",
        "the learning rate's course over the steps",
        || Schedule::Constant(Constant::default()),
        |run| &run.schedule,
        |run, schedule| run.schedule = schedule,
    )
};

/// A warm-up is a share or a number of epochs, and decays at milestones need some.
fn once(variants: &[Schedule]) -> Result<(), Vec<Unsettled>> {
    for schedule in variants {
        let above_0 = |name| schedule.settings().get(name).and_then(|value| value.as_f64()).is_some_and(|x| x > 0.0);
        if above_0("warmup") && above_0("warmup_epochs") {
            return Err(vec![Unsettled {
                message: "`warmup` and `warmup_epochs` both say how long the learning rate rises".into(),
                help: Some("give the share of the steps or the number of epochs, not both".into()),
                at: Some("warmup"),
            }]);
        }
        if schedule.settings().get("milestones") == Some(Value::List(Vec::new())) {
            return Err(vec![Unsettled {
                message: "multi_step needs `milestones`".into(),
                help: Some("the epochs after which it decays: { name = \"multi_step\", milestones = [30, 60] }".into()),
                at: None,
            }]);
        }
    }
    Ok(())
}
