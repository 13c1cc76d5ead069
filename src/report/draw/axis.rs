//! Axes in numbers: the range that holds the data, round ticks, their words.

use crate::report::figure::{Axis, Scale, Ticks};

/// An axis with its ends settled: numbers become shares of the frame's width or height, 0 at the low end.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Whether places go by the logarithm.
    pub log: bool,
    /// The low end.
    pub low: f64,
    /// The high end.
    pub high: f64,
    /// Whether there is anything to measure; an axis of nothing has no ticks.
    pub known: bool,
}

/// What a logarithmic axis takes for zero: smaller numbers leave no room for powers of ten below them.
const LEAST: f64 = 1e-300;

/// A place on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where, as a share of the axis.
    pub at: f64,
    /// Whether a line of the grid runs from it.
    pub major: bool,
    /// What is written there; nothing at a minor tick, or where a neighbouring panel has the words.
    pub label: Option<String>,
}

impl Measure {
    /// Settles the ends of an axis so that they hold the data, with a little air around it.
    pub fn of(axis: &Axis, data: impl IntoIterator<Item = f64>) -> Self {
        let log = axis.scale == Scale::Log;
        let fits = |x: &f64| x.is_finite() && (!log || *x > LEAST);
        let given = axis.range.filter(|(low, high)| fits(low) && fits(high) && low < high);
        let (low, high, known) = match (given, &axis.scale) {
            (Some((low, high)), _) => (low, high, true),
            (None, Scale::Words(words)) => (-0.5, words.len().max(1) as f64 - 0.5, true),
            (None, _) => {
                let ends = data.into_iter().filter(fits).fold(None, |ends: Option<(f64, f64)>, x| {
                    Some(ends.map_or((x, x), |(low, high)| (low.min(x), high.max(x))))
                });
                let (low, high) = if log { aired_log(ends) } else { aired(ends) };
                (low, high, ends.is_some())
            }
        };
        Self { log, low, high, known }
    }

    /// Where a number lies, as a share of the axis; beyond 0..=1 if it is outside, infinite if it is nowhere on it.
    pub fn place(&self, x: f64) -> f64 {
        if !self.log {
            return (x - self.low) / (self.high - self.low);
        }
        if x <= LEAST {
            return f64::NEG_INFINITY;
        }
        let (low, high) = (libm::log10(self.low), libm::log10(self.high));
        (libm::log10(x) - low) / (high - low)
    }

    /// The ticks of an axis that has room for about `count` labels.
    pub fn ticks(&self, axis: &Axis, count: usize) -> Vec<Tick> {
        let label = |(x, label): (f64, String)| Tick { at: self.place(x), major: true, label: Some(label) };
        let inside = |tick: &Tick| (-1e-9..=1.0 + 1e-9).contains(&tick.at);
        match (&axis.ticks, &axis.scale) {
            (Ticks::None, _) => Vec::new(),
            _ if !self.known => Vec::new(),
            (Ticks::At(ticks), _) => ticks.iter().cloned().map(label).filter(inside).collect(),
            (_, Scale::Words(words)) => {
                words.iter().enumerate().map(|(k, word)| label((k as f64, word.clone()))).filter(inside).collect()
            }
            (_, Scale::Log) => self.log_ticks(count).into_iter().filter(inside).collect(),
            (_, Scale::Linear) => self.even_ticks(count).into_iter().filter(inside).collect(),
        }
    }

    fn minor(&self, x: f64) -> Tick {
        Tick { at: self.place(x), major: false, label: None }
    }

    fn even_ticks(&self, count: usize) -> Vec<Tick> {
        let step = round_step((self.high - self.low) / count.max(2) as f64);
        let first = (self.low / step - 1e-9).ceil();
        let last = (self.high / step + 1e-9).floor();
        let span = (last - first).clamp(0.0, 50.0) as usize;
        let numbers: Vec<f64> = (0..=span).map(|k| (first + k as f64) * step).collect();
        let labels = even_labels(&numbers, step);
        numbers
            .iter()
            .zip(labels)
            .map(|(&x, label)| Tick { at: self.place(x), major: true, label: Some(label) })
            .collect()
    }

    fn log_ticks(&self, count: usize) -> Vec<Tick> {
        let (low, high) = (libm::log10(self.low), libm::log10(self.high));
        let (first, last) = (low.floor() as i32, high.ceil() as i32);
        let whole = (high + 1e-9).floor() - (low - 1e-9).ceil() + 1.0;
        let mut ticks = Vec::new();
        if whole < 2.0 {
            // Less than two powers of ten: the usual steps between them carry words as well.
            let at = |leads: &[f64]| -> Vec<f64> {
                let all = (first..=last).flat_map(|power| leads.iter().map(move |lead| lead * ten(power)));
                all.filter(|x| (self.low..=self.high).contains(x)).collect()
            };
            let choices: [&[f64]; 2] = [&[1.0, 2.0, 5.0], &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]];
            let found = choices.iter().map(|leads| at(leads)).find(|at| at.len() >= 3);
            let Some(found) = found else { return self.even_ticks(count.min(4)) };
            let all = (first..=last).flat_map(|power| (1..10).map(move |lead| f64::from(lead) * ten(power)));
            let minor = all.filter(|x| !found.contains(x)).map(|x| self.minor(x));
            let major = found.iter().map(|&x| Tick { at: self.place(x), major: true, label: Some(words(x)) });
            return major.chain(minor).collect();
        }
        let stride = (whole as usize).div_ceil(count.max(2)).max(1) as i32;
        for power in first..=last {
            let labelled = power.rem_euclid(stride) == 0;
            let label = labelled.then(|| format!("10{}", superscript(power)));
            ticks.push(Tick { at: self.place(ten(power)), major: labelled, label });
            if stride == 1 && last - first <= 8 {
                let minor = (2..10).map(|lead| self.minor(f64::from(lead) * ten(power)));
                ticks.extend(minor);
            }
        }
        ticks
    }
}

/// The ends of the data with a little air; of nothing, 0 to 1.
fn aired(ends: Option<(f64, f64)>) -> (f64, f64) {
    let Some((low, high)) = ends else { return (0.0, 1.0) };
    let air = if high - low > 1e-12 * (low.abs() + high.abs()) {
        0.04 * (high - low)
    } else {
        (0.1 * high.abs()).max(1e-9 + 0.5 * f64::from(u8::from(high == 0.0)))
    };
    let (low, high) = (low - air, high + air);
    // Numbers near the largest there are leave no air.
    if low < high && (high - low).is_finite() { (low, high) } else { (-f64::MAX / 4.0, f64::MAX / 4.0) }
}

fn aired_log(ends: Option<(f64, f64)>) -> (f64, f64) {
    let Some((low, high)) = ends else { return (0.1, 1.0) };
    let (from, to) = (libm::log10(low), libm::log10(high));
    let air = if to - from > 1e-9 { 0.04 * (to - from) } else { 0.2 };
    let power = |x: f64| libm::exp10(x.clamp(-307.0, 307.0));
    let (low, high) = (power(from - air), power(to + air));
    if low < high { (low, high) } else { (0.1, 1.0) }
}

/// 1, 2 or 5 times a power of ten, whichever is nearest to `rough` by ratio.
fn round_step(rough: f64) -> f64 {
    let rough = if rough.is_finite() && rough > 0.0 { rough } else { 1.0 };
    let power = libm::log10(rough).floor() as i32;
    let lead = rough / ten(power);
    // The geometric means of neighbouring steps.
    let steps = [(1.414, 1.0), (3.162, 2.0), (7.071, 5.0)];
    steps.iter().find(|(limit, _)| lead < *limit).map_or(10.0, |(_, step)| *step) * ten(power)
}

/// Labels of evenly spaced numbers, all with the same number of decimals, or all with the same power of ten.
fn even_labels(numbers: &[f64], step: f64) -> Vec<String> {
    let greatest = numbers.iter().fold(0.0f64, |greatest, x| greatest.max(x.abs()));
    let power = if greatest > 0.0 { libm::log10(greatest).floor() as i32 } else { 0 };
    let scientific = !(-3..5).contains(&power);
    let unit = if scientific { ten(power) } else { 1.0 };
    let decimals = (0..6)
        .find(|&decimals| {
            let scaled = step / unit * ten(decimals);
            (scaled - scaled.round()).abs() < 1e-6 * scaled
        })
        .unwrap_or(6) as usize;
    let label = |&x: &f64| {
        let x = if x.abs() < 1e-9 * step { 0.0 } else { x };
        match scientific && x != 0.0 {
            true => format!("{:.decimals$}×10{}", x / unit, superscript(power)).replace('-', "−"),
            false => format!("{x:.*}", if scientific { 0 } else { decimals }).replace('-', "−"),
        }
    };
    numbers.iter().map(label).collect()
}

/// 10ⁿ, correctly rounded.
pub fn ten(n: i32) -> f64 {
    format!("1e{n}").parse().unwrap_or(f64::NAN)
}

/// `⁻³`.
pub fn superscript(n: i32) -> String {
    let digit = |c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => char::from_u32('⁰' as u32 + (c as u32 - '0' as u32)).unwrap_or(c),
    };
    n.to_string().chars().map(digit).collect()
}

/// A number for reading, with a true minus and `2.1×10⁻⁴` in place of `2.1e-4`.
pub fn words(x: f64) -> String {
    let short = crate::text::short(x);
    match short.split_once('e') {
        Some((lead, power)) => {
            let lead = if lead == "1" { String::new() } else { format!("{lead}×") };
            format!("{lead}10{}", superscript(power.parse().unwrap_or(0)))
        }
        None => short,
    }
    .replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(axis: &Axis, data: &[f64], count: usize) -> Vec<String> {
        let measure = Measure::of(axis, data.iter().copied());
        measure.ticks(axis, count).into_iter().filter_map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_stand_at_round_numbers() {
        let even = Axis::linear("");
        assert_eq!(labels(&even, &[0.0, 200.0], 5), ["0", "50", "100", "150", "200"]);
        assert_eq!(labels(&even, &[0.91, 0.99], 4), ["0.92", "0.94", "0.96", "0.98"]);
        assert_eq!(labels(&even, &[-3.0, 3.0], 6), ["−3", "−2", "−1", "0", "1", "2", "3"]);
        assert_eq!(labels(&even, &[0.0, 3e-5], 3), ["0", "1×10⁻⁵", "2×10⁻⁵", "3×10⁻⁵"]);
        let log = Axis::log("");
        assert_eq!(labels(&log, &[0.001, 1.0], 5), ["10⁻³", "10⁻²", "10⁻¹", "10⁰"]);
        assert_eq!(labels(&log, &[0.02, 0.09], 5), ["0.02", "0.03", "0.04", "0.05", "0.06", "0.08"]);
        assert_eq!(labels(&log, &[1e-12, 1.0], 4), ["10⁻¹²", "10⁻⁸", "10⁻⁴", "10⁰"]);
    }

    #[test]
    fn words_have_a_true_minus_and_powers() {
        assert_eq!(words(-2.149e-4), "−2.149×10⁻⁴");
        assert_eq!(words(1e-5), "10⁻⁵");
        assert_eq!(words(0.5), "0.5");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_data_gives_a_range_and_ticks_on_it(
            data in prop::collection::vec(prop_oneof![any::<f64>(), Just(0.0), Just(f64::NAN), Just(f64::INFINITY)], 0..6),
            log: bool, count in 0usize..12,
        ) {
            let axis = if log { Axis::log("") } else { Axis::linear("") };
            let measure = Measure::of(&axis, data.iter().copied());
            prop_assert!(measure.low < measure.high);
            for tick in measure.ticks(&axis, count) {
                prop_assert!((-1e-6..=1.0 + 1e-6).contains(&tick.at), "{:?}", tick);
            }
            for x in data.iter().filter(|x| x.is_finite() && (!log || **x > LEAST)) {
                prop_assert!((-1e-6..=1.0 + 1e-6).contains(&measure.place(*x)), "{x} {measure:?}");
            }
        }
    }
}
