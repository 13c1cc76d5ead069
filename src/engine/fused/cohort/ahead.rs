//! What launches need of each epoch and each step, prepared while the launch before them runs.

use std::ops::Range;

use super::Inputs;
use crate::engine::Training;
use crate::optim::{self, Optimizer, Rule, Scalars, Whole};
use crate::rng::Stream;

/// Bytes that a launch takes for scalars, orders and losses at most, unless an epoch's orders or a step's scalars alone need
/// more.
pub const BESIDE: usize = 256 << 20;

/// Words of an order's key.
const KEY: usize = 8;

/// A table of scalars in the making: those of one optimizer, learning rate and schedule, step by step.
struct Table<'a> {
    training: &'a Training<'a>,
    next: Box<dyn FnMut(f64) -> Scalars>,
}

/// The scalars of the next step at a learning rate.
struct Begun;

impl optim::Visitor for Begun {
    type Output = Box<dyn FnMut(f64) -> Scalars>;

    fn elementwise<R: Rule>(self, rule: &R) -> Self::Output {
        let (rule, mut course) = (rule.clone(), rule.course());
        Box::new(move |learning_rate| R::scalars(rule.step(&mut course, learning_rate)))
    }

    fn whole<W: Whole>(self, _: &W) -> Self::Output {
        unreachable!("`check` refuses what the kernel has not")
    }
}

/// Where the orders of a run come from.
pub type Orders<'a> = &'a (dyn Fn(usize) -> Stream + Sync);

/// What is prepared for the steps to come.
#[derive(Debug, Default)]
pub struct Ready {
    /// The first of these steps, and their scalars, step by step and table by table.
    step: usize,
    scalars: Vec<f32>,
    /// The first of their epochs, and its keys and those of the others, epoch by epoch and order by order.
    epoch: usize,
    keys: Vec<u32>,
}

impl Ready {
    /// With what is prepared for the steps after.
    pub fn append(&mut self, Self { mut scalars, mut keys, .. }: Self) {
        self.scalars.append(&mut scalars);
        self.keys.append(&mut keys);
    }
}

/// Who prepares scalars and keys, each of them once.
pub struct Ahead<'a> {
    tables: Vec<Table<'a>>,
    orders: Vec<Orders<'a>>,
    /// Of an epoch.
    steps: usize,
    /// What was prepared before.
    done: Done,
}

/// Steps and epochs.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    steps: usize,
    epochs: usize,
}

impl<'a> Ahead<'a> {
    /// For epochs of so many steps.
    pub fn new(steps: usize) -> Self {
        Self { tables: Vec::new(), orders: Vec::new(), steps, done: Done::default() }
    }

    /// One more table; its number.
    pub fn add_table(&mut self, training: &'a Training<'a>, optimizer: &Optimizer) -> u32 {
        self.tables.push(Table { training, next: optimizer.visit(Begun) });
        self.tables.len() as u32 - 1
    }

    /// One more order.
    pub fn add_order(&mut self, order: Orders<'a>) {
        self.orders.push(order);
    }

    /// Tables, and orders of an epoch.
    pub fn counts(&self) -> (u32, u32) {
        (self.tables.len() as u32, self.orders.len() as u32)
    }

    /// The most steps of a launch of so many runs whose scalars, orders and losses are not too much at once.
    pub fn most(&self, runs: usize, samples: usize) -> usize {
        let of_step = self.tables.len() * size_of::<Scalars>();
        let of_epoch = 4 * self.orders.len() * (samples + KEY) + 8 * runs;
        match BESIDE / (self.steps * of_step + of_epoch) {
            0 => (BESIDE.saturating_sub(of_epoch) / of_step).clamp(1, self.steps),
            epochs => epochs * self.steps,
        }
    }

    /// Adds what is not prepared yet for the steps before this one.
    pub fn prepare(&mut self, until: usize, ready: &mut Ready) {
        for step in self.done.steps..until {
            for Table { training, next } in &mut self.tables {
                let factor = training.schedule.factor(step, self.steps, training.epochs * self.steps);
                ready.scalars.extend(next(training.learning_rate * factor));
            }
        }
        let epochs = self.done.epochs..until.div_ceil(self.steps);
        ready
            .keys
            .extend(epochs.clone().flat_map(|epoch| self.orders.iter().flat_map(move |order| order(epoch).key())));
        self.done = Done { steps: self.done.steps.max(until), epochs: self.done.epochs.max(epochs.end) };
    }

    /// What a launch of these steps needs, which is prepared.
    pub fn inputs<'r>(&self, ready: &'r Ready, steps: &Range<usize>, ended: &'r [u32]) -> Inputs<'r> {
        let (of_step, of_epoch) = self.lengths();
        let epochs = steps.start / self.steps..steps.end.div_ceil(self.steps);
        Inputs {
            scalars: &ready.scalars[(steps.start - ready.step) * of_step..(steps.end - ready.step) * of_step],
            keys: &ready.keys[(epochs.start - ready.epoch) * of_epoch..(epochs.end - ready.epoch) * of_epoch],
            ended,
        }
    }

    /// Lets go of what was for steps before this one alone.
    pub fn release(&self, ready: &mut Ready, before: usize) {
        let (of_step, of_epoch) = self.lengths();
        let epoch = before / self.steps;
        ready.scalars.drain(..(before - ready.step) * of_step);
        ready.keys.drain(..(epoch - ready.epoch) * of_epoch);
        (ready.step, ready.epoch) = (before, epoch);
    }

    /// Scalars of a step, and words of an epoch's keys.
    fn lengths(&self) -> (usize, usize) {
        (self.tables.len() * size_of::<Scalars>() / size_of::<f32>(), self.orders.len() * KEY)
    }
}
