//! What each hidden unit of the best run computes over the plane, layer by layer, and what comes of it.

use super::extent::{reading, three, title};
use super::map::{Sheet, singles};
use crate::analysis::Analysis;
use crate::report::figure::{Bar, Colours, Figure, Panel, Plot, Ramp, Shared, Values};

const SIDE: usize = 51;
const UNITS: usize = 8;
const LAYERS: usize = 3;
const POINTS: usize = 120;

/// The units of the best run of the first facet.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let value = analysis.ranking(0).first()?.0.value;
    let row = analysis.best_row(0, value)?;
    let (sheet, data) = Sheet::of(analysis, &[row])?;
    let layers = analysis.unit_planes(row, sheet.window, SIDE)?;
    if layers.is_empty() {
        return None;
    }
    let shown = || layers.iter().take(LAYERS).map(|layer| &layer[..layer.len().min(UNITS)]);
    // What is never negative needs no colours for it.
    let signed = shown().flatten().flatten().any(|&x| x < 0.0);
    let (colours, low) = if signed { (Colours::Diverging, -1.0) } else { (Colours::Purples, 0.0) };
    let ramp = Ramp { colours, low, high: 1.0, log: false };
    let columns = shown().map(<[_]>::len).max().unwrap_or(1);
    let mut table = sheet.table("units", SIDE);
    let mut panels: Vec<Panel> = Vec::new();
    for (l, layer) in shown().enumerate() {
        for (u, values) in layer.iter().enumerate() {
            let greatest = values.iter().fold(0.0f64, |greatest, &x| greatest.max(f64::from(x).abs()));
            let note = if greatest > 0.0 { format!("up to {}", three(greatest)) } else { "0 everywhere".into() };
            let mut panel = sheet.panel(format!("unit {}", u + 1), note);
            panel.y.label = format!("hidden layer {}", l + 1);
            let own = greatest.max(f64::MIN_POSITIVE);
            let ramp = Ramp { low: low * own, high: own, ..ramp };
            panel.marks.push(sheet.field(SIDE, Values::Numbers(values.clone(), ramp)));
            panels.push(panel);
            table = table.with(format!("layer {} unit {}", l + 1, u + 1), singles(values));
        }
        panels.resize(panels.len().next_multiple_of(columns), Panel::default());
    }
    let plane = analysis.plane(row, sheet.window, SIDE)?;
    let mut panel = sheet.panel("estimate".into(), reading(analysis, row));
    panel.y.label = "output".into();
    panel.marks.push(sheet.estimate(&plane));
    panel.marks.extend(sheet.scatter(&data[0], POINTS, 1.5));
    panels.push(panel);
    table = sheet.with_plane(table, "estimate", &plane);
    let label = &analysis.values[value].label;
    let of = if label.is_empty() { String::new() } else { format!(" of {label}") };
    let most = layers.iter().map(Vec::len).max().unwrap_or(0);
    let left_out = match most > UNITS || layers.len() > LAYERS {
        true => format!(" Shown: at most {UNITS} units of the first {LAYERS} layers."),
        false => String::new(),
    };
    let (mut bars, legend) = sheet.key();
    bars.insert(0, Bar { label: "activation / greatest".into(), ramp });
    let figure = Figure {
        title: title(analysis, &format!("hidden units of the best run{of}"), ""),
        caption: format!(
            "Run {}, {}: the activation of each unit over the plane, coloured by its share of the unit's greatest, \
             and the network's estimate with training data.{left_out}",
            analysis.rows[row].id,
            analysis.replicate_named(row)
        ),
        columns,
        panels,
        frame: (112.0, 112.0),
        shared: Shared::default(),
        legend,
        bars,
    };
    let points = sheet.points("units-data", &[("estimate".into(), &data[0], POINTS)]);
    Some(Plot { figure, tables: vec![table, points] })
}
