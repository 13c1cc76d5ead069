//! Figures drawn: one layer of plotters elements, on a canvas that writes SVG or one that fills pixels for PNG.
//!
//! plotters draws: whatever is seen is an element of its, put on its drawing area. Around it stand a pen, for its pixels are
//! whole and a canvas therefore counts hundredths; two canvases in place of its backends; and a font. They stay, because
//! a report has the same bytes on every machine: plotters' SVG leaves text to the fonts of whoever looks, ours writes
//! the outlines of an embedded font, each once, and the PNG fills the same outlines without a font library on the machine,
//! in arithmetic that rounds alike everywhere. Images and discs with an edge are elements of our own that plotters lacks.

mod axis;
mod colour;
mod font;
mod layout;
mod mark;
mod palette;
mod panel;
mod pen;
mod png;
mod raster;
mod svg;
#[cfg(test)]
mod tests;

pub use axis::words;
#[cfg(test)]
pub(super) use tests::outside;

use super::figure::{Figure, Paint};
use layout::Layout;
use pen::{Canvas, Image, Pen};

/// The figure as an SVG document: scales to any size.
pub fn svg(figure: &Figure) -> String {
    let layout = Layout::of(figure);
    let mut document = svg::Document::new(layout.size, &figure.title);
    draw(figure, &layout, svg::Svg::new(&mut document, layout.size));
    document.finish()
}

/// The colour of a paint as HTML writes it: `#0072b2`.
pub fn hex(paint: Paint) -> String {
    let [r, g, b] = colour::rgb(paint);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The figure as a PNG file, two pixels per CSS pixel.
pub fn png(figure: &Figure) -> Vec<u8> {
    let layout = Layout::of(figure);
    let mut image = Image { columns: 0, pixels: Vec::new() };
    draw(figure, &layout, raster::Raster::new(&mut image, layout.size));
    png::encode(&image)
}

fn draw<C: Canvas>(figure: &Figure, layout: &Layout, canvas: C) {
    let pen = Pen::new(canvas);
    pen.clear(f64::from(layout.size.0), f64::from(layout.size.1));
    for words in &layout.words {
        pen.text(&words.text, words.at, words.kind);
    }
    for key in &layout.keys {
        panel::key(&pen, key.at, &figure.legend.entries[key.entry]);
    }
    for (panel, place) in figure.panels.iter().zip(&layout.places) {
        panel::draw(&pen, panel, place);
    }
    for label in &layout.ends {
        panel::end(&pen, label);
    }
    for (bar, place) in figure.bars.iter().zip(&layout.bars) {
        panel::bar(&pen, bar, place);
    }
}
