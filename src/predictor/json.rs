//! A network as JSON that a person can read: what is around it first, then a line for the weights of each unit.

use serde_json::{Map, Value, json};

use super::Predictor;
use crate::model::Layer;

impl Predictor {
    /// The network as JSON: `layers` holds of each layer `weight` (outputs × inputs) and `bias`, as the shortest decimals
    /// that read back as the same f32.
    pub fn json(&self) -> String {
        let mut text = String::from("{\n");
        for (name, value) in self.around() {
            text += &format!("  {}: {},\n", Value::from(name), indented(&value));
        }
        let layers = self.network.layers.iter().zip(&self.network.units);
        let layers: Vec<String> = layers.map(|(layer, &inputs)| in_lines(layer, inputs)).collect();
        text + &format!("  \"layers\": [\n{}\n  ]\n}}\n", layers.join(",\n"))
    }

    /// Everything but the weights.
    pub(super) fn around(&self) -> Map<String, Value> {
        let network = &self.network;
        let settings: Map<String, Value> = network
            .activation
            .settings()
            .params()
            .iter()
            .filter_map(|param| Some((param.name.to_owned(), json!(network.activation.settings().get(param.name)?))))
            .collect();
        let preprocessing = serde_json::to_value(&self.preprocessing).expect("texts and finite numbers");
        let mut around = Map::new();
        around.insert("format".into(), "tallow network 1".into());
        around.insert("run".into(), self.run.full().into());
        around.insert("units".into(), json!(network.units));
        around.insert("activation".into(), json!({ "name": network.activation.name(), "settings": settings }));
        around.insert("inputs".into(), json!(self.preprocessing.fitted.names()));
        around.insert("preprocessing".into(), preprocessing);
        around
    }
}

/// JSON over several lines, within an object.
fn indented(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).expect("JSON");
    text.replace('\n', "\n  ")
}

fn in_lines(layer: &Layer, inputs: usize) -> String {
    let list = |numbers: &[f32]| serde_json::to_string(numbers).expect("a list of numbers");
    let rows: Vec<String> = layer.weight.chunks(inputs.max(1)).map(|row| format!("      {}", list(row))).collect();
    format!("    {{ \"weight\": [\n{}\n    ], \"bias\": {} }}", rows.join(",\n"), list(&layer.bias))
}
