//! Counting and finding the points of a product that lie in none of some boxes, without walking the product.
//!
//! A box is a set of digits for each axis. Going through the axes, what matters of the digits chosen so far is only which
//! boxes they still lie in; digits that agree in that are counted once, and counts are kept by axis and set of boxes.

use std::collections::HashMap;

/// A set of boxes as bits.
type Alive = Box<[u64]>;

/// The points of a product outside all boxes.
#[derive(Clone, Debug)]
pub(super) struct Survivors {
    /// Per axis, per digit: the boxes whose set has the digit.
    inside: Vec<Vec<Alive>>,
    counts: HashMap<(usize, Alive), u64>,
    all: Alive,
}

impl Survivors {
    /// Of a product of axes of these lengths and boxes given as one row of truth values for each axis.
    pub fn new(lengths: &[usize], boxes: &[Vec<Vec<bool>>]) -> Self {
        let words = boxes.len().div_ceil(64);
        let set = |has: &dyn Fn(usize) -> bool| {
            let mut bits = vec![0u64; words].into_boxed_slice();
            for place in (0..boxes.len()).filter(|&place| has(place)) {
                bits[place / 64] |= 1 << (place % 64);
            }
            bits
        };
        let digits = |axis: usize| (0..lengths[axis]).map(|digit| set(&|place| boxes[place][axis][digit])).collect();
        let inside = (0..lengths.len()).map(digits).collect();
        let mut survivors = Self { inside, counts: HashMap::new(), all: set(&|_| true) };
        let all = survivors.all.clone();
        survivors.fill(0, all);
        survivors
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.count(0, &self.all)
    }

    /// The digits of the survivor of a rank, counted with the last axis turning fastest. Panics beyond the last.
    pub fn get(&self, mut rank: u64) -> Vec<usize> {
        assert!(rank < self.len(), "no survivor {rank}");
        let mut alive = self.all.clone();
        let mut digits = Vec::with_capacity(self.inside.len());
        for (axis, choices) in self.inside.iter().enumerate() {
            for (digit, inside) in choices.iter().enumerate() {
                let next = both(&alive, inside);
                let count = self.count(axis + 1, &next);
                if rank < count {
                    digits.push(digit);
                    alive = next;
                    break;
                }
                rank -= count;
            }
        }
        digits
    }

    /// Survivors of the axes from `axis` on, among points that lie in the boxes `alive` so far.
    fn count(&self, axis: usize, alive: &Alive) -> u64 {
        if alive.iter().all(|&word| word == 0) {
            return self.inside[axis..].iter().map(|axis| axis.len() as u64).product();
        }
        if axis == self.inside.len() {
            return 0;
        }
        self.counts[&(axis, alive.clone())]
    }

    fn fill(&mut self, axis: usize, alive: Alive) {
        if axis == self.inside.len() || alive.iter().all(|&word| word == 0) {
            return;
        }
        let key = (axis, alive);
        if self.counts.contains_key(&key) {
            return;
        }
        let mut count = 0;
        for digit in 0..self.inside[axis].len() {
            let next = both(&key.1, &self.inside[axis][digit]);
            self.fill(axis + 1, next.clone());
            count += self.count(axis + 1, &next);
        }
        self.counts.insert(key, count);
    }
}

fn both(a: &Alive, b: &Alive) -> Alive {
    a.iter().zip(b).map(|(a, b)| a & b).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn boxes(lengths: &[usize], count: usize) -> impl Strategy<Value = Vec<Vec<Vec<bool>>>> + use<> {
        let axis = |&length: &usize| proptest::collection::vec(any::<bool>(), length);
        proptest::collection::vec(lengths.iter().map(axis).collect::<Vec<_>>(), 0..=count)
    }

    fn cases() -> impl Strategy<Value = (Vec<usize>, Vec<Vec<Vec<bool>>>)> {
        proptest::collection::vec(1usize..5, 0..5).prop_flat_map(|lengths| {
            let boxes = boxes(&lengths, 70);
            (Just(lengths), boxes)
        })
    }

    proptest! {
        #[test]
        fn survivors_are_those_that_a_walk_finds((lengths, boxes) in cases()) {
            let mut walked = Vec::new();
            for mut index in 0..lengths.iter().product::<usize>() {
                let mut digits = vec![0; lengths.len()];
                for (digit, length) in digits.iter_mut().zip(&lengths).rev() {
                    *digit = index % length;
                    index /= length;
                }
                if !boxes.iter().any(|b| b.iter().zip(&digits).all(|(axis, &digit)| axis[digit])) {
                    walked.push(digits);
                }
            }
            let survivors = Survivors::new(&lengths, &boxes);
            let found: Vec<Vec<usize>> = (0..survivors.len()).map(|rank| survivors.get(rank)).collect();
            prop_assert_eq!(found, walked);
        }
    }

    #[test]
    fn a_product_of_ten_billion_points_is_counted_without_walking_it() {
        let odd = |n: usize| (0..100).map(|digit| digit % n == 0).collect::<Vec<_>>();
        let boxes: Vec<Vec<Vec<bool>>> = (2..12).map(|n| vec![odd(n); 5]).collect();
        let survivors = Survivors::new(&[100; 5], &boxes);
        assert!(survivors.len() > 9_000_000_000 && survivors.len() < 10_000_000_000);
        assert_eq!(survivors.get(0), [0, 0, 0, 0, 1]);
    }
}
