//! PNG files from pixels.

use super::pen::Image;

/// The image as a PNG file, 8 bits per channel: always the same bytes for the same pixels.
pub fn encode(image: &Image) -> Vec<u8> {
    let rows = image.pixels.len() / image.columns.max(1);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, image.columns as u32, rows as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header().expect("an image has rows and columns, and memory takes all writes");
    writer.write_image_data(image.pixels.as_flattened()).expect("as many bytes as the header says");
    writer.finish().expect("memory takes all writes");
    bytes
}
