//! Counting and finding the points of a product that lie in none of some boxes, without walking the product.
//!
//! A box is a set of digits for each axis. Going through the axes, what matters of the digits chosen so far is only which
//! boxes they still lie in. Digits that agree in that are counted once, and points that agree in it share a node, which
//! knows how many survivors come before each digit: counting is an addition over nodes, finding a search in each axis.

use std::collections::HashMap;

/// A set of boxes as bits.
type Alive = Box<[u64]>;

/// The points of a product outside all boxes.
#[derive(Clone, Debug)]
pub(super) struct Survivors {
    /// Per axis, the number of points of this and all later axes; 1 after the last.
    whole: Vec<u64>,
    nodes: Vec<Node>,
    root: Next,
    len: u64,
}

/// Points that agree, on the axes before this one, in the boxes they still lie in.
#[derive(Clone, Debug)]
struct Node {
    /// The survivors before each digit of the axis, and at the end all of them.
    before: Vec<u64>,
    /// What follows each digit.
    next: Vec<Next>,
}

/// The node that follows; `None` where no box is left, so that all points survive, or where none does.
type Next = Option<usize>;

/// The digits of an axis by the boxes that have them.
struct Classes {
    of: Vec<usize>,
    inside: Vec<Alive>,
}

impl Survivors {
    /// Of a product of axes of these lengths and boxes given as one row of truth values for each axis. `None` if that takes
    /// more places in nodes than are left in `room`: boxes can overlap in as many ways as there are sets of them.
    pub fn new(lengths: &[usize], boxes: &[Vec<Vec<bool>>], room: &mut usize) -> Option<Self> {
        let mut whole = vec![1; lengths.len() + 1];
        for axis in (0..lengths.len()).rev() {
            whole[axis] = whole[axis + 1] * lengths[axis] as u64;
        }
        let words = boxes.len().div_ceil(64);
        let set = |has: &dyn Fn(usize) -> bool| {
            let mut bits = vec![0u64; words].into_boxed_slice();
            for place in (0..boxes.len()).filter(|&place| has(place)) {
                bits[place / 64] |= 1 << (place % 64);
            }
            bits
        };
        let classes = |(axis, &length): (usize, &usize)| {
            let mut classes = Classes { of: Vec::with_capacity(length), inside: Vec::new() };
            let mut known: HashMap<Alive, usize> = HashMap::new();
            let inside = |digit: usize| set(&|place| boxes[place][axis][digit]);
            for inside in (0..length).map(inside) {
                let class = *known.entry(inside).or_insert_with_key(|inside| {
                    classes.inside.push(inside.clone());
                    classes.inside.len() - 1
                });
                classes.of.push(class);
            }
            classes
        };
        let axes: Vec<Classes> = lengths.iter().enumerate().map(classes).collect();
        let mut survivors = Self { whole, nodes: Vec::new(), root: None, len: 0 };
        let (root, len) = survivors.node(&axes, 0, &set(&|_| true), &mut HashMap::new(), room)?;
        Some(Self { root, len, ..survivors })
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// The digits of the survivor of a rank, counted with the last axis turning fastest. Panics beyond the last.
    pub fn get(&self, mut rank: u64) -> Vec<usize> {
        assert!(rank < self.len, "no survivor {rank}");
        let mut next = self.root;
        let digits = self.whole[1..].iter().map(|&later| match next {
            None => {
                let digit = rank / later;
                rank %= later;
                digit as usize
            }
            Some(node) => {
                let Node { before, next: follows } = &self.nodes[node];
                let digit = before.partition_point(|&before| before <= rank) - 1;
                rank -= before[digit];
                next = follows[digit];
                digit
            }
        });
        digits.collect()
    }

    /// The node of the axes from `axis` on, among points that lie in the boxes `alive` so far, and its survivors.
    fn node(
        &mut self,
        axes: &[Classes],
        axis: usize,
        alive: &Alive,
        known: &mut HashMap<(usize, Alive), usize>,
        room: &mut usize,
    ) -> Option<(Next, u64)> {
        if alive.iter().all(|&word| word == 0) {
            return Some((None, self.whole[axis]));
        }
        let Some(classes) = axes.get(axis) else { return Some((None, 0)) };
        let key = (axis, alive.clone());
        let place = if let Some(&place) = known.get(&key) {
            place
        } else {
            *room = room.checked_sub(classes.of.len() + classes.inside.len() + alive.len())?;
            let inside = classes.inside.iter();
            let follows: Vec<(Next, u64)> = inside
                .map(|inside| self.node(axes, axis + 1, &both(alive, inside), known, room))
                .collect::<Option<_>>()?;
            let mut node = Node { before: vec![0], next: Vec::with_capacity(classes.of.len()) };
            let mut sum = 0;
            for &class in &classes.of {
                let (next, count) = follows[class];
                sum += count;
                node.before.push(sum);
                node.next.push(next);
            }
            self.nodes.push(node);
            known.insert(key, self.nodes.len() - 1);
            self.nodes.len() - 1
        };
        Some((Some(place), self.nodes[place].before[classes.of.len()]))
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
            let survivors = Survivors::new(&lengths, &boxes, &mut usize::MAX.clone()).expect("room");
            let found: Vec<Vec<usize>> = (0..survivors.len()).map(|rank| survivors.get(rank)).collect();
            prop_assert_eq!(found, walked);
        }
    }

    #[test]
    fn a_product_of_ten_billion_points_is_counted_without_walking_it() {
        let odd = |n: usize| (0..100).map(|digit| digit % n == 0).collect::<Vec<_>>();
        let boxes: Vec<Vec<Vec<bool>>> = (2..12).map(|n| vec![odd(n); 5]).collect();
        let mut room = 1_000_000;
        let survivors = Survivors::new(&[100; 5], &boxes, &mut room).expect("room");
        assert!(Survivors::new(&[100; 5], &boxes, &mut 1000).is_none(), "{room} of a million are left");
        assert!(survivors.len() > 9_000_000_000 && survivors.len() < 10_000_000_000);
        assert_eq!(survivors.get(0), [0, 0, 0, 0, 1]);
    }
}
