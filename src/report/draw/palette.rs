//! Up to 256 colours that stand for all of a picture's, so that its file is a third of the size and looks the same.
//!
//! Median cut (Heckbert 1982) by variance: the box of colours that errs most is cut where its widest channel has its mean.
//! All sums are of whole numbers, so that the palette is the same everywhere.

use std::collections::{BTreeMap, HashMap};

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
    let mut counts: BTreeMap<Colour, u64> = BTreeMap::new();
    for run in pixels.chunk_by(|a, b| a == b) {
        *counts.entry(run[0]).or_default() += run.len() as u64;
    }
    let colours: Vec<(Colour, u64)> = counts.into_iter().collect();
    let palette = if colours.len() <= MOST { colours.iter().map(|&(c, _)| c).collect() } else { choose(colours) };
    let mut known: HashMap<Colour, u8> = HashMap::new();
    let mut places = Vec::with_capacity(pixels.len());
    for run in pixels.chunk_by(|a, b| a == b) {
        let place = *known.entry(run[0]).or_insert_with(|| nearest(&palette, &run[0]));
        places.resize(places.len() + run.len(), place);
    }
    Indexed { palette, pixels: places }
}

fn nearest(palette: &[Colour], colour: &Colour) -> u8 {
    let distance = |place: &usize| -> u32 {
        palette[*place].iter().zip(colour).map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    (0..palette.len()).min_by_key(distance).unwrap_or(0) as u8
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
