//! Work side by side on as many threads as the machine has cores. Which thread did what does not show.

use std::sync::LazyLock;

use rayon::prelude::*;

/// Threads of our own: candle has rayon's global pool kept to one, which is faster for small tensors. As many as there are
/// cores, or as the system lets this process have.
static POOL: LazyLock<Option<rayon::ThreadPool>> = LazyLock::new(|| {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok();
    (1..=cores()).rev().find_map(pool)
});

/// Cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What `work` makes of each item, in the order of the items. A panic is handed on. Items are dealt out one by one, for
/// one plot may take as long as all others.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    match POOL.as_ref() {
        Some(pool) => pool.install(|| items.par_iter().with_max_len(1).map(&work).collect()),
        // Where no thread can be had, the work is done on this one.
        None => items.iter().map(work).collect(),
    }
}

/// What both give.
pub fn both<A: Send, B: Send>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B + Send) -> (A, B) {
    match POOL.as_ref() {
        Some(pool) => pool.join(first, second),
        None => (first(), second()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for count in [0, 1, 7, 1000] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(map(&items, |&i| 2 * i), (0..count).map(|i| 2 * i).collect::<Vec<_>>());
        }
        assert_eq!(both(|| 1, || "two"), (1, "two"));
    }

    #[test]
    fn a_panic_is_handed_on() {
        let panic = std::panic::catch_unwind(|| map(&[1, 2, 3], |&i| assert!(i != 2, "two"))).expect_err("of one item");
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"two"));
    }
}
