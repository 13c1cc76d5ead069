//! What the page tells of every setting: aggregates over all its runs, whatever it keeps of single ones.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::series::{LOSS_LAST, LOSS_MEAN};
use crate::analysis::{Analysis, Better, Choice, Estimate, Reading, Role, Series, worst};
use crate::{parallel, stats};

/// Most points of all learning curves together.
const POINTS: usize = 12_000;
/// Fewest and most points of a learning curve.
const EPOCHS: (usize, usize) = (12, 100);

/// Samples in numbers, one entry per sample in each column; a number that is not finite is none, and the worst there is.
#[derive(Debug, Default, Serialize)]
pub struct Spreads {
    /// Runs with an outcome, diverged ones included.
    pub n: Vec<usize>,
    /// Runs that diverged.
    pub lost: Vec<usize>,
    /// Lower quartiles, diverged runs as worst.
    pub low: Vec<Option<f64>>,
    /// Interquartile means, likewise.
    pub iqm: Vec<Option<f64>>,
    /// Upper quartiles, likewise.
    pub high: Vec<Option<f64>>,
}

/// The cells: settings of all keys but the seed.
#[derive(Debug, Default, Serialize)]
pub struct Cells {
    /// Per key that varies: indices into the axis' values.
    pub axis: BTreeMap<String, Vec<usize>>,
    /// Indices into the facets.
    pub facet: Vec<usize>,
    /// Indices into the tuned settings.
    pub setting: Vec<usize>,
    /// The metric over all runs of a cell.
    pub all: Spreads,
    /// The cells chosen for the compared values, one for each in each facet.
    pub chosen: Vec<usize>,
    /// The 95 % intervals of their interquartile means; none of few runs.
    pub interval: Vec<Option<[Option<f64>; 2]>>,
}

/// The learning curve of a cell.
#[derive(Debug, Serialize)]
pub struct Curve {
    /// An index into the cells.
    pub cell: usize,
    /// Whether it is drawn for the chosen setting, at more epochs than those of every setting.
    pub judged: bool,
    /// An index into the series.
    pub series: usize,
    /// Epochs, from 1.
    pub epochs: Vec<usize>,
    /// What the runs came to at each.
    #[serde(flatten)]
    pub points: Spreads,
}

/// A sample: n, how many diverged, lower quartile, interquartile mean, upper quartile.
type Spread = (usize, usize, [f64; 3]);

fn spread(readings: impl IntoIterator<Item = Reading>, worst: f64) -> Spread {
    let mut lost = 0;
    let number = |reading| match reading {
        Reading::Missing => None,
        Reading::Value(x) => Some(x),
        Reading::Diverged => {
            lost += 1;
            Some(worst)
        }
    };
    let sorted = stats::sorted(&readings.into_iter().filter_map(number).collect::<Vec<_>>());
    (sorted.len(), lost, [stats::quantile(&sorted, 0.25), stats::iqm(&sorted), stats::quantile(&sorted, 0.75)])
}

impl FromIterator<Spread> for Spreads {
    fn from_iter<I: IntoIterator<Item = Spread>>(samples: I) -> Self {
        let mut spreads = Self::default();
        for (n, lost, numbers) in samples {
            let [low, iqm, high] = numbers.map(|x| x.is_finite().then(|| four_digits(x)));
            spreads.n.push(n);
            spreads.lost.push(lost);
            spreads.low.push(low);
            spreads.iqm.push(iqm);
            spreads.high.push(high);
        }
        spreads
    }
}

/// A number in the four significant digits that are shown.
fn four_digits(x: f64) -> f64 {
    format!("{x:.3e}").parse().expect("a number in text is one")
}

/// These cells in numbers.
pub(super) fn cells(analysis: &Analysis, kept: &[usize]) -> Cells {
    let worst = worst(analysis.metric);
    let readings = |rows: &[usize]| spread(rows.iter().map(|&row| analysis.reading(row)), worst);
    let own = || kept.iter().map(|&cell| &analysis.cells[cell]);
    let column = |of: fn(&crate::analysis::Cell) -> usize| own().map(of).collect::<Vec<_>>();
    let mut axis: BTreeMap<String, Vec<usize>> = (analysis.axes.iter().enumerate())
        .map(|(i, axis)| {
            let level = |cell: &crate::analysis::Cell| cell.levels[i].unwrap_or(axis.values.len());
            (axis.key.clone(), own().map(level).collect())
        })
        .collect();
    axis.insert(analysis.keys(Role::Compare), column(|cell| cell.value));
    let interval = |iqm: Estimate| {
        let is_known = !iqm.low.is_nan() && iqm.low < iqm.high;
        is_known.then(|| [iqm.low, iqm.high].map(|end| end.is_finite().then(|| four_digits(end))))
    };
    let chosen = choices(analysis)
        .filter_map(|choice| Some((kept.binary_search(&choice.cell).ok()?, interval(choice.judged.iqm))));
    let (chosen, interval) = chosen.unzip();
    Cells {
        axis,
        facet: column(|cell| cell.facet),
        setting: column(|cell| cell.setting),
        all: parallel::map(kept, |&cell| readings(&analysis.cells[cell].rows)).into_iter().collect(),
        chosen,
        interval,
    }
}

/// The best settings of the compared values.
fn choices(analysis: &Analysis) -> impl Iterator<Item = &Choice> {
    analysis.groups.iter().filter_map(|group| group.tuned.as_ref())
}

/// The series that some run has: those of training, then those that were looked at.
pub(super) fn series(analysis: &Analysis) -> Vec<&'static Series> {
    let has = |series: &&'static Series| {
        let outcomes = analysis.rows.iter().filter_map(|row| row.outcome.as_ref());
        outcomes.into_iter().any(|outcome| outcome.has(series))
    };
    let mut found: Vec<&Series> = Series::all().filter(has).collect();
    found.sort_by_key(|series| if **series == LOSS_MEAN { 0 } else { 1 + usize::from(**series == LOSS_LAST) });
    found
}

/// The learning curves of the chosen settings, and at fewer epochs those of every setting where
/// there is room for them.
pub(super) fn curves(analysis: &Analysis, kept: &[usize], series: &[&'static Series]) -> Vec<Curve> {
    let of = |cells: Vec<usize>, judged: bool, points: usize| -> Vec<Curve> {
        let curves = cells.len() * series.len();
        let limit = (points / curves.max(1)).clamp(EPOCHS.0, EPOCHS.1);
        let wanted: Vec<(usize, usize)> =
            cells.into_iter().flat_map(|cell| (0..series.len()).map(move |at| (cell, at))).collect();
        let curve = |&(cell, at): &(usize, usize)| {
            let (own, series) = (&analysis.cells[cell], series[at]);
            let cell = kept.binary_search(&cell).ok()?;
            let (epochs, readings) = analysis.followed(&own.rows, series, limit)?;
            let worst = if series.better == Better::Lower { f64::INFINITY } else { f64::NEG_INFINITY };
            let points = readings.into_iter().map(|readings| spread(readings, worst)).collect();
            Some(Curve { cell, judged, series: at, epochs, points })
        };
        parallel::map(&wanted, curve).into_iter().flatten().collect()
    };
    let mut curves = of(choices(analysis).map(|choice| choice.cell).collect(), true, POINTS / 2);
    if analysis.settings.len() > 1 && analysis.cells.len() * series.len() * EPOCHS.0 <= POINTS / 2 {
        curves.extend(of((0..analysis.cells.len()).collect(), false, POINTS / 2));
    }
    curves
}
