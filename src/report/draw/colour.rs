//! Colours: Okabe and Ito's for what is told apart, viridis for numbers, tints for regions. Safe for the colour-blind.

use crate::report::figure::{Colours, HUES, Paint, Ramp};

/// Red, green, blue.
pub type Rgb = [u8; 3];

pub const WHITE: Rgb = [255, 255, 255];
pub const INK: Rgb = [34, 34, 34];
pub const MUTED: Rgb = [102, 102, 102];
pub const GRID: Rgb = [230, 230, 230];
pub const FRAME: Rgb = [68, 68, 68];
const BAD: Rgb = [200, 16, 32];
/// Cells of a table without a number.
pub const NOT_RUN: Rgb = [238, 238, 238];
pub const DIVERGED: Rgb = [250, 205, 205];
/// Behind what stands outside the axes.
pub const STRIP: Rgb = [244, 244, 244];

/// Okabe and Ito's colours in an order that keeps neighbours apart; yellow, too light for lines, left out.
const SERIES: [Rgb; HUES] =
    [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [85, 85, 85]];

/// viridis (van der Walt and Smith, CC0) at 17 even steps; between them straight lines, less than 1 % away.
const VIRIDIS: [Rgb; 17] = [
    [68, 1, 84],
    [72, 24, 106],
    [71, 45, 123],
    [66, 64, 134],
    [59, 82, 139],
    [51, 99, 141],
    [44, 114, 142],
    [38, 130, 142],
    [33, 145, 140],
    [31, 160, 136],
    [40, 174, 128],
    [63, 188, 115],
    [94, 201, 98],
    [132, 212, 75],
    [173, 220, 48],
    [216, 226, 25],
    [253, 231, 37],
];

const PURPLE: Rgb = [84, 39, 143];

/// The colour of a paint.
pub fn rgb(paint: Paint) -> Rgb {
    match paint {
        Paint::Series(k) | Paint::Class(k) => SERIES[k % HUES],
        Paint::Ink => INK,
        Paint::Muted => MUTED,
        Paint::Bad => BAD,
        Paint::On(scale, x) => ramp(scale, x),
    }
}

/// The same hue, dark enough to read as text on white.
pub fn readable(paint: Paint) -> Rgb {
    let mut colour = rgb(paint);
    // 4.5 : 1, as WCAG asks of small text.
    while 1.05 / (luminance(colour) + 0.05) < 4.5 {
        colour = mix([0, 0, 0], colour, 0.92);
    }
    colour
}

/// Black or white, whichever reads better on a colour. Where both have about the same contrast, white looks sharper.
pub fn on(colour: Rgb) -> Rgb {
    if luminance(colour) > 0.27 { INK } else { WHITE }
}

/// Relative luminance (WCAG 2), gamma taken as 2, near enough to choose by.
fn luminance(colour: Rgb) -> f64 {
    let [r, g, b] = colour.map(|c| (f64::from(c) / 255.0) * (f64::from(c) / 255.0));
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// `share` of `b`, the rest of `a`.
pub fn mix(a: Rgb, b: Rgb, share: f64) -> Rgb {
    let one = |a: u8, b: u8| (f64::from(a) + share * (f64::from(b) - f64::from(a)) + 0.5).clamp(0.0, 255.0) as u8;
    [one(a[0], b[0]), one(a[1], b[1]), one(a[2], b[2])]
}

/// The tint of a class' region; stronger the more it is preferred.
pub fn region(class: usize, preferred: f64) -> Rgb {
    mix(WHITE, SERIES[class % HUES], 0.1 + 0.4 * preferred.clamp(0.0, 1.0))
}

/// The colour of a number; grey if it is NaN.
pub fn ramp(ramp: Ramp, x: f64) -> Rgb {
    let place = |x: f64| if ramp.log { libm::log10(x.max(f64::MIN_POSITIVE)) } else { x };
    let (low, high) = (place(ramp.low), place(ramp.high));
    if x.is_nan() {
        return [200, 200, 200];
    }
    let share = if high > low { ((place(x) - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
    match ramp.colours {
        Colours::Viridis => along(&VIRIDIS, share),
        Colours::Reversed => along(&VIRIDIS, 1.0 - share),
        Colours::Diverging => {
            let (side, strength) = if share < 0.5 { (0, 1.0 - 2.0 * share) } else { (1, 2.0 * share - 1.0) };
            mix(WHITE, SERIES[side], 0.04 + 0.5 * strength)
        }
        Colours::Purples => mix(WHITE, PURPLE, 0.02 + 0.9 * share),
    }
}

fn along(steps: &[Rgb], share: f64) -> Rgb {
    let at = share * (steps.len() - 1) as f64;
    let below = (at as usize).min(steps.len() - 2);
    mix(steps[below], steps[below + 1], at - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_any_series_colour_is_readable_on_white() {
        for k in 0..HUES {
            assert!(1.05 / (luminance(readable(Paint::Series(k))) + 0.05) >= 4.5, "{k}");
        }
    }

    #[test]
    fn a_ramp_ends_at_its_ends_and_takes_anything() {
        let scale = Ramp { colours: Colours::Viridis, low: 0.001, high: 1.0, log: true };
        assert_eq!(ramp(scale, 0.001), VIRIDIS[0]);
        assert_eq!(ramp(scale, 1.0), VIRIDIS[16]);
        assert_eq!(ramp(scale, -5.0), VIRIDIS[0]);
        assert_eq!(ramp(scale, f64::INFINITY), VIRIDIS[16]);
        assert_eq!(ramp(scale, f64::NAN), [200, 200, 200]);
    }
}
