//! `schedule`: the learning rate's course over the steps.

use super::Choice;
use crate::schedule::{Constant, Schedule};

pub(super) static KEY: Choice<Schedule> = Choice::plain(
    "schedule",
    "the learning rate's course over the steps",
    || Schedule::Constant(Constant::default()),
    |run| &run.schedule,
    |run, schedule| run.schedule = schedule,
);
