//! Processor time: what this process has computed, which the machine's other work changes little.
#![allow(dead_code)]

use std::time::Duration;

/// Nanoseconds that the threads of this process have computed; `None` where the system does not tell.
pub fn processor_nanoseconds() -> Option<u64> {
    // Linux brings a thread's account up to date when it leaves the processor.
    std::thread::sleep(Duration::from_micros(50));
    let threads = std::fs::read_dir("/proc/self/task").ok()?;
    let used = |thread: std::io::Result<std::fs::DirEntry>| -> Option<u64> {
        std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    threads.map(used).sum()
}

/// Seconds of processor time that `work` takes, or of the clock on the wall where the system tells no other.
pub fn seconds(work: impl FnOnce()) -> f64 {
    let (began, before) = (std::time::Instant::now(), processor_nanoseconds());
    work();
    match (before, processor_nanoseconds()) {
        (Some(before), Some(after)) => after.saturating_sub(before) as f64 / 1e9,
        _ => began.elapsed().as_secs_f64(),
    }
}

/// Seconds of processor time of this process (from 0) or of all its children that have ended (from 2), in hundredths.
pub fn ticks(children: bool) -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let skipped = if children { 13 } else { 11 };
    fields.skip(skipped).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() as f64 / 100.0
}
