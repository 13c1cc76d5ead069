//! Samples as users have them, row by row, and as kernels want them, in groups of 32 lanes.

use super::simd::{LANES, Lanes};

/// Packs the rows `order` of a row-major table into groups, unit by unit; what is left of the last group is +0.
pub fn pack(table: &[f32], units: usize, order: impl Iterator<Item = usize>, groups: &mut [Lanes]) {
    groups.fill(Lanes::ZERO);
    for (k, row) in order.enumerate() {
        let group = &mut groups[k / LANES * units..][..units];
        for (lanes, &x) in group.iter_mut().zip(&table[row * units..][..units]) {
            lanes.0[k % LANES] = x;
        }
    }
}

/// The rows of the first `samples` samples, NaN in its canonical form.
pub fn unpack(groups: &[Lanes], units: usize, samples: usize) -> impl Iterator<Item = f32> {
    let place = move |k: usize| (k / units / LANES * units + k % units, k / units % LANES);
    (0..samples * units).map(place).map(|(unit, lane)| super::canonical(groups[unit].0[lane]))
}

/// The sum over a batch by the contract's rule: each lane in ascending order, the lanes by the tree.
pub fn total<'a>(groups: impl Iterator<Item = &'a Lanes>) -> f32 {
    let mut sums = [0.0; LANES];
    for group in groups {
        for (sum, x) in sums.iter_mut().zip(group.0) {
            *sum += x;
        }
    }
    for width in [16, 8, 4, 2, 1] {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
    }
    sums[0] + 0.0
}
