//! Experiments made from runs already trained: seeds are drawn from a pool, a method is asked, and the pool knows the truth.

use tallow::rng::{Purpose, Stream};
use tallow::stats::{self, By, Case, Estimate, Gap, Rules, Scale, Verdict};

use crate::before;

/// The relative margin within which values count as equal.
const MARGIN: f64 = 0.1;

/// Training losses of an experiment on many seeds, by value, setting and seed.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The experiment.
    pub name: String,
    /// The losses.
    pub values: Vec<Vec<Vec<f64>>>,
}

/// What a method and the one before it came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    /// The method that tallow had before.
    pub before: f64,
    /// The method it has.
    pub after: f64,
}

/// A row of the table: what is measured, and the rates by number of seeds.
pub type Measured = (String, Vec<Rates>);

/// The finite and infinite costs.
pub fn known(costs: &[f64]) -> Vec<f64> {
    costs.iter().copied().filter(|cost| !cost.is_nan()).collect()
}

fn iqm(costs: &[f64]) -> f64 {
    stats::iqm(&stats::sorted(costs))
}

fn holds(estimate: Estimate, truth: f64) -> f64 {
    f64::from(u8::from(estimate.low <= truth && truth <= estimate.high))
}

impl Pool {
    fn seeds(&self) -> usize {
        self.values[0][0].len()
    }

    /// So many different seeds.
    fn draw(&self, n: usize, stream: &mut Stream) -> Vec<usize> {
        let mut seeds: Vec<usize> = (0..self.seeds()).collect();
        stream.shuffle(&mut seeds);
        seeds.truncate(n);
        seeds
    }

    fn of(&self, value: usize, seeds: &[usize]) -> Vec<Vec<f64>> {
        let of_setting = |costs: &Vec<f64>| seeds.iter().map(|&seed| costs[seed]).collect();
        self.values[value].iter().map(of_setting).collect()
    }

    /// The setting of a value that is best over the whole pool.
    fn best(&self, value: usize) -> usize {
        let mean = |setting: &usize| iqm(&self.values[value][*setting]);
        (0..self.values[value].len()).min_by(|a, b| mean(a).total_cmp(&mean(b))).expect("a setting")
    }

    /// Values alike: each the same one on seeds of its own, its settings tried anew.
    fn alike(&self, values: usize, n: usize, stream: &mut Stream) -> Case {
        let seeds = self.draw(values * n, stream);
        let value = stream.below(self.values.len() as u64) as usize;
        Case {
            values: seeds.chunks_exact(n).map(|seeds| self.of(value, seeds)).collect(),
            by: By::Judged,
            inflation: 1.0,
        }
    }

    /// Two values of equally many settings that change places from seed to seed, so that neither is better.
    fn exchanged(&self, n: usize, stream: &mut Stream) -> Case {
        let pairs: Vec<(usize, usize)> = (0..self.values.len())
            .flat_map(|a| (a + 1..self.values.len()).map(move |b| (a, b)))
            .filter(|&(a, b)| self.values[a].len() == self.values[b].len())
            .collect();
        let (a, b) = pairs[stream.below(pairs.len() as u64) as usize];
        self.exchange(a, b, n, stream)
    }

    fn exchange(&self, a: usize, b: usize, n: usize, stream: &mut Stream) -> Case {
        let seeds = self.draw(n, stream);
        let (mut one, mut other) = (self.of(a, &seeds), self.of(b, &seeds));
        for seed in 0..n {
            if stream.below(2) == 1 {
                for (x, y) in one.iter_mut().zip(&mut other) {
                    std::mem::swap(&mut x[seed], &mut y[seed]);
                }
            }
        }
        Case { values: vec![one, other], by: By::Judged, inflation: 1.0 }
    }
}

fn rules(n: usize) -> Rules {
    Rules { scale: Scale::Ratio, margin: libm::log1p(MARGIN), seeds: n }
}

fn finds(cases: &[Case], n: usize) -> bool {
    let found = stats::compare(cases, rules(n));
    let claims = |versus: &stats::Versus| matches!(versus.verdict, Verdict::First { .. } | Verdict::Second { .. });
    found.within.iter().chain(&found.overall).any(claims)
}

/// Means over trials of what each yields before and after; trials run in parallel, each with its own stream.
fn average(trials: usize, key: &str, n: usize, trial: impl Fn(&mut Stream, usize) -> (f64, f64) + Sync) -> Rates {
    let numbers: Vec<usize> = (0..trials).collect();
    let found = tallow::parallel::map(&numbers, |&i| {
        trial(&mut Stream::new(Purpose::Bootstrap, key, (n * 1_000_000 + i) as u64), i)
    });
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| stats::mean(&found.iter().map(of).collect::<Vec<_>>());
    Rates { before: mean(&|rates| rates.0), after: mean(&|rates| rates.1) }
}

/// Coverage of a single setting's interquartile mean.
pub fn single(pools: &[Pool], n: usize, trials: usize) -> Rates {
    average(trials, "single", n, |stream, i| {
        let pool = &pools[i % pools.len()];
        let costs = &pool.values[i / pools.len() % pool.values.len()];
        let costs = &costs[pool.best(i / pools.len() % pool.values.len())];
        let drawn: Vec<f64> = pool.draw(n, stream).into_iter().map(|seed| costs[seed]).collect();
        (holds(before::percentiles(&drawn, stream), iqm(costs)), holds(stats::iqm_interval(&drawn), iqm(costs)))
    })
}

/// Coverage of a difference of two values, each at its one setting.
pub fn paired(pools: &[Pool], n: usize, trials: usize) -> Rates {
    average(trials, "paired", n, |stream, i| {
        let pool = &pools[i % pools.len()];
        let a = stream.below(pool.values.len() as u64) as usize;
        let b = (a + 1 + stream.below(pool.values.len() as u64 - 1) as usize) % pool.values.len();
        let (x, y) = (&pool.values[a][pool.best(a)], &pool.values[b][pool.best(b)]);
        let logs = |costs: &[f64]| costs.iter().map(|cost| libm::log(*cost)).collect::<Vec<_>>();
        let (all, all_logs) = (before::differences(x, y), before::differences(&logs(x), &logs(y)));
        let seeds = pool.draw(n, stream);
        let drawn = |all: &[f64]| seeds.iter().map(|&seed| all[seed]).collect::<Vec<f64>>();
        let former = holds(stats::t_interval(&drawn(&all)), stats::mean(&all));
        (former, holds(stats::hodges_lehmann(&drawn(&all_logs)), stats::hodges_lehmann(&all_logs).point))
    })
}

/// Coverage of a difference of two tuned values.
pub fn tuned(pools: &[Pool], n: usize, trials: usize) -> Rates {
    average(trials, "tuned", n, |stream, i| {
        let pool = &pools[i % pools.len()];
        let a = stream.below(pool.values.len() as u64) as usize;
        let b = (a + 1 + stream.below(pool.values.len() as u64 - 1) as usize) % pool.values.len();
        let (x, y) = (&pool.values[a][pool.best(a)], &pool.values[b][pool.best(b)]);
        let seeds = pool.draw(n, stream);
        let case = Case { values: vec![pool.of(a, &seeds), pool.of(b, &seeds)], by: By::Judged, inflation: 1.0 };
        let halves = before::differences(&before::judged(&case.values[0]).1, &before::judged(&case.values[1]).1);
        let former = holds(stats::t_interval(&halves), stats::mean(&before::differences(x, y)));
        let found = stats::compare(&[case], rules(n));
        let truth = libm::log(iqm(x)) - libm::log(iqm(y));
        let costs = found.cases[0].tuned.iter().flatten().collect::<Vec<_>>();
        (former, holds(Gap::of(&[(costs[0], costs[1])], n, 1.0).interval(), truth))
    })
}

/// How often a report of so many values and cases, none better than another, finds a difference.
pub fn false_claims(pools: &[Pool], values: usize, cases: usize, n: usize, trials: usize) -> Rates {
    average(trials, &format!("null {values} {cases}"), n, |stream, _| {
        let case = |stream: &mut Stream| {
            let pool = &pools[stream.below(pools.len() as u64) as usize];
            match values == 2 && stream.below(2) == 1 {
                true => pool.exchanged(n, stream),
                false => pool.alike(values, n, stream),
            }
        };
        let cases: Vec<Case> = (0..cases).map(|_| case(stream)).collect();
        (f64::from(u8::from(before::finds(&cases))), f64::from(u8::from(finds(&cases, n))))
    })
}

/// How often a loss that is 30 % lower by a factor is found, on the noise of two values that change places; of the values
/// with their best settings only, or of tuned ones.
pub fn power(pool: &Pool, pair: (usize, usize), is_tuned: bool, n: usize, trials: usize) -> Rates {
    average(trials, &format!("power {} {}", pair.0, pair.1), n, |stream, _| {
        let mut case = pool.exchange(pair.0, pair.1, n, stream);
        if !is_tuned {
            let best = pool.best(pair.0);
            case.values.iter_mut().for_each(|settings| *settings = vec![settings[best].clone()]);
        }
        case.values[1].iter_mut().flatten().for_each(|cost| *cost *= 0.7);
        let cases = [case];
        (f64::from(u8::from(before::finds(&cases))), f64::from(u8::from(finds(&cases, n))))
    })
}

/// By how much the number told of the winner is better than what as many fresh seeds give at the setting told.
pub fn bias(pools: &[Pool], n: usize, trials: usize) -> Rates {
    let rates = average(trials, "bias", n, |stream, i| {
        let pool = &pools[i % pools.len()];
        let mut seeds = pool.draw(pool.seeds(), stream);
        let fresh = seeds.split_off(n);
        let case = Case {
            values: (0..pool.values.len()).map(|value| pool.of(value, &seeds)).collect(),
            by: By::Judged,
            inflation: 1.0,
        };
        let mut expected = |value: usize, setting: usize, n: usize| {
            let mut once = || {
                let draw = |_| pool.values[value][setting][fresh[stream.below(fresh.len() as u64) as usize]];
                libm::log(iqm(&(0..n).map(draw).collect::<Vec<_>>()))
            };
            stats::mean(&(0..16).map(|_| once()).collect::<Vec<_>>())
        };
        let former: Vec<(usize, Vec<f64>)> = case.values.iter().map(|settings| before::judged(settings)).collect();
        let best = (0..former.len()).min_by(|&a, &b| iqm(&former[a].1).total_cmp(&iqm(&former[b].1))).expect("some");
        let (setting, judged) = &former[best];
        let was = libm::log(iqm(judged)) - expected(best, *setting, judged.len());
        let found = stats::compare(std::slice::from_ref(&case), rules(n));
        let values = found.cases[0].tuned.iter().flatten().enumerate();
        let (winner, tuned) = values.min_by(|a, b| a.1.location.total_cmp(&b.1.location)).expect("some");
        let chosen = found.cases[0].chosen.iter().enumerate();
        let told: Vec<f64> = chosen.filter_map(|(seed, &place)| place.map(|(v, s)| case.values[v][s][seed])).collect();
        (was, libm::log(iqm(&told)) - expected(winner, tuned.setting, n))
    });
    Rates { before: libm::expm1(rates.before), after: libm::expm1(rates.after) }
}

/// Everything, for these numbers of seeds; `trials` scales how often.
pub fn all(pools: &[Pool], seeds: &[usize], trials: usize) -> Vec<Measured> {
    let mut rows = Vec::new();
    let mut row = |what: &str, rate: &dyn Fn(usize) -> Rates| {
        eprintln!("{what}");
        rows.push((what.to_owned(), seeds.iter().map(|&n| rate(n)).collect()));
    };
    let xor = pools.iter().find(|pool| pool.name == "xor").expect("xor's own noise");
    row("coverage: interquartile mean of one setting", &|n| single(pools, n, 4 * trials));
    row("coverage: difference of two settings, paired by seed", &|n| paired(pools, n, 4 * trials));
    row("coverage: difference of two tuned values", &|n| tuned(pools, n, 2 * trials));
    for (values, cases) in [(2, 1), (5, 1), (2, 16), (5, 16)] {
        let trials = if cases == 1 { trials } else { trials / 4 };
        let what = format!("false claims: {values} values, {cases} case{}", if cases == 1 { "" } else { "s" });
        row(&what, &|n| false_claims(pools, values, cases, n, trials));
    }
    for (a, b, names) in [(0, 1, "adam and rmsprop"), (2, 3, "sgd without and with momentum")] {
        row(&format!("power: 30 %, {names} of xor, tuned"), &|n| power(xor, (a, b), true, n, trials));
    }
    row("power: 30 %, adam and rmsprop of xor, one setting each", &|n| power(xor, (0, 1), false, n, trials));
    row("bias of the winner's number", &|n| bias(pools, n, 4 * trials));
    rows
}

/// The rows as a table in Markdown: before → after, in per cent.
pub fn markdown(rows: &[Measured], seeds: &[usize]) -> String {
    let head: Vec<String> = seeds.iter().map(|n| format!("n = {n}")).collect();
    let mut table = format!("| | {} |\n|---|{}\n", head.join(" | "), "---|".repeat(seeds.len()));
    for (what, rates) in rows {
        let cells: Vec<String> =
            rates.iter().map(|rate| format!("{:.1} → {:.1}", 100.0 * rate.before, 100.0 * rate.after)).collect();
        table += &format!("| {what} | {} |\n", cells.join(" | "));
    }
    table
}
