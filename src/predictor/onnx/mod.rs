//! A network as ONNX, with all that is around it: cells in, classes and probabilities or values out.
//!
//! Numbers are taken as f64, imputed and scaled in f64 and then cast, as training does it; the network computes in f32.

mod activation;
mod graph;
mod inputs;
mod proto;

use serde_json::Value;

use super::Predictor;
use crate::dataset::Task;
use crate::table::Encoding;
use graph::{Attribute, Data, Graph, Name, Size, Type};

impl Predictor {
    /// The network as an ONNX model. It takes `numbers` (rows × columns, f64; NaN where a cell is missing) and `words` (rows ×
    /// columns, texts; empty where one is missing), of which each is there only if the network has such columns. It gives
    /// `value` (rows × 1, f64, in the target's own unit), or `label` (rows, the names of classes) and `probabilities` (rows ×
    /// classes, f32). The model's metadata say which columns these are: `numbers`, `words` and `classes` are lists in JSON,
    /// `tallow` is all that is around the network.
    pub fn onnx(&self) -> Vec<u8> {
        let mut graph = Graph::default();
        let inputs = inputs::prepared(&mut graph, &self.preprocessing);
        let raw = self.layers(&mut graph, inputs);
        self.outputs(&mut graph, &raw);
        let fitted = &self.preprocessing.fitted;
        let columns = |numbers: bool| {
            let of =
                fitted.features.iter().filter(|feature| matches!(feature.encoding, Encoding::Number { .. }) == numbers);
            Value::from(of.map(|feature| feature.name.as_str()).collect::<Vec<_>>()).to_string()
        };
        let facts = [
            ("numbers", columns(true)),
            ("words", columns(false)),
            ("classes", Value::from(fitted.classes.clone()).to_string()),
            ("tallow", Value::from(self.around()).to_string()),
        ];
        let units: Vec<String> = self.network.units.iter().map(usize::to_string).collect();
        let activation = self.activation_in_words();
        let about = format!("Predicts `{}` by a network of {} units, {activation}.", fitted.target, units.join("-"));
        graph.model(&format!("run {}", self.run), &about, &facts)
    }

    fn layers(&self, graph: &mut Graph, inputs: Name) -> Name {
        let network = &self.network;
        let mut x = inputs;
        for (l, (layer, ends)) in network.layers.iter().zip(network.units.windows(2)).enumerate() {
            // The names that PyTorch's nn.Sequential would give them.
            let weight = graph.named(&format!("{}.weight", 2 * l), &[ends[1], ends[0]], &Data::Floats(&layer.weight));
            let bias = graph.named(&format!("{}.bias", 2 * l), &[ends[1]], &Data::Floats(&layer.bias));
            x = graph.with("Gemm", &[&x, &weight, &bias], &[("transB", Attribute::Int(1))]);
            if l + 1 < network.layers.len() {
                x = activation::apply(graph, &network.activation, &x);
            }
        }
        x
    }

    fn outputs(&self, graph: &mut Graph, raw: &str) {
        let fitted = &self.preprocessing.fitted;
        let classes = fitted.classes.len();
        let (place, probabilities) = match self.network.task {
            Task::Regression => {
                let wide = graph.cast(raw, Type::Double);
                let (offset, scale) = (fitted.target_scale.offset, fitted.target_scale.scale);
                let (offset, scale) = (graph.double(offset), graph.double(scale));
                let value = graph.op("Div", &[&wide, &scale]);
                let value = graph.op("Add", &[&value, &offset]);
                return graph.output("value", &value, Type::Double, &[Size::Rows, Size::Of(1)]);
            }
            Task::Binary => {
                let (zero, one) = (graph.float(0.0), graph.float(1.0));
                let yes = graph.op("Sigmoid", &[raw]);
                let no = graph.op("Sub", &[&one, &yes]);
                let both = graph.with("Concat", &[&no, &yes], &[("axis", Attribute::Int(1))]);
                let above = graph.op("Greater", &[raw, &zero]);
                let place = graph.cast(&above, Type::Int64);
                let all = graph.constant(&[1], &Data::Ints(&[-1]));
                (graph.op("Reshape", &[&place, &all]), both)
            }
            Task::Multiclass { .. } => {
                let probabilities = graph.with("Softmax", &[raw], &[("axis", Attribute::Int(1))]);
                let first = [("axis", Attribute::Int(1)), ("keepdims", Attribute::Int(0))];
                (graph.with("ArgMax", &[raw], &first), probabilities)
            }
        };
        let names = graph.constant(&[classes], &Data::Texts(&fitted.classes));
        let label = graph.op("Gather", &[&names, &place]);
        graph.output("label", &label, Type::String, &[Size::Rows]);
        graph.output("probabilities", &probabilities, Type::Float, &[Size::Rows, Size::Of(classes)]);
    }
}
