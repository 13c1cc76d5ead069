//! A canvas of pixels, twice as many as CSS pixels in each direction, with exact coverage at edges.
//!
//! Only + − × ÷ √ and rounding: the same bytes on every machine.

use std::convert::Infallible;

use ab_glyph::{Font, point};
use ab_glyph_rasterizer::{Point, Rasterizer};
use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
    FontTransform,
};

use super::colour::{Rgb, WHITE};
use super::font;
use super::pen::{Canvas, Image, UNITS};

/// Pixels per CSS pixel.
pub const DENSITY: f64 = 2.0;
/// Rows filled at once.
const BAND: usize = 16;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Pixels being drawn on.
pub struct Raster<'a> {
    image: &'a mut Image,
    size: (u32, u32),
}

/// Straight-edged shapes filled together: where they overlap, they count once.
struct Shape {
    edges: Vec<[(f32, f32); 2]>,
}

impl Shape {
    fn new() -> Self {
        Self { edges: Vec::new() }
    }

    /// Adds a polygon, turned so that all go round the same way.
    fn polygon(&mut self, corners: &[(f64, f64)]) {
        let next = |i: usize| corners[(i + 1) % corners.len()];
        let area: f64 = corners.iter().enumerate().map(|(i, a)| a.0 * next(i).1 - next(i).0 * a.1).sum();
        let single = |(x, y): (f64, f64)| (x as f32, y as f32);
        let edge = |i: usize| match area < 0.0 {
            true => [single(next(i)), single(corners[i])],
            false => [single(corners[i]), single(next(i))],
        };
        self.edges.extend((0..corners.len()).map(edge));
    }

    /// Adds a line as wide as twice `half`, with round ends and joins.
    fn stroke(&mut self, points: &[(f64, f64)], half: f64) {
        let mut points = points.to_vec();
        points.dedup();
        let normal = |from: (f64, f64), to: (f64, f64)| {
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let length = (dx * dx + dy * dy).sqrt();
            (-dy / length * half, dx / length * half)
        };
        if let Some(&first) = points.first() {
            self.circle(first, half);
        }
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for (i, pair) in points.windows(2).enumerate() {
            let n = normal(pair[0], pair[1]);
            if left.is_empty() {
                left.push((pair[0].0 + n.0, pair[0].1 + n.1));
                right.push((pair[0].0 - n.0, pair[0].1 - n.1));
            }
            let next = points.get(i + 2).map(|&next| normal(pair[1], next));
            let cosine = next.map_or(-1.0, |m| (n.0 * m.0 + n.1 * m.1) / (half * half));
            // Two nearly straight pieces meet in a mitre; overlapping there would darken the line's soft edge.
            let (dx, dy) = match next {
                Some(m) if cosine > 0.7 => ((n.0 + m.0) / (1.0 + cosine), (n.1 + m.1) / (1.0 + cosine)),
                _ => n,
            };
            left.push((pair[1].0 + dx, pair[1].1 + dy));
            right.push((pair[1].0 - dx, pair[1].1 - dy));
            if cosine <= 0.7 {
                let outline: Vec<(f64, f64)> = left.drain(..).chain(right.drain(..).rev()).collect();
                self.polygon(&outline);
                self.circle(pair[1], half);
            }
        }
    }

    fn circle(&mut self, (x, y): (f64, f64), radius: f64) {
        let sides = if radius < 3.0 { 16 } else { 48 };
        let turn = std::f64::consts::TAU / f64::from(sides);
        let corner = |k| (x + radius * libm::cos(turn * f64::from(k)), y + radius * libm::sin(turn * f64::from(k)));
        let corners: Vec<(f64, f64)> = (0..sides).map(corner).collect();
        self.polygon(&corners);
    }
}

impl<'a> Raster<'a> {
    /// White pixels for a drawing of this size in CSS pixels.
    pub fn new(image: &'a mut Image, (width, height): (u32, u32)) -> Self {
        let columns = (f64::from(width) * DENSITY) as usize;
        let rows = (f64::from(height) * DENSITY) as usize;
        *image = Image { columns, pixels: vec![WHITE; columns * rows] };
        Self { image, size: (width * UNITS as u32, height * UNITS as u32) }
    }

    fn rows(&self) -> usize {
        self.image.pixels.len() / self.image.columns.max(1)
    }

    fn blend(&mut self, x: i64, y: i64, colour: BackendColor, coverage: f32) {
        let (columns, rows) = (self.image.columns as i64, self.rows() as i64);
        if (0..columns).contains(&x) && (0..rows).contains(&y) {
            let pixel = &mut self.image.pixels[(y * columns + x) as usize];
            let (r, g, b) = colour.rgb;
            *pixel = super::colour::mix(*pixel, [r, g, b], colour.alpha * f64::from(coverage.min(1.0)));
        }
    }

    /// Fills a shape in bands of rows, each as wide as what of the shape lies in it: a long thin line covers few pixels of
    /// the rectangle around it.
    fn fill(&mut self, shape: &Shape, colour: BackendColor) {
        let heights = || shape.edges.iter().flatten().map(|corner| corner.1);
        let end = self.rows() as f32;
        let top = heights().fold(f32::MAX, f32::min).floor().clamp(0.0, end) as usize;
        let bottom = heights().fold(f32::MIN, f32::max).ceil().clamp(0.0, end) as usize;
        let mut within = Vec::new();
        for row in (top..bottom).step_by(BAND) {
            let height = BAND.min(bottom - row);
            within.clear();
            within.extend(shape.edges.iter().filter_map(|edge| cut(*edge, row as f32, (row + height) as f32)));
            self.fill_band(&within, (row, height), colour);
        }
    }

    /// Fills what lies between edges that keep to so many rows from `row` on.
    fn fill_band(&mut self, edges: &[[(f32, f32); 2]], (row, height): (usize, usize), colour: BackendColor) {
        let sides = || edges.iter().flatten().map(|corner| corner.0);
        // What lies right of the canvas is cut; left of it, it still covers.
        let end = self.image.columns as f32;
        let left = sides().fold(f32::MAX, f32::min).floor().clamp(0.0, end);
        let right = (sides().fold(f32::MIN, f32::max).ceil() + 1.0).clamp(0.0, end);
        if right <= left {
            return;
        }
        let width = right - left;
        let mut rasterizer = Rasterizer::new(width as usize, height);
        let inside = |(x, y): (f32, f32)| Point { x: (x - left).clamp(0.0, width), y: y - row as f32 };
        for [from, to] in edges {
            rasterizer.draw_line(inside(*from), inside(*to));
        }
        // All of it is on the canvas, so that no pixel need be asked.
        let (r, g, b) = colour.rgb;
        let (columns, width) = (self.image.columns, width as usize);
        let band = &mut self.image.pixels[row * columns..][..height * columns];
        // Most pixels are mixed as the one before was.
        let mut last = ([0; 3], 0.0, [0; 3]);
        rasterizer.for_each_pixel(|place, coverage| {
            if coverage > 0.0 {
                let pixel = &mut band[place / width * columns + left as usize + place % width];
                if last.0 != *pixel || last.1 != coverage {
                    let share = colour.alpha * f64::from(coverage.min(1.0));
                    last = (*pixel, coverage, super::colour::mix(*pixel, [r, g, b], share));
                }
                *pixel = last.2;
            }
        });
    }
}

/// The part of an edge between two heights.
fn cut([from, to]: [(f32, f32); 2], top: f32, bottom: f32) -> Option<[(f32, f32); 2]> {
    if from.1.max(to.1) <= top || from.1.min(to.1) >= bottom || from.1 == to.1 {
        return None;
    }
    let at = |corner: (f32, f32)| {
        let y = corner.1.clamp(top, bottom);
        if y == corner.1 { corner } else { (from.0 + (to.0 - from.0) * ((y - from.1) / (to.1 - from.1)), y) }
    };
    Some([at(from), at(to)])
}

fn pixels((x, y): BackendCoord) -> (f64, f64) {
    (f64::from(x) * (DENSITY / UNITS), f64::from(y) * (DENSITY / UNITS))
}

impl DrawingBackend for Raster<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, colour: BackendColor) -> Drawn {
        let (x, y) = pixels(at);
        self.blend(x as i64, y as i64, colour, 1.0);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let points: Vec<(f64, f64)> = path.into_iter().map(pixels).collect();
        let half = f64::from(style.stroke_width()) * (DENSITY / UNITS) / 2.0;
        // Straight hairlines fall on whole pixels, or their two sides would both be grey.
        if let [from, to] = points[..]
            && (from.0 == to.0 || from.1 == to.1)
        {
            let (x, y) = (from.0.min(to.0), from.1.min(to.1));
            let (long, wide) = ((from.0 - to.0).abs(), (from.1 - to.1).abs());
            let thick = (2.0 * half).round().max(1.0);
            let (x0, y0) = match from.0 == to.0 {
                true => ((x - thick / 2.0).round(), y.round()),
                false => (x.round(), (y - thick / 2.0).round()),
            };
            let (x1, y1) = match from.0 == to.0 {
                true => (x0 + thick, (y + wide).round()),
                false => ((x + long).round(), y0 + thick),
            };
            let mut shape = Shape::new();
            shape.polygon(&[(x0, y0), (x1, y0), (x1, y1), (x0, y1)]);
            self.fill(&shape, style.color());
            return Ok(());
        }
        let mut shape = Shape::new();
        shape.stroke(&points, half);
        self.fill(&shape, style.color());
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let mut shape = Shape::new();
        shape.polygon(&path.into_iter().map(pixels).collect::<Vec<_>>());
        self.fill(&shape, style.color());
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, _: bool) -> Drawn {
        self.fill_polygon([from, (to.0, from.1), to, (from.0, to.1)], style)
    }

    fn draw_circle<S: BackendStyle>(&mut self, centre: BackendCoord, radius: u32, style: &S, _: bool) -> Drawn {
        let mut shape = Shape::new();
        shape.circle(pixels(centre), f64::from(radius) * (DENSITY / UNITS));
        self.fill(&shape, style.color());
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, place: BackendCoord) -> Drawn {
        let bold = matches!(style.style(), FontStyle::Bold);
        let size = style.size() * (DENSITY / UNITS);
        let shift = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => 0.5,
            HPos::Right => 1.0,
        };
        let upright = !matches!(style.transform(), FontTransform::None);
        let (x, y) = pixels(place);
        let start = -shift * font::width(text, size, bold);
        // Glyphs stand at fractions of pixels along the line, on a whole baseline across it.
        let (across, along) = if upright { (x.round(), -y) } else { (y.round(), x) };
        let mut pen = along + start;
        for c in text.chars() {
            let face = font::face(bold);
            let glyph =
                face.glyph_id(c).with_scale_and_position(font::scale(size, bold), point(pen as f32, across as f32));
            pen += font::advance(c, bold) * size;
            let Some(outline) = face.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            let (left, top) = (bounds.min.x as i64, bounds.min.y as i64);
            outline.draw(|dx, dy, coverage| {
                let (u, v) = (left + i64::from(dx), top + i64::from(dy));
                let (px, py) = if upright { (v, -u - 1) } else { (u, v) };
                self.blend(px, py, style.color(), coverage);
            });
        }
        Ok(())
    }
}

impl Canvas for Raster<'_> {
    fn image(&mut self, from: BackendCoord, to: BackendCoord, image: &Image) {
        let rows = image.pixels.len() / image.columns.max(1);
        let ((x0, y0), (x1, y1)) = (pixels(from), pixels(to));
        if rows == 0 || x1 <= x0 || y1 <= y0 {
            return;
        }
        // Bilinear between the centres of the image's pixels, as browsers do.
        let locate = |at: f64, low: f64, high: f64, count: usize| {
            let place = ((at + 0.5 - low) / (high - low) * count as f64 - 0.5).clamp(0.0, (count - 1) as f64);
            let below = (place as usize).min(count.saturating_sub(2));
            (below, (below + 1).min(count - 1), place - below as f64)
        };
        let (columns, bottom) = (self.image.columns, self.rows());
        let span = |low: f64, high: f64, end: usize| low.round().max(0.0) as usize..(high.round() as usize).min(end);
        let across: Vec<_> = span(x0, x1, columns).map(|x| (x, locate(x as f64, x0, x1, image.columns))).collect();
        for y in span(y0, y1, bottom) {
            let (up, down, v) = locate(y as f64, y0, y1, rows);
            let row = |row: usize| &image.pixels[row * image.columns..][..image.columns];
            let (up, down) = (row(up), row(down));
            let onto = &mut self.image.pixels[y * columns..][..columns];
            for &(x, (left, right, u)) in &across {
                let upper = super::colour::mix(up[left], up[right], u);
                let lower = super::colour::mix(down[left], down[right], u);
                onto[x] = super::colour::mix(upper, lower, v);
            }
        }
    }

    fn discs(&mut self, centres: &[BackendCoord], radius: u32, edge: u32, colour: Rgb) {
        let half = |radius: u32| f64::from(radius) * (DENSITY / UNITS);
        for &centre in centres {
            for (radius, [r, g, b]) in [(radius + edge, WHITE), (radius, colour)] {
                let mut shape = Shape::new();
                shape.circle(pixels(centre), half(radius));
                self.fill(&shape, BackendColor { alpha: 1.0, rgb: (r, g, b) });
            }
        }
    }
}
