//! A network as safetensors, named as PyTorch names the tensors of `nn.Sequential(Linear, activation, Linear, …)`.
//!
//! Layout: eight bytes (little-endian) with the length of a header in JSON, the header, the tensors.
//! <https://github.com/huggingface/safetensors#format>

use serde_json::{Map, Value, json};

use super::Predictor;

impl Predictor {
    /// The network as safetensors: `0.weight` (outputs × inputs, f32), `0.bias`, `2.weight`, …, since the activations take a
    /// place each; under `tallow` in `__metadata__` all that is around it, as JSON.
    pub fn safetensors(&self) -> Vec<u8> {
        let around = Value::from(self.around()).to_string();
        let mut header = Map::new();
        header.insert("__metadata__".into(), json!({ "format": "pt", "tallow": around }));
        let mut data: Vec<u8> = Vec::new();
        let ends = self.network.units.windows(2);
        for (l, (layer, ends)) in self.network.layers.iter().zip(ends).enumerate() {
            for (name, shape, numbers) in
                [("weight", vec![ends[1], ends[0]], &layer.weight), ("bias", vec![ends[1]], &layer.bias)]
            {
                let from = data.len();
                data.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
                let tensor = json!({ "dtype": "F32", "shape": shape, "data_offsets": [from, data.len()] });
                header.insert(format!("{}.{name}", 2 * l), tensor);
            }
        }
        let mut header = Value::from(header).to_string().into_bytes();
        // The tensors begin at a multiple of eight.
        header.resize(header.len().next_multiple_of(8), b' ');
        [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()
    }
}
