//! What is said during a sweep: a bar on a terminal, else a plain line now and then.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::selection::Selected;
use super::terminal;
use crate::analysis::{Metric, Outcome, Status};
use crate::exec::Event;
use crate::plan::Run;
use crate::text;

/// Plain lines come no more often.
const PAUSE: Duration = Duration::from_secs(1);

/// The bar is redrawn no more often.
const FRAMES: u8 = 12;

/// How far a sweep is.
#[derive(Debug)]
pub(super) struct Progress<'a> {
    shown: Shown,
    quiet: bool,
    total: u64,
    ended: u64,
    began: Instant,
    /// The experiment whose best run is shown.
    judged: Option<(&'a Selected, Metric)>,
    best: Option<(f64, String)>,
}

#[derive(Debug)]
enum Shown {
    Nothing,
    Bar(ProgressBar),
    Lines(Instant),
}

impl Shown {
    fn begin(total: u64, now: Instant) -> Self {
        if !std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            return Self::Lines(now);
        }
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} runs · {per_sec} · {eta} left{msg}");
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(FRAMES));
        bar.set_style(style.expect("a sound template").progress_chars("━╸ ").with_key("per_sec", rate));
        bar.enable_steady_tick(Duration::from_millis(250));
        Self::Bar(bar)
    }
}

impl<'a> Progress<'a> {
    /// Of runs that are counted when they begin.
    pub fn new(quiet: bool) -> Self {
        Self { shown: Shown::Nothing, quiet, total: 0, ended: 0, began: Instant::now(), judged: None, best: None }
    }

    /// The same, showing the best run by the experiment's metric.
    pub fn judged(selected: &'a Selected, quiet: bool) -> Self {
        let mut progress = Self::new(quiet);
        progress.judged = Some((selected, selected.experiment.metric()));
        progress
    }

    /// Shows what happened.
    pub fn on(&mut self, event: &Event) {
        match event {
            Event::SweepStarted { expected, .. } => self.expect(*expected),
            Event::Finished { run, outcome, .. } => {
                self.compare(run, outcome);
                self.reach(self.ended + 1);
            }
            Event::Failed { .. } => self.reach(self.ended + 1),
            Event::FewerThreads(threads) => {
                let threads = match threads {
                    0 => "no thread of its own".to_owned(),
                    some => format!("only {}", text::count(*some, "thread")),
                };
                terminal::warn(format_args!(
                    "the system lets this process have {threads} to train on; see `ulimit -u` and `pids.max`"
                ));
            }
            Event::Started(_) | Event::Idle | Event::Overdue | Event::SweepEnded(_) => {}
        }
    }

    /// So many more runs are to come.
    pub fn expect(&mut self, more: u64) {
        self.total += more;
        match &self.shown {
            Shown::Bar(bar) => bar.set_length(self.total),
            Shown::Nothing if !self.quiet && self.total > 0 => {
                self.began = Instant::now();
                self.shown = Shown::begin(self.total, self.began);
            }
            Shown::Nothing | Shown::Lines(_) => {}
        }
    }

    /// Keeps the run in mind if it is the best so far.
    fn compare(&mut self, run: &Run, outcome: &Outcome) {
        let Some((selected, metric)) = self.judged else { return };
        let Some(cost) = cost(metric, outcome) else { return };
        if self.best.as_ref().is_none_or(|(best, _)| cost < *best) {
            self.best = Some((cost, selected.label(run)));
            if let Shown::Bar(bar) = &self.shown {
                bar.set_message(self.words());
            }
        }
    }

    /// So many have ended in all.
    pub fn reach(&mut self, ended: u64) {
        self.ended = ended.min(self.total);
        if let Shown::Bar(bar) = &self.shown {
            bar.set_position(self.ended);
        }
        self.pause_over();
    }

    /// Says a plain line if it is time.
    fn pause_over(&mut self) {
        let Shown::Lines(last) = self.shown else { return };
        if last.elapsed() < PAUSE || self.ended == self.total || self.ended == 0 {
            return;
        }
        self.shown = Shown::Lines(Instant::now());
        let rate = self.ended as f64 / self.began.elapsed().as_secs_f64();
        let left = Duration::from_secs_f64((self.total - self.ended) as f64 / rate);
        let (ended, total, rate, left) = (self.ended, self.total, text::short(rate), duration(left));
        terminal::say(format_args!("{ended}/{total} runs · {rate} runs/s · {left} left{}", self.words()));
    }

    fn words(&self) -> String {
        let (Some((_, metric)), Some((cost, label))) = (self.judged, &self.best) else { return String::new() };
        let label = if label.is_empty() { String::new() } else { format!(" ({})", text::plain(label)) };
        format!(" · best {} {}{label}", metric.label(), text::short(cost.abs()))
    }
}

/// A run's metric, turned so that less is better; none if it diverged.
fn cost(metric: Metric, outcome: &Outcome) -> Option<f64> {
    let value = outcome.value(metric)?;
    let value = if metric.higher_is_better() { -value } else { value };
    (outcome.status == Status::Done && value.is_finite()).then_some(f64::from(value))
}

/// The bar goes away, also when an error ends the sweep.
impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn rate(state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write) {
    // A line that cannot be drawn is not worth an error.
    let _ = write!(out, "{} runs/s", text::short(state.per_sec()));
}

/// `12.3 ms`, `12 s`, `3 min 5 s`, `2 h 10 min`, `5 d 3 h`.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let whole = seconds.round() as u64;
    let two = |large: u64, a: &str, small: u64, b: &str| {
        if small == 0 { format!("{large} {a}") } else { format!("{large} {a} {small} {b}") }
    };
    match whole {
        _ if seconds < 1.0 => format!("{} ms", text::short((seconds * 1e4).round() / 10.0)),
        0..10 => format!("{} s", text::short((seconds * 100.0).round() / 100.0)),
        10..60 => format!("{whole} s"),
        60..3600 => two(whole / 60, "min", whole % 60, "s"),
        3600..86400 => two(whole / 3600, "h", whole / 60 % 60, "min"),
        _ => two(whole / 86400, "d", whole / 3600 % 24, "h"),
    }
}

/// Reads `90`, `45s`, `10m`, `1h30m`, `2d` as a time; a bare number is seconds.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{}` is not a time: write 45s, 10m, 1h30m or 2d", text::plain(text));
    let mut rest = text.trim();
    let mut seconds = 0.0;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..end].parse().map_err(|_| wrong())?;
        let unit_end = rest[end..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| end + at);
        let scale = match rest[end..unit_end].trim() {
            "" | "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return Err(wrong()),
        };
        seconds += number * scale;
        rest = &rest[unit_end..];
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_as_people_do() {
        for (text, seconds) in
            [("90", 90.0), ("45s", 45.0), ("10m", 600.0), ("1h30m", 5400.0), ("0.5s", 0.5), ("2d", 172_800.0)]
        {
            assert_eq!(parse_duration(text).expect("a time").as_secs_f64(), seconds, "{text}");
        }
        for wrong in ["", "m", "10x", "-5s", "1e999s", "1..2s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
        for (seconds, text) in [
            (0.0123, "12.3 ms"),
            (0.25, "250 ms"),
            (9.0, "9 s"),
            (59.4, "59 s"),
            (3599.0, "59 min 59 s"),
            (7800.0, "2 h 10 min"),
        ] {
            assert_eq!(duration(Duration::from_secs_f64(seconds)), text);
        }
    }
}
