//! An ONNX graph in the making: every operation adds a node and gives the name of its value.
//! <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>

use super::proto::Message;

/// The name of a value in the graph.
pub(super) type Name = String;

/// The types of ONNX's tensors.
#[derive(Clone, Copy)]
pub(super) enum Type {
    Float = 1,
    Int64 = 7,
    String = 8,
    Double = 11,
}

/// Numbers or texts of a tensor.
pub(super) enum Data<'a> {
    Floats(&'a [f32]),
    Doubles(&'a [f64]),
    Ints(&'a [i64]),
    Texts(&'a [String]),
}

/// An attribute of a node.
pub(super) enum Attribute<'a> {
    Int(i64),
    Float(f32),
    Ints(&'a [i64]),
    Floats(&'a [f32]),
    Texts(&'a [String]),
}

/// A size of a dimension.
pub(super) enum Size {
    /// The number of rows, whatever it is.
    Rows,
    Of(usize),
}

/// The domain of operators on words.
const ML: &str = "ai.onnx.ml";
/// The operator sets, of ONNX 1.12 (2022).
const OPERATORS: [(&str, i64); 2] = [("", 17), (ML, 3)];
/// The version of the format that has these.
const IR: i64 = 8;

/// A graph as far as it has come.
#[derive(Default)]
pub(super) struct Graph {
    parts: Message,
    values: usize,
}

impl Graph {
    fn fresh(&mut self, what: &str) -> Name {
        self.values += 1;
        format!("{what}_{}", self.values)
    }

    /// A tensor that does not change, by this name.
    pub fn named(&mut self, name: &str, shape: &[usize], data: &Data) -> Name {
        let mut tensor = shape.iter().fold(Message::default(), |tensor, &size| tensor.int(1, size as i64));
        let raw = |kind: Type, bytes: Vec<u8>| (kind, bytes);
        let (kind, bytes) = match data {
            Data::Floats(numbers) => raw(Type::Float, numbers.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Data::Doubles(numbers) => raw(Type::Double, numbers.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Data::Ints(numbers) => raw(Type::Int64, numbers.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Data::Texts(_) => raw(Type::String, Vec::new()),
        };
        tensor = tensor.int(2, kind as i64);
        tensor = match data {
            Data::Texts(texts) => texts.iter().fold(tensor, |tensor, text| tensor.bytes(6, text)),
            _ => tensor.bytes(9, bytes),
        };
        self.add(5, &tensor.bytes(8, name));
        name.to_owned()
    }

    /// A tensor that does not change.
    pub fn constant(&mut self, shape: &[usize], data: &Data) -> Name {
        let name = self.fresh("constant");
        self.named(&name, shape, data)
    }

    /// A number for every row, as f32.
    pub fn float(&mut self, x: f32) -> Name {
        self.constant(&[], &Data::Floats(&[x]))
    }

    /// A number for every row, as f64.
    pub fn double(&mut self, x: f64) -> Name {
        self.constant(&[], &Data::Doubles(&[x]))
    }

    /// A whole number for every row.
    pub fn int(&mut self, n: i64) -> Name {
        self.constant(&[], &Data::Ints(&[n]))
    }

    /// The value of an operator.
    pub fn op(&mut self, operator: &str, inputs: &[&str]) -> Name {
        self.with(operator, inputs, &[])
    }

    /// The value of an operator with attributes.
    pub fn with(&mut self, operator: &str, inputs: &[&str], attributes: &[(&str, Attribute)]) -> Name {
        let name = self.fresh(&operator.to_lowercase());
        self.node("", operator, inputs, &name, attributes);
        name
    }

    /// The value of an operator on words.
    pub fn on_words(&mut self, operator: &str, inputs: &[&str], attributes: &[(&str, Attribute)]) -> Name {
        let name = self.fresh(&operator.to_lowercase());
        self.node(ML, operator, inputs, &name, attributes);
        name
    }

    /// A value as another type.
    pub fn cast(&mut self, value: &str, to: Type) -> Name {
        self.with("Cast", &[value], &[("to", Attribute::Int(to as i64))])
    }

    /// Some columns of a value, rows × columns.
    pub fn columns(&mut self, value: &str, places: &[usize]) -> Name {
        let places: Vec<i64> = places.iter().map(|&place| place as i64).collect();
        let places = self.constant(&[places.len()], &Data::Ints(&places));
        self.with("Gather", &[value, &places], &[("axis", Attribute::Int(1))])
    }

    fn node(&mut self, domain: &str, operator: &str, inputs: &[&str], output: &str, attributes: &[(&str, Attribute)]) {
        let mut node = inputs.iter().fold(Message::default(), |node, input| node.bytes(1, input));
        node = node.bytes(2, output).bytes(3, output).bytes(4, operator);
        for (name, attribute) in attributes {
            let named = Message::default().bytes(1, name);
            let attribute = match attribute {
                Attribute::Float(x) => named.float(2, *x).int(20, 1),
                Attribute::Int(n) => named.int(3, *n).int(20, 2),
                Attribute::Floats(numbers) => numbers.iter().fold(named, |all, x| all.float(7, *x)).int(20, 6),
                Attribute::Ints(numbers) => numbers.iter().fold(named, |all, n| all.int(8, *n)).int(20, 7),
                Attribute::Texts(texts) => texts.iter().fold(named, |all, text| all.bytes(9, text)).int(20, 8),
            };
            node = node.message(5, &attribute);
        }
        self.add(1, &if domain.is_empty() { node } else { node.bytes(7, domain) });
    }

    /// What is handed in.
    pub fn input(&mut self, name: &str, kind: Type, shape: &[Size]) -> Name {
        self.end(11, name, kind, shape);
        name.to_owned()
    }

    /// Hands a value out under a name.
    pub fn output(&mut self, name: &str, value: &str, kind: Type, shape: &[Size]) {
        self.node("", "Identity", &[value], name, &[]);
        self.end(12, name, kind, shape);
    }

    fn end(&mut self, field: u32, name: &str, kind: Type, shape: &[Size]) {
        let size = |size: &Size| match size {
            Size::Rows => Message::default().bytes(2, "rows"),
            Size::Of(n) => Message::default().int(1, *n as i64),
        };
        let shape = shape.iter().fold(Message::default(), |shape, one| shape.message(1, &size(one)));
        let tensor = Message::default().int(1, kind as i64).message(2, &shape);
        let value = Message::default().bytes(1, name).message(2, &Message::default().message(1, &tensor));
        self.add(field, &value);
    }

    fn add(&mut self, field: u32, part: &Message) {
        self.parts = std::mem::take(&mut self.parts).message(field, part);
    }

    /// The model, with words for those who read it.
    pub fn model(self, name: &str, about: &str, facts: &[(&str, String)]) -> Vec<u8> {
        let graph = self.parts.bytes(2, name);
        let mut model = Message::default().int(1, IR).bytes(2, "tallow").bytes(3, env!("CARGO_PKG_VERSION"));
        model = model.bytes(6, about).message(7, &graph);
        for (domain, version) in OPERATORS {
            model = model.message(8, &Message::default().bytes(1, domain).int(2, version));
        }
        for (key, value) in facts {
            model = model.message(14, &Message::default().bytes(1, key).bytes(2, value));
        }
        model.0
    }
}
