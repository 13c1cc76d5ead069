//! The identity of a table: what is used of it and how it was understood.

use super::column::Cells;
use super::understand::{FeatureKind, Understood};
use super::word::Words;
use super::{Table, Task};

/// Bytes handed to the hasher at once.
const CHUNK: usize = 1 << 14;

struct Hasher {
    inner: blake3::Hasher,
    buffer: Vec<u8>,
}

impl Hasher {
    fn number(&mut self, x: u64) {
        self.bytes(&x.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.inner.update(&self.buffer);
            self.buffer.clear();
        }
    }

    /// Cells by their values: −0 is 0, and whether they fit in `f32` is a property of them.
    fn cells(&mut self, cells: &Cells) {
        match cells {
            Cells::None => self.text("none"),
            Cells::Single(cells) => {
                self.text("single");
                let bits = |x: f32| if x.is_nan() { f32::NAN.to_bits() } else { (x + 0.0).to_bits() };
                cells.iter().for_each(|&x| self.bytes(&bits(x).to_le_bytes()));
            }
            Cells::Double(cells) => {
                self.text("double");
                let bits = |x: f64| if x.is_nan() { f64::NAN.to_bits() } else { (x + 0.0).to_bits() };
                cells.iter().for_each(|&x| self.bytes(&bits(x).to_le_bytes()));
            }
            Cells::Words(words) => self.words(words),
        }
    }

    fn words(&mut self, words: &Words) {
        self.text("words");
        self.number(words.words.len() as u64);
        words.words.iter().for_each(|word| self.text(word));
        words.codes.iter().for_each(|code| self.bytes(&code.to_le_bytes()));
    }
}

/// 32 hex digits.
pub(super) fn of(table: &Table, understood: &Understood) -> String {
    let mut hasher = Hasher { inner: blake3::Hasher::new_derive_key("tallow 2 table"), buffer: Vec::new() };
    hasher.number(table.rows as u64);
    hasher.number(understood.features.len() as u64);
    for feature in &understood.features {
        hasher.text(&feature.name);
        hasher.text(match feature.kind {
            FeatureKind::Number => "number",
            FeatureKind::Boolean(_) => "boolean",
            FeatureKind::Words(_) => "category",
        });
        hasher.cells(&table.columns[feature.column].cells);
    }
    let target = &understood.target;
    hasher.text(&target.name);
    hasher.text(match target.task {
        Task::Regression => "regression",
        Task::Binary => "binary",
        Task::Multiclass => "multiclass",
    });
    hasher.number(target.classes.len() as u64);
    target.classes.iter().for_each(|class| hasher.text(class));
    target.values.iter().for_each(|y| hasher.bytes(&(y + 0.0).to_le_bytes()));
    for (what, place) in [("weight", understood.weight), ("group", understood.group)] {
        if let Some(place) = place {
            hasher.text(what);
            hasher.cells(&table.columns[place].cells);
        }
    }
    hasher.inner.update(&hasher.buffer);
    hasher.inner.finalize().to_hex()[..32].to_owned()
}
