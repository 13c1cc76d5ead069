//! The pen: plotters' elements in CSS pixels, put on a canvas a hundred times finer, since plotters' pixels are whole.

use plotters::coord::Shift;
use plotters::element::{Circle, Drawable, PathElement, PointCollection, Polygon, Rectangle, Text};
use plotters::prelude::{DrawingArea, DrawingBackend, IntoDrawingArea};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle, FontTransform, RGBAColor, ShapeStyle, TextStyle};
use plotters_backend::{BackendCoord, DrawingErrorKind};

use super::colour::{Rgb, WHITE};
use super::font;
use crate::report::figure::{Align, Dash};

/// Canvas units per CSS pixel.
pub const UNITS: f64 = 100.0;

/// A colour image, row by row from the top.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Pixels per row.
    pub columns: usize,
    /// The pixels.
    pub pixels: Vec<Rgb>,
}

/// A canvas: what plotters draws on, and images stretched over a rectangle.
pub trait Canvas: DrawingBackend {
    /// Draws an image over the rectangle between two corners.
    fn image(&mut self, upper_left: BackendCoord, lower_right: BackendCoord, image: &Image);

    /// Draws filled circles with a white edge around each, in order.
    fn discs(&mut self, centres: &[BackendCoord], radius: u32, edge: u32, colour: Rgb);
}

/// How words look.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// CSS pixels per em.
    pub size: f64,
    /// Whether they are bold.
    pub bold: bool,
    /// Their colour.
    pub colour: Rgb,
    /// Which end stands at the place.
    pub align: Align,
    /// Whether they run upwards.
    pub upright: bool,
}

impl Type {
    /// Plain words that start at their place.
    pub fn new(size: f64, colour: Rgb) -> Self {
        Self { size, bold: false, colour, align: Align::Start, upright: false }
    }

    /// In bold.
    pub fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    /// With another end at the place.
    pub fn align(mut self, align: Align) -> Self {
        self.align = align;
        self
    }
}

/// Draws on a canvas, in CSS pixels from the upper left.
pub struct Pen<C: Canvas> {
    area: DrawingArea<C, Shift>,
}

fn at((x, y): (f64, f64)) -> BackendCoord {
    // The cast saturates; half a billionth of a pixel is all that places beyond a canvas lose.
    ((x * UNITS).round() as i32, (y * UNITS).round() as i32)
}

fn solid(colour: Rgb, alpha: f64) -> ShapeStyle {
    let [r, g, b] = colour;
    ShapeStyle { color: RGBAColor(r, g, b, alpha), filled: true, stroke_width: 0 }
}

fn stroke(colour: Rgb, width: f64) -> ShapeStyle {
    ShapeStyle { filled: false, stroke_width: (width * UNITS) as u32, ..solid(colour, 1.0) }
}

impl<C: Canvas> Pen<C> {
    /// A pen on a canvas.
    pub fn new(canvas: C) -> Self {
        Self { area: canvas.into_drawing_area() }
    }

    fn put<E>(&self, element: &E)
    where
        for<'a> &'a E: PointCollection<'a, BackendCoord>,
        E: Drawable<C>,
    {
        // Canvases draw into memory, and no two pens share one.
        self.area.draw(element).unwrap_or_else(|_| unreachable!("drawing into memory cannot fail"));
    }

    /// A line through points.
    pub fn line(&self, points: &[(f64, f64)], colour: Rgb, width: f64, dash: Dash) {
        for piece in dashes(points, dash, width) {
            let piece: Vec<BackendCoord> = piece.into_iter().map(at).collect();
            self.put(&PathElement::new(piece, stroke(colour, width)));
        }
    }

    /// A filled polygon.
    pub fn polygon(&self, corners: &[(f64, f64)], colour: Rgb, alpha: f64) {
        let corners: Vec<BackendCoord> = corners.iter().copied().map(at).collect();
        self.put(&Polygon::new(corners, solid(colour, alpha)));
    }

    /// A filled rectangle.
    pub fn rectangle(&self, upper_left: (f64, f64), lower_right: (f64, f64), colour: Rgb) {
        self.put(&Rectangle::new([at(upper_left), at(lower_right)], solid(colour, 1.0)));
    }

    /// A filled circle.
    pub fn circle(&self, centre: (f64, f64), radius: f64, colour: Rgb) {
        self.put(&Circle::new(at(centre), (radius * UNITS) as u32, solid(colour, 1.0)));
    }

    /// Filled circles, each with a light edge.
    pub fn discs(&self, centres: &[(f64, f64)], radius: f64, edge: f64, colour: Rgb) {
        let centres = centres.iter().copied().map(at).collect();
        self.put(&Discs { centres, radius: (radius * UNITS) as u32, edge: (edge * UNITS) as u32, colour });
    }

    /// Words on a baseline.
    pub fn text(&self, text: &str, place: (f64, f64), kind: Type) {
        let horizontal = match kind.align {
            Align::Start => HPos::Left,
            Align::Middle => HPos::Center,
            Align::End => HPos::Right,
        };
        let weight = if kind.bold { FontStyle::Bold } else { FontStyle::Normal };
        let turn = if kind.upright { FontTransform::Rotate270 } else { FontTransform::None };
        let [r, g, b] = kind.colour;
        let style = TextStyle {
            font: FontDesc::new(FontFamily::Name(font::FAMILY), kind.size * UNITS, weight).transform(turn),
            color: plotters_backend::BackendColor { alpha: 1.0, rgb: (r, g, b) },
            pos: Pos::new(horizontal, VPos::Bottom),
        };
        self.put(&Text::new(text.to_owned(), at(place), style));
    }

    /// An image over a rectangle; nothing, if it has no pixels.
    pub fn image(&self, upper_left: (f64, f64), lower_right: (f64, f64), image: &Image) {
        if image.pixels.is_empty() {
            return;
        }
        self.put(&Picture { corners: [at(upper_left), at(lower_right)], image });
    }

    /// Covers everything with white.
    pub fn clear(&self, width: f64, height: f64) {
        self.rectangle((0.0, 0.0), (width, height), WHITE);
    }
}

struct Picture<'a> {
    corners: [BackendCoord; 2],
    image: &'a Image,
}

impl<'a> PointCollection<'a, BackendCoord> for &'a Picture<'_> {
    type Point = &'a BackendCoord;
    type IntoIter = &'a [BackendCoord; 2];
    fn point_iter(self) -> Self::IntoIter {
        &self.corners
    }
}

impl<C: Canvas> Drawable<C> for Picture<'_> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        corners: I,
        canvas: &mut C,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<C::ErrorType>> {
        if let [from, to] = corners.collect::<Vec<_>>()[..] {
            canvas.image(from, to, self.image);
        }
        Ok(())
    }
}

struct Discs {
    centres: Vec<BackendCoord>,
    radius: u32,
    edge: u32,
    colour: Rgb,
}

impl<'a> PointCollection<'a, BackendCoord> for &'a Discs {
    type Point = &'a BackendCoord;
    type IntoIter = &'a [BackendCoord];
    fn point_iter(self) -> Self::IntoIter {
        &self.centres
    }
}

impl<C: Canvas> Drawable<C> for Discs {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        centres: I,
        canvas: &mut C,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<C::ErrorType>> {
        canvas.discs(&centres.collect::<Vec<_>>(), self.radius, self.edge, self.colour);
        Ok(())
    }
}

/// The pieces of a broken line.
fn dashes(points: &[(f64, f64)], dash: Dash, width: f64) -> Vec<Vec<(f64, f64)>> {
    let pattern: &[f64] = match dash {
        Dash::Solid => return vec![points.to_vec()],
        Dash::Dashed => &[5.0, 3.0],
        Dash::Dotted => &[1.0, 2.2],
        Dash::DashDotted => &[5.0, 2.2, 1.0, 2.2],
    };
    let pattern: Vec<f64> = pattern.iter().map(|length| length * width.max(0.8)).collect();
    let (mut pieces, mut piece) = (Vec::new(), Vec::new());
    let (mut step, mut left) = (0, pattern[0]);
    for pair in points.windows(2) {
        let ((x, y), (dx, dy)) = (pair[0], (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1));
        let length = (dx * dx + dy * dy).sqrt();
        let mut gone = 0.0;
        if piece.is_empty() && step % 2 == 0 {
            piece.push((x, y));
        }
        while length - gone > left {
            gone += left;
            let here = (x + dx * gone / length, y + dy * gone / length);
            piece.push(here);
            if step % 2 == 0 {
                pieces.push(std::mem::take(&mut piece));
            }
            step = (step + 1) % pattern.len();
            left = pattern[step];
        }
        left -= length - gone;
        if step % 2 == 0 {
            piece.push(pair[1]);
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}
