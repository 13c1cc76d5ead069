//! The embedded font: how wide text is, so that it can be placed, and its outlines, so that it can be drawn.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, OutlineCurve, Point, PxScale};

/// The embedded family.
pub const FAMILY: &str = "Inter";

/// Units per em of a glyph's outline: at any size that is read, the grid they leave is finer than a twentieth of a pixel.
pub const EM: f64 = 500.0;

/// The height of capitals in ems.
pub const CAPITAL: f64 = 0.727;

/// The regular or the bold font.
pub fn face(bold: bool) -> &'static FontRef<'static> {
    static FACES: OnceLock<[FontRef<'static>; 2]> = OnceLock::new();
    let read = |bytes: &'static [u8]| FontRef::try_from_slice(bytes).expect("the embedded font is a font");
    let faces = FACES.get_or_init(|| {
        [
            read(include_bytes!("../../../assets/fonts/Inter-Regular.otf")),
            read(include_bytes!("../../../assets/fonts/Inter-Bold.otf")),
        ]
    });
    &faces[usize::from(bold)]
}

/// A character's shape in one of the faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glyph {
    /// Whether it is of the bold face.
    pub bold: bool,
    /// The character.
    pub c: char,
}

impl Glyph {
    /// A name that no other glyph has, of letters and digits: `rA`, `b2212`.
    pub fn name(self) -> String {
        let weight = if self.bold { 'b' } else { 'r' };
        match self.c {
            c if c.is_ascii_alphanumeric() => format!("{weight}{c}"),
            c => format!("{weight}{:02x}", u32::from(c)),
        }
    }

    /// The outline as an SVG path of `EM` units per em, down the page, each corner told from the one before.
    pub fn outline(self) -> String {
        let face = face(self.bold);
        let unit = EM as f32 / face.units_per_em().unwrap_or(1000.0);
        let curves = face.outline(face.glyph_id(self.c)).map_or_else(Vec::new, |outline| outline.curves);
        let place = |p: Point| ((p.x * unit).round() as i32, (-p.y * unit).round() as i32);
        let mut path = String::new();
        let close = if curves.is_empty() { "" } else { "z" };
        let (mut at, mut last) = (None, ' ');
        for curve in curves {
            let (kind, start, rest) = match curve {
                OutlineCurve::Line(a, b) => ('l', a, vec![b]),
                OutlineCurve::Quad(a, b, c) => ('q', a, vec![b, c]),
                OutlineCurve::Cubic(a, b, c, d) => ('c', a, vec![b, c, d]),
            };
            let start = place(start);
            if at != Some(start) {
                path += if at.is_some() { "z" } else { "" };
                path += &format!("M{} {}", start.0, start.1);
                last = ' ';
            }
            if last != kind {
                path.push(kind);
            }
            for (i, corner) in rest.iter().copied().map(place).enumerate() {
                let (dx, dy) = (corner.0 - start.0, corner.1 - start.1);
                path += if dx < 0 || (i == 0 && last != kind) { "" } else { " " };
                path += &format!("{dx}{}{dy}", if dy < 0 { "" } else { " " });
                at = Some(corner);
            }
            last = kind;
        }
        path + close
    }
}

/// Glyphs at this size in pixels per em.
pub fn scale(size: f64, bold: bool) -> PxScale {
    let face = face(bold);
    let em = face.units_per_em().unwrap_or(1000.0);
    PxScale::from(size as f32 * face.height_unscaled() / em)
}

/// The advance of a character in ems.
pub fn advance(c: char, bold: bool) -> f64 {
    let face = face(bold);
    f64::from(face.h_advance_unscaled(face.glyph_id(c))) / f64::from(face.units_per_em().unwrap_or(1000.0))
}

/// The width of a line of text, in the unit of `size`.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    text.chars().map(|c| advance(c, bold)).sum::<f64>() * size
}

/// The text, its end replaced by `…` if it would be wider than `room`.
pub fn fit(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_owned();
    }
    let mut left = room / size - advance('…', bold);
    let mut kept = String::new();
    for c in text.chars() {
        left -= advance(c, bold);
        if left < 0.0 {
            break;
        }
        kept.push(c);
    }
    kept.truncate(kept.trim_end().len());
    kept + "…"
}

/// The text, its middle replaced by `…` if it would be wider than `room`: labels differ at either end.
pub fn squeeze(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_owned();
    }
    let half = (room - advance('…', bold) * size).max(0.0) / 2.0;
    let within = |c: &char, left: &mut f64| {
        *left -= advance(*c, bold) * size;
        *left >= 0.0
    };
    let (mut before, mut after) = (half, half);
    let head: String = text.chars().take_while(|c| within(c, &mut before)).collect();
    let tail: Vec<char> = text.chars().rev().take_while(|c| within(c, &mut after)).collect();
    head + "…" + &tail.into_iter().rev().collect::<String>()
}

/// The text in lines no wider than `room`, at most `limit` of them, broken between words.
pub fn wrap(text: &str, size: f64, bold: bool, room: f64, limit: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if lines_fit(line, word, size, bold, room) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    if lines.len() > limit {
        let rest = lines.split_off(limit.max(1) - 1).join(" ");
        lines.push(rest);
    }
    lines.iter().map(|line| fit(line, size, bold, room)).collect()
}

fn lines_fit(line: &str, word: &str, size: f64, bold: bool, room: f64) -> bool {
    width(line, size, bold) + (advance(' ', bold)) * size + width(word, size, bold) <= room
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_sign_a_figure_needs() {
        for bold in [false, true] {
            for c in "aZ09αβηθλμρστΔΣ⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁−×·±≤≥≈∞√…–—°%éßñя→".chars()
            {
                assert_ne!(face(bold).glyph_id(c).0, 0, "{c}");
            }
        }
    }

    #[test]
    fn fitted_text_is_no_wider_than_its_room() {
        for room in [0.0, 5.0, 20.0, 50.0, 500.0] {
            let text = fit("a rather long label of a run", 11.0, false, room);
            assert!(width(&text, 11.0, false) <= room.max(width("…", 11.0, false)), "{text}");
        }
        assert_eq!(fit("short", 11.0, false, 100.0), "short");
    }

    #[test]
    fn wrapping_keeps_all_words_while_lines_last() {
        let text = "mean of ten seeds with their least and greatest value";
        assert_eq!(wrap(text, 11.0, false, 120.0, 9).join(" "), text);
        assert_eq!(wrap(text, 11.0, false, 120.0, 2).len(), 2);
        assert!(wrap("", 11.0, false, 10.0, 3).is_empty());
    }
}
