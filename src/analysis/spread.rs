//! Work on the items of a list side by side, on as many threads as the machine has cores.

/// What `work` makes of each item, in the order of the items; which thread did it does not show.
pub(super) fn spread<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // Fewer items than this are done before a thread has begun.
    let threads = cores.min(items.len() / 8).max(1);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let share = || {
        let mut made = Vec::new();
        loop {
            let i = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(item) = items.get(i) else { return made };
            made.push((i, work(item)));
        }
    };
    let mut made = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(share)).collect();
        let mut made = share();
        for other in others {
            match other.join() {
                Ok(more) => made.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        made
    });
    made.sort_unstable_by_key(|&(i, _)| i);
    made.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for count in [0, 1, 7, 1000] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(spread(&items, |&i| 2 * i), (0..count).map(|i| 2 * i).collect::<Vec<_>>());
        }
    }
}
