//! A gallery of estimates: compared values below each other, seeds side by side, then where the seeds disagree.

use super::extent;
use super::extent::{Extent, reading, title};
use super::map::{Best, Sheet, by_dataset, left_out, numbered, singles};
use crate::analysis::{Analysis, Data, Plane, Role, Task, disagreement};
use crate::report::figure::{Bar, Colours, Figure, Panel, Plot, Ramp, Shared, Values};

const SIDE: usize = 51;
const SEEDS: usize = 4;
/// Seeds whose disagreement is taken.
const VOTES: usize = 20;
const POINTS: usize = 80;

/// Datasets drawn, each in a figure of its own.
const FIGURES: usize = 4;

/// The gallery of each dataset's first facet.
pub fn plots(analysis: &Analysis) -> Vec<Plot> {
    let extent = Extent::of(analysis, usize::MAX, 6);
    let datasets = by_dataset(analysis, &extent.values);
    let count = datasets.len().min(FIGURES);
    let drawn = datasets.iter().take(FIGURES).enumerate();
    drawn.filter_map(|(k, all)| plot(analysis, &extent, all, k, (count, datasets.len()))).collect()
}

fn plot(analysis: &Analysis, extent: &Extent, all: &[Best], k: usize, datasets: (usize, usize)) -> Option<Plot> {
    let facet = all.first()?.facet;
    let values: Vec<usize> = all.iter().filter(|best| best.facet == facet).map(|best| best.value).collect();
    let every = all.chunk_by(|a, b| a.facet == b.facet).count();
    let rows_of = |value: usize| -> Vec<usize> {
        let choice = analysis.group(facet, value).and_then(|group| group.tuned.as_ref());
        choice
            .map(|choice| analysis.judged_rows(&analysis.cells[choice.cell]).take(VOTES).collect())
            .unwrap_or_default()
    };
    let rows: Vec<(usize, Vec<usize>)> = values.iter().map(|&value| (value, rows_of(value))).collect();
    let all: Vec<usize> = rows.iter().flat_map(|(_, rows)| rows.iter().copied()).collect();
    let (sheet, data) = Sheet::of(analysis, &all)?;
    let seeds = rows.iter().map(|(_, rows)| rows.len()).max().unwrap_or(0).min(SEEDS);
    if seeds < 2 {
        return None;
    }
    let mut discords = Vec::new();
    let mut planes: Vec<Vec<Option<Plane>>> = Vec::new();
    for (_, rows) in &rows {
        let own: Vec<Option<Plane>> = rows.iter().map(|&row| analysis.plane(row, sheet.window, SIDE)).collect();
        discords.push(disagreement(&own.iter().flatten().cloned().collect::<Vec<_>>()));
        planes.push(own);
    }
    let task = planes.iter().flatten().flatten().next()?.task;
    let greatest = discords.iter().flatten().copied().fold(0.0, f32::max);
    let high = if task == Task::Regression { f64::from(greatest).max(1e-6) } else { 0.5 };
    let ramp = Ramp { colours: Colours::Purples, low: 0.0, high, log: false };
    let mut table = sheet.table(&numbered("gallery", k), SIDE);
    let mut points: Vec<(String, &Data, usize)> = Vec::new();
    let mut panels = Vec::new();
    let mut first = 0;
    for (place, (value, rows)) in rows.iter().enumerate() {
        let label = &analysis.values[*value].label;
        let mut own: Vec<Panel> = Vec::new();
        for (k, &row) in rows.iter().take(seeds).enumerate() {
            let seed = format!("seed {}", analysis.rows[row].run.config.seed);
            let Some(plane) = &planes[place][k] else {
                own.push(Panel::default());
                continue;
            };
            let mut panel = sheet.panel(seed.clone(), reading(analysis, row));
            panel.y.label = label.clone();
            panel.marks.push(sheet.estimate(plane));
            panel.marks.extend(sheet.scatter(&data[first + k], POINTS, 1.5));
            own.push(panel);
            let name =
                [label.as_str(), &seed].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            table = sheet.with_plane(table, &name, plane);
            points.push((name, &data[first + k], POINTS));
        }
        own.resize(seeds, Panel::default());
        let agreed = planes[place].iter().flatten().count();
        let mut panel = sheet.panel("disagreement".into(), format!("{agreed} seeds"));
        panel.y.label = label.clone();
        if !discords[place].is_empty() {
            panel.marks.push(sheet.field(SIDE, Values::Numbers(discords[place].clone(), ramp)));
            table = table.with(format!("{label} disagreement").trim().to_owned(), singles(&discords[place]));
        }
        own.push(panel);
        panels.extend(own);
        first += rows.len();
    }
    let of_facet = match extent::facet(analysis, facet) {
        label if label.is_empty() => label,
        label => format!(", {label}"),
    };
    let (words, measure) = match task {
        Task::Regression => ("standard deviation of the estimates", "standard deviation"),
        _ => ("share of seeds outside the majority", "share in the minority"),
    };
    let (mut bars, legend) = sheet.key();
    bars.push(Bar { label: measure.into(), ramp });
    let figure = Figure {
        title: title(analysis, &format!("estimates of several seeds{of_facet}"), &analysis.keys(Role::Compare)),
        caption: extent.caption(format!(
            "Each at its tuned setting; the window reaches a quarter of the data's range beyond them. Dots: \
             training data, at most {POINTS}. Disagreement: {words}, over up to {VOTES} held-out seeds.{}",
            left_out((1, every), datasets)
        )),
        columns: seeds + 1,
        panels,
        frame: (118.0, 118.0),
        shared: Shared::default(),
        legend,
        bars,
    };
    let points = sheet.points(&format!("{}-data", numbered("gallery", k)), &points);
    Some(Plot { figure, tables: vec![table, points] })
}
