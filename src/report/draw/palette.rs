//! Up to 256 colours that stand for all of a picture's, so that its file is a third of the size and looks the same.
//!
//! Median cut (Heckbert 1982) by variance: the box of colours that errs most is cut where its widest channel has its mean.
//! All sums are of whole numbers, so that the palette is the same everywhere.

/// Most colours of an indexed PNG.
const MOST: usize = 256;

type Colour = [u8; 3];

/// Colours, and which of them each pixel has.
pub(super) struct Indexed {
    pub(super) palette: Vec<Colour>,
    pub(super) pixels: Vec<u8>,
}

/// The pixels with a palette: their own colours if there are few, else the nearest of a choice.
pub(super) fn index(pixels: &[Colour]) -> Indexed {
    let runs = || pixels.chunk_by(|a, b| a == b).map(|run| (run[0], run.len()));
    let mut counts: Vec<(Colour, u64)> = runs().map(|(colour, length)| (colour, length as u64)).collect();
    counts.sort_unstable_by_key(|&(colour, _)| colour);
    let colours: Vec<(Colour, u64)> = (counts.chunk_by(|a, b| a.0 == b.0))
        .map(|same| (same[0].0, same.iter().map(|(_, length)| length).sum()))
        .collect();
    let own: Vec<Colour> = colours.iter().map(|&(colour, _)| colour).collect();
    let palette = if own.len() <= MOST { own.clone() } else { choose(colours) };
    let nearest: Vec<u8> = own.iter().map(|colour| nearest(&palette, colour)).collect();
    let mut places = Vec::with_capacity(pixels.len());
    for (colour, length) in runs() {
        let known = own.binary_search(&colour).expect("the colours are those of all runs");
        places.resize(places.len() + length, nearest[known]);
    }
    Indexed { palette, pixels: places }
}

/// The first of the nearest colours. Distance and place are one number, so that the least of them can be sought side by side.
fn nearest(palette: &[Colour], colour: &Colour) -> u8 {
    let [r, g, b] = colour.map(i32::from);
    let key = |(place, &[x, y, z]): (usize, &Colour)| {
        let (r, g, b) = (i32::from(x) - r, i32::from(y) - g, i32::from(z) - b);
        ((r * r + g * g + b * b) << 8) | place as i32
    };
    palette.iter().enumerate().map(key).fold(i32::MAX, i32::min) as u8
}

fn choose(colours: Vec<(Colour, u64)>) -> Vec<Colour> {
    let mut boxes = vec![Box::of(colours)];
    while boxes.len() < MOST {
        let Some((place, _)) = boxes.iter().enumerate().rev().max_by_key(|(_, one)| one.error) else { break };
        if boxes[place].error == 0 {
            break;
        }
        let (low, high) = boxes.swap_remove(place).cut();
        boxes.extend([low, high]);
    }
    boxes.iter().map(Box::colour).collect()
}

/// Colours that one stands for.
struct Box {
    colours: Vec<(Colour, u64)>,
    /// The channel that varies most, its mean, and its squared distances from that, rounded.
    channel: usize,
    mean: u64,
    error: u64,
}

impl Box {
    fn of(colours: Vec<(Colour, u64)>) -> Self {
        let count: u64 = colours.iter().map(|(_, n)| n).sum();
        let spread = |channel: usize| {
            let (mut sum, mut squares) = (0, 0);
            for (colour, n) in &colours {
                let x = u64::from(colour[channel]);
                (sum, squares) = (sum + n * x, squares + n * x * x);
            }
            let error = u128::from(squares) - u128::from(sum) * u128::from(sum) / u128::from(count.max(1));
            (error as u64, sum / count.max(1))
        };
        let spreads = [0, 1, 2].map(spread);
        let channel = (0..3).rev().max_by_key(|&channel| spreads[channel].0).unwrap_or(0);
        let (error, mean) = spreads[channel];
        Self { colours, channel, mean, error }
    }

    fn cut(self) -> (Self, Self) {
        let (channel, mean) = (self.channel, self.mean);
        let (low, high) = self.colours.into_iter().partition(|(colour, _)| u64::from(colour[channel]) <= mean);
        (Self::of(low), Self::of(high))
    }

    /// The colour that most of its pixels have, such as a background's; else the mean.
    fn colour(&self) -> Colour {
        let count: u64 = self.colours.iter().map(|(_, n)| n).sum();
        if let Some((colour, _)) = self.colours.iter().find(|(_, n)| 2 * n > count) {
            return *colour;
        }
        [0, 1, 2].map(|channel| {
            let sum: u64 = self.colours.iter().map(|(colour, n)| n * u64::from(colour[channel])).sum();
            ((sum + count / 2) / count.max(1)) as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colours_are_kept_as_they_are() {
        let pixels: Vec<Colour> = (0..1000_u32).map(|i| [(i % 16 * 16) as u8, (i % 4) as u8, 255]).collect();
        let indexed = index(&pixels);
        let back: Vec<Colour> = indexed.pixels.iter().map(|&i| indexed.palette[usize::from(i)]).collect();
        assert_eq!(back, pixels);
    }

    #[test]
    fn of_many_colours_none_moves_far_and_the_commonest_not_at_all() {
        let shade = |i: u32| [(i % 256) as u8, (i / 256 * 7) as u8, (i % 256 / 2) as u8];
        let mut pixels: Vec<Colour> = (0..4096).map(shade).collect();
        pixels.extend([[255; 3]; 5000]);
        let indexed = index(&pixels);
        assert!(indexed.palette.len() <= MOST);
        for (&i, pixel) in indexed.pixels.iter().zip(&pixels) {
            let stand_in = indexed.palette[usize::from(i)];
            assert!(stand_in.iter().zip(pixel).all(|(a, b)| a.abs_diff(*b) <= 12), "{stand_in:?} for {pixel:?}");
        }
        assert_eq!(indexed.palette[usize::from(indexed.pixels[5000])], [255; 3]);
    }
}
