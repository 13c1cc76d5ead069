//! PNG files from pixels.

use super::palette;
use super::pen::Image;

/// The image as a PNG file with a palette: always the same bytes for the same pixels.
pub fn encode(image: &Image) -> Vec<u8> {
    let rows = image.pixels.len() / image.columns.max(1);
    let indexed = palette::index(&image.pixels);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, image.columns as u32, rows as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(indexed.palette.as_flattened());
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().expect("an image has rows and columns, and memory takes all writes");
    writer.write_image_data(&indexed.pixels).expect("as many bytes as the header says");
    writer.finish().expect("memory takes all writes");
    bytes
}
