//! Slices: the runs that a store lacks, dealt to tasks so that each has about as much work.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::plan::{Plan, Ranks, RunId};

/// Blocks per task: the more, the more even the work and the longer the lists.
const BLOCKS: usize = 32;

/// The runs of one task, by their ranks in the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    ranks: Ranks,
    cost: u64,
}

impl Slice {
    /// The ranks of its runs in the plan.
    pub fn ranks(&self) -> &Ranks {
        &self.ranks
    }

    /// The estimated work; 0 if it was read from a file.
    pub fn cost(&self) -> u64 {
        self.cost
    }

    fn append(&mut self, later: Self) {
        later.ranks.ranges().iter().for_each(|range| self.ranks.push(range.clone()));
        self.cost = self.cost.saturating_add(later.cost);
    }

    /// The slice as a file: the identity of the first and the last run, then a line for each range of ranks.
    pub fn text(&self, plan: &Plan) -> String {
        let mut text = "# Ranks of runs in the plan, between the identities of the first and the last\n".to_owned();
        let Some((first, last)) = self.ranks.ends() else { return text };
        text += &format!("{}\n", plan.run(first).id.full());
        for range in self.ranks.ranges() {
            let (start, end) = (range.start, range.end - 1);
            text += &if start == end { format!("{start}\n") } else { format!("{start}-{end}\n") };
        }
        text + &format!("{}\n", plan.run(last).id.full())
    }
}

/// A slice that was read from a file, with the identities by which its plan is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    slice: Slice,
    first: RunId,
    last: RunId,
}

impl Written {
    /// Reads what [`Slice::text`] wrote; `None` if it is anything else, or cut short.
    pub fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.strip_suffix('\n')?.lines().filter(|line| !line.starts_with('#')).collect();
        let [first, ranges @ .., last] = &lines[..] else { return None };
        let id = |text: &str| RunId::range(text).filter(|(first, last)| first == last).map(|(id, _)| id);
        let mut ranks = Ranks::default();
        for line in ranges {
            let (start, end) = line.split_once('-').unwrap_or((line, line));
            let (start, end): (u64, u64) = (start.parse().ok()?, end.parse().ok()?);
            let above = ranks.ends().is_none_or(|(_, highest)| highest < start);
            (above && start <= end).then_some(())?;
            ranks.push(start..end.checked_add(1)?);
        }
        let slice = Slice { ranks, cost: 0 };
        (!slice.ranks.is_empty()).then_some(Self { slice, first: id(first)?, last: id(last)? })
    }

    /// The slice, if it was cut from this plan.
    pub fn of(&self, plan: &Plan) -> Option<&Slice> {
        let (first, last) = self.slice.ranks.ends()?;
        let same = last < plan.len() && plan.run(first).id == self.first && plan.run(last).id == self.last;
        same.then_some(&self.slice)
    }
}

/// Deals runs to tasks. It keeps blocks of neighbouring runs, not the runs: memory grows with the number of tasks.
#[derive(Clone, Debug)]
pub struct Dealer {
    tasks: usize,
    blocks: Vec<Slice>,
    /// A block of less work still grows.
    target: u64,
    total: u64,
}

impl Dealer {
    /// For that many tasks, at least one.
    pub fn new(tasks: usize) -> Self {
        Self { tasks: tasks.max(1), blocks: Vec::new(), target: 0, total: 0 }
    }

    /// Takes a run of a higher rank than all before.
    pub fn add(&mut self, rank: u64, cost: u64) {
        self.total = self.total.saturating_add(cost);
        let mut ranks = Ranks::default();
        ranks.push(rank..rank + 1);
        append(&mut self.blocks, Slice { ranks, cost }, self.target);
        let fine = BLOCKS * self.tasks;
        if self.blocks.len() > 2 * fine {
            self.target = self.total / fine as u64;
            for block in std::mem::take(&mut self.blocks) {
                append(&mut self.blocks, block, self.target);
            }
        }
    }

    /// The slices, none of them empty: largest blocks first, each goes to the task that has least. A task so has at most
    /// a sixteenth and one run more than the average.
    pub fn deal(self) -> Vec<Slice> {
        let mut order: Vec<usize> = (0..self.blocks.len()).collect();
        order.sort_by_key(|&block| Reverse(self.blocks[block].cost));
        let mut least: BinaryHeap<Reverse<(u64, usize)>> = (0..self.tasks).map(|task| Reverse((0, task))).collect();
        let mut task_of = vec![0; self.blocks.len()];
        for block in order {
            let Some(Reverse((load, task))) = least.pop() else { break };
            task_of[block] = task;
            least.push(Reverse((load.saturating_add(self.blocks[block].cost), task)));
        }
        let mut slices = vec![Slice::default(); self.tasks];
        self.blocks.into_iter().zip(task_of).for_each(|(block, task)| slices[task].append(block));
        slices.retain(|slice| !slice.ranks.is_empty());
        slices
    }
}

/// Adds a block, to the last one if that has less than `target`.
fn append(blocks: &mut Vec<Slice>, block: Slice, target: u64) {
    match blocks.last_mut().filter(|last| last.cost < target) {
        Some(last) => last.append(block),
        None => blocks.push(block),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Experiment;
    use proptest::prelude::*;

    fn deal(runs: &[(u64, u64)], tasks: usize) -> Vec<Slice> {
        let mut dealer = Dealer::new(tasks);
        runs.iter().for_each(|&(rank, cost)| dealer.add(rank, cost));
        dealer.deal()
    }

    proptest! {
        #[test]
        fn every_run_is_dealt_once_and_the_work_is_even(
            gaps in prop::collection::vec((0u64..3, 1u64..1000), 1..3000), tasks in 1usize..20
        ) {
            let mut next = 0;
            let runs: Vec<(u64, u64)> = gaps.iter().map(|&(gap, cost)| {
                next += gap + 1;
                (next - 1, cost)
            }).collect();
            let slices = deal(&runs, tasks);
            prop_assert_eq!(slices.len(), tasks.min(runs.len()));
            let mut dealt: Vec<u64> = slices.iter().flat_map(|slice| slice.ranks().iter()).collect();
            dealt.sort_unstable();
            let ranks: Vec<u64> = runs.iter().map(|&(rank, _)| rank).collect();
            prop_assert_eq!(dealt, ranks);
            let total: u64 = runs.iter().map(|&(_, cost)| cost).sum();
            let largest = runs.iter().map(|&(_, cost)| cost).max().unwrap_or(0);
            let even = total as f64 / tasks as f64;
            for slice in &slices {
                let work: u64 = runs.iter().filter(|(rank, _)| slice.ranks().iter().any(|own| own == *rank)).map(|(_, c)| c).sum();
                prop_assert_eq!(slice.cost(), work);
                prop_assert!(work as f64 <= even * 17.0 / 16.0 + largest as f64, "{} of {} on average", work, even);
            }
        }
    }

    #[test]
    fn a_million_runs_are_a_few_ranges() {
        let runs: Vec<(u64, u64)> = (0..1_000_000).map(|rank| (rank, 1 + rank % 7)).collect();
        let slices = deal(&runs, 64);
        assert_eq!(slices.iter().map(|slice| slice.ranks().len()).sum::<u64>(), 1_000_000);
        assert!(slices.iter().all(|slice| slice.ranks.ranges().len() <= 2 * BLOCKS), "the lists stay short");
    }

    fn plan(seeds: u64) -> Plan {
        let experiment = tempfile::tempdir().expect("a folder");
        let file = experiment.path().join("a.toml");
        std::fs::write(
            &file,
            format!("seeds = {seeds}\n[train]\ndataset = \"xor\"\nhidden = [2]\n[grid]\noptimizer = [\"adam\"]\n"),
        )
        .expect("writes");
        Plan::new(&Experiment::load(&file, &[]).expect("sound")).expect("a plan")
    }

    #[test]
    fn a_slice_is_read_as_it_was_written_and_known_to_belong_to_its_plan() {
        let slice = deal(&[(0, 1), (1, 1), (2, 1), (5, 1), (8, 1), (9, 1)], 1).remove(0);
        let text = slice.text(&plan(10));
        assert_eq!(text.lines().skip(2).collect::<Vec<_>>()[..3], ["0-2", "5", "8-9"]);
        let written = Written::parse(&text).expect("a slice");
        let read = written.of(&plan(10)).expect("of this plan");
        assert_eq!(read.ranks(), slice.ranks());
        assert_eq!(written.of(&plan(9)), None, "rank 9 is beyond the end");
        let longer = plan(11);
        assert!(written.of(&longer).is_some(), "a plan that only grew has the same runs at these ranks");
        for cut in 0..text.len() {
            assert_eq!(Written::parse(&text[..cut]), None, "cut after {cut} bytes");
        }
        for wrong in ["", "x", "0-3", "# only\n", &text.replace("5", "1"), &text.replace("0-2", "2-0")] {
            assert_eq!(Written::parse(wrong), None, "{wrong}");
        }
    }
}
