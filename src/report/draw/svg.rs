//! A canvas that writes SVG: coordinates to a hundredth of a pixel (a tenth in long lines), images as PNG inside, text as
//! the embedded font's outlines, so that it looks the same and fits wherever it is shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::Write as _;

use crate::text::markup;
use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
    FontTransform,
};

use super::colour::Rgb;
use super::font::{self, Glyph};
use super::pen::{Canvas, Image, UNITS};
use super::png;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// An SVG document as it grows.
pub struct Document {
    text: String,
    /// What the ids of this document begin with: a page may hold several documents. Where two begin alike, equal ids are
    /// equal outlines.
    prefix: String,
    glyphs: BTreeSet<Glyph>,
    open: Open,
}

/// The element that more of the same is added to: figures are full of short lines and dots of one look.
#[derive(Debug, Default, PartialEq)]
enum Open {
    #[default]
    Nothing,
    /// A path of lines, by how they look.
    Lines(String),
    /// A group of discs, by how their edges look.
    Discs(String),
}

impl Document {
    /// Begins a document of this size in CSS pixels, with a title for readers who cannot see it.
    pub fn new((width, height): (u32, u32), title: &str) -> Self {
        let hash = blake3::hash(title.as_bytes());
        let prefix = hash.as_bytes()[..3].iter().map(|byte| char::from(b'a' + byte % 26)).collect();
        let title = escape(title);
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             role=\"img\" aria-label=\"{title}\" stroke-linejoin=\"round\" stroke-linecap=\"round\">\n<title>{title}</title>\n"
        );
        Self { text, prefix, glyphs: BTreeSet::new(), open: Open::Nothing }
    }

    /// Ends what is open, unless it is this; whether it is.
    fn goes_on(&mut self, wanted: Open) -> bool {
        if self.open == wanted {
            return true;
        }
        self.text += &match std::mem::replace(&mut self.open, wanted) {
            Open::Nothing => String::new(),
            Open::Lines(look) => format!("\"{look}/>\n"),
            Open::Discs(_) => "</g>\n".to_owned(),
        };
        false
    }

    /// The whole document, with the outlines it uses.
    pub fn finish(mut self) -> String {
        self.goes_on(Open::Nothing);
        let Self { mut text, prefix, glyphs, .. } = self;
        text += "<defs>\n";
        for glyph in glyphs {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "<path id=\"{prefix}{}\" d=\"{}\"/>", glyph.name(), glyph.outline());
        }
        text + "</defs>\n</svg>\n"
    }
}

/// A canvas on a document.
pub struct Svg<'a> {
    document: &'a mut Document,
    size: (u32, u32),
}

impl<'a> Svg<'a> {
    /// A canvas of this size in CSS pixels.
    pub fn new(document: &'a mut Document, (width, height): (u32, u32)) -> Self {
        Self { document, size: (width * UNITS as u32, height * UNITS as u32) }
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) -> Drawn {
        self.document.goes_on(Open::Nothing);
        let _ = self.document.text.write_fmt(text);
        Ok(())
    }
}

/// Hundredths as a decimal: `12.5`.
struct Place(i32);

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match rest {
            0 => write!(f, "{sign}{whole}"),
            rest if rest % 10 == 0 => write!(f, "{sign}{whole}.{}", rest / 10),
            rest => write!(f, "{sign}{whole}.{rest:02}"),
        }
    }
}

fn places(points: impl IntoIterator<Item = BackendCoord>) -> String {
    let mut text = String::new();
    for (i, (x, y)) in points.into_iter().enumerate() {
        let _ = write!(text, "{}{},{}", if i > 0 { " " } else { "" }, Place(x), Place(y));
    }
    text
}

/// Points a shape may have before it is written in short.
const FEW: usize = 8;

/// A shape of many points, each told from the one before in tenths of a pixel: `M12.3 4l.5-1.2`. Rounding does not add
/// up: it is of the places, not of the steps.
fn steps(points: &[BackendCoord]) -> String {
    let tenths = |hundredths: i32| (hundredths + 5).div_euclid(10);
    let number = |text: &mut String, tenths: i32, first: bool| {
        let sign = if tenths < 0 { "-" } else { "" };
        let gap = if first || tenths < 0 { "" } else { " " };
        let (whole, rest) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
        let _ = match (whole, rest) {
            (whole, 0) => write!(text, "{gap}{sign}{whole}"),
            (0, rest) => write!(text, "{gap}{sign}.{rest}"),
            (whole, rest) => write!(text, "{gap}{sign}{whole}.{rest}"),
        };
    };
    let mut text = String::new();
    let mut before = (0, 0);
    for (i, &(x, y)) in points.iter().enumerate() {
        let at = (tenths(x), tenths(y));
        text += match i {
            0 => "M",
            1 => "l",
            _ => "",
        };
        number(&mut text, at.0 - before.0, i < 2);
        number(&mut text, at.1 - before.1, false);
        before = at;
    }
    text
}

fn hex(colour: BackendColor) -> String {
    let (r, g, b) = colour.rgb;
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn opacity(colour: BackendColor) -> String {
    if colour.alpha >= 1.0 {
        String::new()
    } else {
        format!(" fill-opacity=\"{}\"", Place((colour.alpha * 100.0) as i32))
    }
}

/// Text for XML, without the control characters it forbids.
pub fn escape(text: &str) -> String {
    let forbidden = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    markup(&text.replace(forbidden, " "))
}

impl DrawingBackend for Svg<'_> {
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

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        self.draw_rect((x, y), (x + 1, y + 1), &colour, true)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let points: Vec<BackendCoord> = path.into_iter().collect();
        let (colour, width) = (hex(style.color()), Place(style.stroke_width() as i32));
        let look = format!(" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"");
        if points.len() > FEW {
            return self.write(format_args!("<path d=\"{}\"{look}/>\n", steps(&points)));
        }
        let begin = if self.document.goes_on(Open::Lines(look)) { "M" } else { "<path d=\"M" };
        self.document.text += begin;
        self.document.text += &places(points);
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let points: Vec<BackendCoord> = path.into_iter().collect();
        let shape = match points.len() > FEW {
            true => format!("<path d=\"{}z\"", steps(&points)),
            false => format!("<polygon points=\"{}\"", places(points)),
        };
        let (colour, opacity) = (hex(style.color()), opacity(style.color()));
        self.write(format_args!("{shape} fill=\"{colour}\"{opacity}/>\n"))
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, _: bool) -> Drawn {
        let (colour, opacity) = (hex(style.color()), opacity(style.color()));
        let (x, y) = (from.0.min(to.0), from.1.min(to.1));
        let (width, height) = ((from.0 - to.0).abs(), (from.1 - to.1).abs());
        self.write(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{colour}\"{opacity}/>\n",
            Place(x),
            Place(y),
            Place(width),
            Place(height)
        ))
    }

    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, radius: u32, style: &S, _: bool) -> Drawn {
        let (colour, radius) = (hex(style.color()), Place(radius as i32));
        self.write(format_args!("<circle cx=\"{}\" cy=\"{}\" r=\"{radius}\" fill=\"{colour}\"/>\n", Place(x), Place(y)))
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        let share = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => 0.5,
            HPos::Right => 1.0,
        };
        let bold = matches!(style.style(), FontStyle::Bold);
        let turn = if matches!(style.transform(), FontTransform::None) { "" } else { "rotate(-90)" };
        let scale = (style.size() / UNITS / font::EM * 1e5).round() / 1e5;
        let (colour, label) = (hex(style.color()), escape(text));
        let mut at = -share * font::width(text, font::EM, bold);
        self.write(format_args!(
            "<g transform=\"translate({} {}){turn}scale({scale})\" fill=\"{colour}\" aria-label=\"{label}\">",
            Place(x),
            Place(y)
        ))?;
        for c in text.chars() {
            if !c.is_whitespace() {
                let (glyph, prefix) = (Glyph { bold, c }, &self.document.prefix);
                let place = at.round() as i32;
                let place = if place == 0 { String::new() } else { format!(" x=\"{place}\"") };
                let _ = write!(self.document.text, "<use href=\"#{prefix}{}\"{place}/>", glyph.name());
                self.document.glyphs.insert(glyph);
            }
            at += font::advance(c, bold) * font::EM;
        }
        self.write(format_args!("</g>\n"))
    }
}

impl Canvas for Svg<'_> {
    fn image(&mut self, from: BackendCoord, to: BackendCoord, image: &Image) {
        let data = STANDARD.encode(png::encode(image));
        let _ = self.write(format_args!(
            "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
             href=\"data:image/png;base64,{data}\"/>\n",
            Place(from.0),
            Place(from.1),
            Place(to.0 - from.0),
            Place(to.1 - from.1)
        ));
    }

    /// The edge is a stroke outside the disc.
    fn discs(&mut self, centres: &[BackendCoord], radius: u32, edge: u32, [r, g, b]: Rgb) {
        let (radius, edge) = (Place((radius + edge / 2) as i32), Place(edge as i32));
        let look = format!("stroke=\"#fff\" stroke-width=\"{edge}\"");
        let begin = format!("<g {look}>\n");
        if !self.document.goes_on(Open::Discs(look)) {
            self.document.text += &begin;
        }
        let fill = format!(" fill=\"#{r:02x}{g:02x}{b:02x}\"");
        let (own, begin, end) = match centres.len() {
            1 => (fill, String::new(), ""),
            _ => (String::new(), format!("<g{fill}>\n"), "</g>\n"),
        };
        self.document.text += &begin;
        let tenth = |hundredths: i32| Place((hundredths + 5).div_euclid(10) * 10);
        for &(x, y) in centres {
            let (x, y) = (tenth(x), tenth(y));
            // Writing to a String cannot fail.
            let _ = writeln!(self.document.text, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"{own}/>");
        }
        self.document.text += end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_decimals_without_trailing_zeros() {
        for (units, text) in [(0, "0"), (1200, "12"), (1250, "12.5"), (1205, "12.05"), (-5, "-0.05")] {
            assert_eq!(Place(units).to_string(), text);
        }
    }

    #[test]
    fn many_points_are_steps_whose_rounding_does_not_add_up() {
        let text = steps(&[(1234, 400), (1284, 280), (1284, -5), (1279, 996)]);
        assert_eq!(text, "M12.3 4l.5-1.2 0-2.8 0 10");
        let long: Vec<BackendCoord> = (0..100).map(|i| (i * 3, 0)).collect();
        let text = steps(&long);
        let sum: f64 = text.split(['M', 'l', ' ']).filter_map(|step| step.parse::<f64>().ok()).sum();
        assert!((sum - 2.97).abs() < 0.06, "{sum}");
    }

    #[test]
    fn text_of_users_cannot_leave_its_place() {
        assert_eq!(escape("<b a=\"1\">&\u{0}'"), "&lt;b a=&quot;1&quot;&gt;&amp; &#39;");
    }
}
