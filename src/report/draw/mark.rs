//! Marks drawn: numbers become places, lines are cut at the frame, points beyond it stand at its edge.

use super::colour::{self, DIVERGED, NOT_RUN, WHITE};
use super::font;
use super::layout::{Frame, Place, SMALL};
use super::pen::{Canvas, Image, Pen, Type};
use crate::report::figure::{Align, Dash, Field, Mark, Paint, Ramp, Shape, Values};

const BAND: f64 = 0.18;

/// The horizontal coordinates an axis should hold.
pub fn xs(mark: &Mark) -> Vec<f64> {
    match mark {
        Mark::Line { points, .. } | Mark::Dots { points, .. } => points.iter().map(|p| p.0).collect(),
        Mark::Band { points, .. } => points.iter().map(|p| p.0).collect(),
        Mark::Interval { at, low, high, across: true, .. } => vec![at.0, *low, *high],
        Mark::Interval { at, .. } | Mark::Text { at, .. } => vec![at.0],
        Mark::Rule { at, upright: true, .. } => vec![*at],
        Mark::Field(field) => vec![field.x.0, field.x.1],
        Mark::Rule { .. } | Mark::Cells { .. } => Vec::new(),
    }
}

/// The vertical coordinates an axis should hold.
pub fn ys(mark: &Mark) -> Vec<f64> {
    match mark {
        Mark::Line { points, .. } | Mark::Dots { points, .. } => points.iter().map(|p| p.1).collect(),
        Mark::Band { points, .. } => points.iter().flat_map(|p| [p.1, p.2]).collect(),
        Mark::Interval { at, low, high, across: false, .. } => vec![at.1, *low, *high],
        Mark::Interval { at, .. } | Mark::Text { at, .. } => vec![at.1],
        Mark::Rule { at, upright: false, .. } => vec![*at],
        Mark::Field(field) => vec![field.y.0, field.y.1],
        Mark::Rule { .. } | Mark::Cells { .. } => Vec::new(),
    }
}

/// A point in CSS pixels; infinite where it has no place.
fn at(place: &Place, (x, y): (f64, f64)) -> (f64, f64) {
    let Frame { x: left, y: top, width, height } = place.frame;
    (left + place.x.place(x) * width, top + (1.0 - place.y.place(y)) * height)
}

/// A point in CSS pixels, moved to the frame's edge if it lies beyond; `None` of NaN.
pub fn inside(place: &Place, point: (f64, f64)) -> Option<(f64, f64)> {
    let (x, y) = at(place, point);
    let Frame { x: left, y: top, width, height } = place.frame;
    (!x.is_nan() && !y.is_nan()).then(|| (x.clamp(left, left + width), y.clamp(top, top + height)))
}

/// Draws a mark.
pub fn draw<C: Canvas>(pen: &Pen<C>, place: &Place, mark: &Mark) {
    let Frame { x: left, y: top, width, height } = place.frame;
    match mark {
        Mark::Line { points, paint, width, dash, .. } => {
            let points: Vec<(f64, f64)> = points.iter().map(|&point| at(place, point)).collect();
            for piece in cut(&points, place.frame) {
                pen.line(&piece, colour::rgb(*paint), *width, *dash);
            }
        }
        Mark::Band { points, paint } => {
            let known = |p: &(f64, f64, f64)| !p.0.is_nan() && !p.1.is_nan() && !p.2.is_nan();
            for run in points.split(|p| !known(p)).filter(|run| run.len() > 1) {
                let low = run.iter().rev().filter_map(|p| inside(place, (p.0, p.1)));
                let corners: Vec<_> = run.iter().filter_map(|p| inside(place, (p.0, p.2))).chain(low).collect();
                pen.polygon(&corners, colour::rgb(*paint), BAND);
            }
        }
        Mark::Dots { points, shape, paint, radius } => {
            let inset = |x: f64, low: f64, length: f64| {
                x.clamp(low + radius.min(length / 2.0), low + length - radius.min(length / 2.0))
            };
            let centre = |&point: &(f64, f64)| {
                let (x, y) = inside(place, point)?;
                // What lies beyond the axis is drawn whole, just within the frame.
                let beyond = |at: f64| !(-0.02..=1.02).contains(&at);
                let x = if beyond(place.x.place(point.0)) { inset(x, left, width) } else { x };
                let y = if beyond(place.y.place(point.1)) { inset(y, top, height) } else { y };
                Some((x, y))
            };
            symbols(pen, &points.iter().filter_map(centre).collect::<Vec<_>>(), *shape, *paint, *radius);
        }
        Mark::Interval { at: point, low, high, across, paint } => {
            let ends = match across {
                true => [(*low, point.1), (*high, point.1)],
                false => [(point.0, *low), (point.0, *high)],
            };
            let ends: Vec<_> = ends.into_iter().filter_map(|end| inside(place, end)).collect();
            let colour = colour::rgb(*paint);
            if let [from, to] = ends[..]
                && from != to
            {
                pen.line(&[from, to], colour, 1.6, Dash::Solid);
                // An end beyond the frame is not there: no cap.
                let ends = [(*low, from), (*high, to)];
                let measure = if *across { &place.x } else { &place.y };
                let known = ends.into_iter().filter(|(end, _)| (0.0..=1.0).contains(&measure.place(*end)));
                for (_, (x, y)) in known {
                    let cap = if *across { [(x, y - 3.0), (x, y + 3.0)] } else { [(x - 3.0, y), (x + 3.0, y)] };
                    pen.line(&cap, colour, 1.6, Dash::Solid);
                }
            }
            if point.0.is_finite() && point.1.is_finite() {
                symbols(pen, &[at(place, *point)], Shape::Circle, *paint, 4.0);
            }
        }
        Mark::Rule { at: number, upright, paint, dash } => {
            let share = if *upright { place.x.place(*number) } else { place.y.place(*number) };
            if (0.0..=1.0).contains(&share) {
                let (x, y) = (left + share * width, top + (1.0 - share) * height);
                let ends = if *upright { [(x, top), (x, top + height)] } else { [(left, y), (left + width, y)] };
                pen.line(&ends, colour::rgb(*paint), 1.0, *dash);
            }
        }
        Mark::Text { at: point, text, align, paint } => {
            if let Some((x, y)) = inside(place, *point) {
                let length = font::width(text, SMALL, false);
                let from = match align {
                    Align::Start => x,
                    Align::Middle => x - length / 2.0,
                    Align::End => x - length,
                };
                let (to, half) = (from + length + 2.0, SMALL * 0.6);
                let plate = [(from - 2.0, y - half), (to, y - half), (to, y + half), (from - 2.0, y + half)];
                pen.polygon(&plate, WHITE, 0.75);
                pen.text(
                    text,
                    (x, y + SMALL * font::CAPITAL / 2.0),
                    Type::new(SMALL, colour::readable(*paint)).align(*align),
                );
            }
        }
        Mark::Field(field) => {
            let corners = (inside(place, (field.x.0, field.y.1)), inside(place, (field.x.1, field.y.0)));
            if let (Some(upper_left), Some(lower_right)) = corners {
                pen.image(upper_left, lower_right, &image(field));
            }
        }
        Mark::Cells { columns, values, texts, ramp } => cells(pen, place, *columns, values, texts, *ramp),
    }
}

fn image(field: &Field) -> Image {
    let pixel = |i: usize| match &field.values {
        Values::Numbers(numbers, ramp) => colour::ramp(*ramp, f64::from(numbers[i])),
        Values::Classes(classes, preferred) => colour::region(classes[i], f64::from(preferred[i])),
    };
    let count = match &field.values {
        Values::Numbers(numbers, _) => numbers.len(),
        Values::Classes(classes, preferred) => classes.len().min(preferred.len()),
    };
    let columns = field.columns.max(1);
    let rows = count / columns;
    let pixels = (0..rows).rev().flat_map(|row| (0..columns).map(move |column| row * columns + column));
    Image { columns, pixels: pixels.map(pixel).collect() }
}

fn cells<C: Canvas>(pen: &Pen<C>, place: &Place, columns: usize, values: &[Option<f64>], texts: &[String], ramp: Ramp) {
    let widest = texts.iter().map(|text| font::width(text, 1.0, false)).fold(0.0, f64::max);
    let corner = |column: usize, row: usize| at(place, (column as f64 - 0.5, row as f64 - 0.5));
    let ((x0, y0), (x1, y1)) = (corner(0, 1), corner(1, 0));
    let size = ((x1 - x0 - 6.0) / widest.max(0.1)).min((y1 - y0) * 0.7).min(SMALL);
    for (i, (value, text)) in values.iter().zip(texts).enumerate() {
        let (column, row) = (i % columns.max(1), i / columns.max(1));
        let ((x0, y0), (x1, y1)) = (corner(column, row + 1), corner(column + 1, row));
        let colour = match value {
            None => NOT_RUN,
            Some(x) if x.is_infinite() => DIVERGED,
            Some(x) => colour::ramp(ramp, *x),
        };
        pen.rectangle((x0 + 0.5, y0 + 0.5), (x1 - 0.5, y1 - 0.5), colour);
        if size >= 6.5 && !text.is_empty() {
            let baseline = ((x0 + x1) / 2.0, (y0 + y1) / 2.0 + size * font::CAPITAL / 2.0);
            pen.text(text, baseline, Type::new(size, colour::on(colour)).align(Align::Middle));
        }
    }
}

/// Draws symbols; filled ones have a light edge, so that they stand apart where they overlap.
pub fn symbols<C: Canvas>(pen: &Pen<C>, centres: &[(f64, f64)], shape: Shape, paint: Paint, radius: f64) {
    let edge = (radius * 0.2).clamp(0.4, 0.9);
    match shape {
        Shape::Circle if !centres.is_empty() => pen.discs(centres, radius, edge, colour::rgb(paint)),
        _ => centres.iter().for_each(|&centre| symbol(pen, centre, shape, paint, radius)),
    }
}

fn symbol<C: Canvas>(pen: &Pen<C>, (x, y): (f64, f64), shape: Shape, paint: Paint, radius: f64) {
    let colour = colour::rgb(paint);
    let edge = (radius * 0.2).clamp(0.4, 0.9);
    let corners = |r: f64| -> Vec<(f64, f64)> {
        match shape {
            Shape::Square => [(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)].to_vec(),
            Shape::Triangle => [(0.0, -1.15), (1.05, 0.75), (-1.05, 0.75)].to_vec(),
            _ => [(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)].to_vec(),
        }
        .into_iter()
        .map(|(dx, dy)| (x + r * dx, y + r * dy))
        .collect()
    };
    match shape {
        Shape::Circle => pen.discs(&[(x, y)], radius, edge, colour),
        Shape::Ring => {
            pen.circle((x, y), radius, colour);
            pen.circle((x, y), radius * 0.6, WHITE);
        }
        Shape::Square | Shape::Triangle | Shape::Diamond => {
            pen.polygon(&corners(radius + edge), WHITE, 1.0);
            pen.polygon(&corners(radius), colour, 1.0);
        }
        Shape::Cross => {
            let r = radius * 0.8;
            let strokes = [[(x - r, y - r), (x + r, y + r)], [(x - r, y + r), (x + r, y - r)]];
            for (colour, width) in [(WHITE, 3.4), (colour, 1.8)] {
                for ends in strokes {
                    pen.line(&ends, colour, width, Dash::Solid);
                }
            }
        }
    }
}

/// The pieces of a line that lie within a frame.
fn cut(points: &[(f64, f64)], frame: Frame) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    for pair in points.windows(2) {
        let Some((from, to)) = cut_one(pair[0], pair[1], frame) else { continue };
        match pieces.last_mut() {
            Some(piece) if piece.last() == Some(&from) => piece.push(to),
            _ => pieces.push(vec![from, to]),
        }
    }
    pieces
}

type Segment = ((f64, f64), (f64, f64));

/// The part of a straight line within a frame (Liang and Barsky 1984).
fn cut_one(from: (f64, f64), to: (f64, f64), frame: Frame) -> Option<Segment> {
    if ![from.0, from.1, to.0, to.1].iter().all(|x| x.is_finite()) {
        return None;
    }
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut first, mut last) = (0.0f64, 1.0f64);
    let sides = [
        (-dx, from.0 - frame.x),
        (dx, frame.x + frame.width - from.0),
        (-dy, from.1 - frame.y),
        (dy, frame.y + frame.height - from.1),
    ];
    for (step, room) in sides {
        if step == 0.0 {
            if room < -1e-6 {
                return None;
            }
        } else if step < 0.0 {
            first = first.max(room / step);
        } else {
            last = last.min(room / step);
        }
    }
    let point = |share: f64| match share {
        0.0 => from,
        1.0 => to,
        share => (from.0 + share * dx, from.1 + share * dy),
    };
    (first <= last).then(|| (point(first), point(last)))
}
