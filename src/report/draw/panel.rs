//! Panels drawn: grid, spines, ticks and their words, then the marks; samples of a legend; a colour bar.

use super::axis::Tick;
use super::colour::{self, FRAME, GRID, INK};
use super::font;
use super::layout::{BarPlace, End, Frame, Place, SMALL, TICK, end_type};
use super::mark;
use super::pen::{Canvas, Image, Pen, Type};
use crate::report::figure::{Align, Bar, Dash, Entry, Mark, Panel, Ramp, Scale, Ticks};

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
    for (at, text) in &panel.margin {
        let y = bottom - place.y.place(*at) * height;
        pen.text(text, (right + 10.0, y + SMALL * font::CAPITAL / 2.0), Type::new(SMALL, FRAME));
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
                let y = bottom + TICK + SMALL * font::CAPITAL + 1.0 + 13.0 * line as f64;
                pen.text(text, (x, y), kind.align(Align::Middle));
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
        mark::symbol(pen, (x + width / 2.0, y), shape, entry.paint, 3.6);
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
