//! Panels drawn: grid, spines, ticks and their words, then the marks; samples of a legend; a colour bar.

use super::axis::Tick;
use super::colour::{self, FRAME, GRID, INK, MUTED, STRIP};
use super::font;
use super::layout::{BarPlace, COLUMN, End, Frame, LEADING, Place, SMALL, TICK, end_type};
use super::mark;
use super::pen::{Canvas, Image, Pen, Type};
use crate::report::figure::{Align, Bar, Dash, Entry, Lost, Mark, Panel, Ramp, Scale, Shape, Ticks};

const HAIR: f64 = 1.0;

/// Draws a panel in its place.
pub fn draw<C: Canvas>(pen: &Pen<C>, panel: &Panel, place: &Place) {
    if !place.used {
        return;
    }
    let Frame { x: left, y: top, width, height } = place.frame;
    let (right, bottom) = (left + width, top + height);
    let covered = panel.marks.iter().any(|mark| matches!(mark, Mark::Field(_) | Mark::Cells { .. }));
    let is_grid = |axis: &crate::report::figure::Axis| {
        !covered && !matches!(axis.scale, Scale::Words(_)) && axis.ticks != Ticks::None
    };
    let major = |ticks: &[Tick]| -> Vec<f64> { ticks.iter().filter(|tick| tick.major).map(|tick| tick.at).collect() };
    if is_grid(&panel.x) {
        for at in major(&place.x_ticks) {
            pen.line(&[(left + at * width, top), (left + at * width, bottom)], GRID, HAIR, Dash::Solid);
        }
    }
    if is_grid(&panel.y) {
        for at in major(&place.y_ticks) {
            pen.line(&[(left, bottom - at * height), (right, bottom - at * height)], GRID, HAIR, Dash::Solid);
        }
    }
    for mark in &panel.marks {
        mark::draw(pen, place, mark);
    }
    if covered {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        for side in corners.windows(2) {
            pen.line(side, FRAME, HAIR, Dash::Solid);
        }
    } else {
        if panel.y.ticks != Ticks::None {
            pen.line(&[(left, top), (left, bottom)], FRAME, HAIR, Dash::Solid);
        }
        pen.line(&[(left, bottom), (right, bottom)], FRAME, HAIR, Dash::Solid);
    }
    ticks(pen, panel, place);
    for (at, words) in &panel.margin {
        let y = bottom - place.y.place(*at) * height + SMALL * font::CAPITAL / 2.0;
        let mut x = right + COLUMN;
        for (text, room) in words.iter().zip(&place.margin) {
            pen.text(text, (x, y), Type::new(SMALL, FRAME));
            x += room + COLUMN;
        }
    }
    if place.strip > 0.0 {
        strip(pen, panel, place);
    }
    if !place.y.known {
        let middle = (left + width / 2.0, top + height / 2.0);
        pen.text("no finite value", middle, Type::new(SMALL, MUTED).align(Align::Middle));
    }
}

/// Draws what diverged, side by side where it stands at one place.
fn strip<C: Canvas>(pen: &Pen<C>, panel: &Panel, place: &Place) {
    let Frame { x: left, y: top, width, .. } = place.frame;
    let y = top - place.strip / 2.0;
    pen.rectangle((left, y - 7.0), (left + width, y + 7.0), STRIP);
    let mut lost: Vec<(f64, &Lost)> = panel.lost.iter().map(|lost| (place.x.place(lost.at), lost)).collect();
    lost.retain(|(share, _)| (-0.02..=1.02).contains(share));
    lost.sort_by(|a, b| a.0.total_cmp(&b.0));
    for same in lost.chunk_by(|a, b| a.0 == b.0) {
        let apart = (width / 3.0 / same.len() as f64).min(8.0);
        for (k, (share, lost)) in same.iter().enumerate() {
            let aside = apart * (k as f64 - (same.len() - 1) as f64 / 2.0);
            let x = (left + share * width + aside).clamp(left + 4.0, left + width - 4.0);
            mark::symbols(pen, &[(x, y)], Shape::Cross, lost.paint, 2.4 + 2.4 * lost.share);
        }
    }
}

fn ticks<C: Canvas>(pen: &Pen<C>, panel: &Panel, place: &Place) {
    let Frame { x: left, y: top, width, height } = place.frame;
    let bottom = top + height;
    let kind = Type::new(SMALL, FRAME);
    let length = |tick: &Tick| if tick.major { 4.0 } else { 2.5 };
    let marked = |scale: &Scale| !matches!(scale, Scale::Words(_));
    let mut words = place.x_words.iter();
    for tick in &place.x_ticks {
        let x = left + tick.at * width;
        if marked(&panel.x.scale) {
            pen.line(&[(x, bottom), (x, bottom + length(tick))], FRAME, HAIR, Dash::Solid);
        }
        if tick.label.is_some() {
            for (line, text) in words.next().into_iter().flatten().enumerate() {
                let capital = SMALL * font::CAPITAL;
                if place.x_upright {
                    let kind = Type { upright: true, ..kind.align(Align::End) };
                    pen.text(text, (x + capital / 2.0, bottom + TICK), kind);
                } else {
                    let y = bottom + TICK + capital + 1.0 + LEADING * line as f64;
                    pen.text(text, (x, y), kind.align(Align::Middle));
                }
            }
        }
    }
    for tick in &place.y_ticks {
        let y = bottom - tick.at * height;
        if marked(&panel.y.scale) {
            pen.line(&[(left - length(tick), y), (left, y)], FRAME, HAIR, Dash::Solid);
        }
        if let Some(text) = &tick.label {
            pen.text(text, (left - TICK, y + SMALL * font::CAPITAL / 2.0), kind.align(Align::End));
        }
    }
}

/// Draws the label of a line beside its end, tied to it by a thin line where it had to move.
pub fn end<C: Canvas>(pen: &Pen<C>, end: &End) {
    let (x, y) = end.to;
    if (end.from.1 - y).abs() > 3.0 || x - end.from.0 > 40.0 {
        let tie = [(end.from.0 + 2.0, end.from.1), (x - 7.0, end.from.1), (x - 3.0, y)];
        pen.line(&tie, colour::mix(colour::WHITE, colour::rgb(end.paint), 0.6), 0.8, Dash::Solid);
    }
    pen.text(&end.text, (x, y + SMALL * font::CAPITAL / 2.0), end_type(end));
}

/// Draws the sample of a legend's entry from its left end.
pub fn key<C: Canvas>(pen: &Pen<C>, (x, y): (f64, f64), entry: &Entry) {
    let width = if entry.dash.is_some() { 24.0 } else { 10.0 };
    if let Some(dash) = entry.dash {
        pen.line(&[(x, y), (x + width, y)], colour::rgb(entry.paint), 1.8, dash);
    }
    if let Some(shape) = entry.shape {
        mark::symbols(pen, &[(x + width / 2.0, y)], shape, entry.paint, 3.6);
    }
}

/// Draws a colour bar.
pub fn bar<C: Canvas>(pen: &Pen<C>, bar: &Bar, place: &BarPlace) {
    const STEPS: usize = 96;
    let Frame { x, y, width, height } = place.frame;
    let even = Ramp { log: false, low: 0.0, high: 1.0, ..bar.ramp };
    let pixels = (0..STEPS).map(|i| colour::ramp(even, 1.0 - (i as f64 + 0.5) / STEPS as f64)).collect();
    pen.image((x, y), (x + width, y + height), &Image { columns: 1, pixels });
    for tick in &place.ticks {
        let at = y + height * (1.0 - tick.at);
        let length = if tick.label.is_some() { 4.0 } else { 2.0 };
        pen.line(&[(x + width, at), (x + width + length, at)], FRAME, HAIR, Dash::Solid);
        if let Some(label) = &tick.label {
            pen.text(label, (x + width + 6.0, at + SMALL * font::CAPITAL / 2.0), Type::new(SMALL, INK));
        }
    }
}
