//! The description dictionary and the identity hashed from it.

use std::collections::BTreeMap;
use std::fmt;

use crate::param::{Settings, Value};
use crate::spec::{Lib, RunConfig};

/// The keys of the tutorial's dictionary, always present and shown first, then `dataset` and `seed`.
pub const LEADING: [&str; 10] =
    ["lib", "units", "depth", "activation", "learning_rate", "optimizer", "epochs", "batch_size", "dataset", "seed"];

/// What decides the bits of the reference, beside the machine.
const CANDLE: &str = "candle 0.11\n";

/// The ordered dictionary that says what a run is: the leading keys, then every other key not at its default.
#[derive(Clone, Debug, PartialEq)]
pub struct Description(BTreeMap<String, Value>);

impl Description {
    /// Describes a run.
    pub fn of(run: &RunConfig) -> Self {
        let text = |name: &str| Value::Text(name.to_owned());
        let whole = |n: usize| Value::Int(n as i64);
        let units: Vec<String> = run.units().iter().map(usize::to_string).collect();
        let mut map = BTreeMap::new();
        let mut put = |key: &str, value: Value| {
            map.insert(key.to_owned(), value);
        };
        put("lib", text(run.lib.name()));
        put("units", Value::Text(units.join("-")));
        put("depth", whole(run.hidden.len()));
        put("activation", text(run.activation.name()));
        put("learning_rate", Value::Float(run.learning_rate));
        put("optimizer", text(run.optimizer.name()));
        put("epochs", whole(run.epochs));
        put("batch_size", whole(run.batch_size));
        put("dataset", text(run.dataset.kind.name()));
        put("seed", Value::Int(run.seed as i64));
        if run.init != crate::init::Init::Torch {
            put("init", text(run.init.name()));
        }
        if run.shuffle {
            put("shuffle", Value::Bool(true));
        }
        if run.schedule.name() != "constant" {
            put("schedule", text(run.schedule.name()));
        }
        if let Some(hash) = run.dataset.content_hash() {
            put("data_hash", text(hash));
        }
        let choices: [&dyn Settings; 5] = [
            &run.dataset.sampling,
            run.dataset.kind.settings(),
            run.activation.settings(),
            run.optimizer.settings(),
            run.schedule.settings(),
        ];
        for (key, value) in choices.into_iter().flat_map(|choice| choice.changed()) {
            put(key, value);
        }
        Self(map)
    }

    /// The value of a key; `None` if it is at its default.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Keys and values, the leading keys first, the others by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let leading = LEADING.into_iter().filter_map(|key| Some((key, self.0.get(key)?)));
        let others = self.0.iter().map(|(key, value)| (key.as_str(), value));
        leading.chain(others.filter(|(key, _)| !LEADING.contains(key)))
    }

    /// Compact JSON with sorted keys: what is hashed and stored.
    pub fn canonical(&self) -> String {
        serde_json::to_string(&self.0).expect("text keys and finite numbers")
    }

    /// Reads canonical text back; `None` if it is not canonical.
    pub fn parse(canonical: &str) -> Option<Self> {
        super::canonical::parse(canonical).map(Self).filter(|read| read.canonical() == canonical)
    }

    /// The identity of the run. The version of the numerics is part of it where they decide the bits, else candle's.
    ///
    /// A key at its default is no part of it, so that a new key leaves old identities alone. Who changes a default raises
    /// the number in the first line hashed.
    pub fn id(&self) -> RunId {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"tallow run 1\n");
        if self.0.get("lib") == Some(&Value::Text(Lib::Fused.name().to_owned())) {
            hasher.update(format!("numerics {}\n", crate::numerics::VERSION).as_bytes());
        } else {
            hasher.update(CANDLE.as_bytes());
        }
        hasher.update(self.canonical().as_bytes());
        let hash = hasher.finalize();
        RunId(hash.as_bytes()[..16].try_into().expect("a hash has 32 bytes"))
    }
}

/// `lib: fused, units: 2-6-1, …`
impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (key, value)) in self.iter().enumerate() {
            write!(f, "{}{key}: {value}", if i > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// The identity of a run: 128 bits of the hash of its canonical description. The first 16 hex digits are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub [u8; 16]);

impl RunId {
    /// All 32 hex digits.
    pub fn full(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The identities that begin with these hex digits (1 to 32, either case), as first and last; `None` if there are
    /// none such.
    pub fn range(prefix: &str) -> Option<(Self, Self)> {
        let padded = |fill: char| {
            let digits = format!("{prefix}{}", String::from(fill).repeat(32_usize.checked_sub(prefix.len())?));
            u128::from_str_radix(&digits, 16).ok().map(|n| Self(n.to_be_bytes()))
        };
        let hex = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hex { padded('0').zip(padded('f')) } else { None }
    }
}

/// The first 16 hex digits.
impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO)
                .prop_map(Value::Float),
            any::<String>().prop_map(Value::Text),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::List))
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back_to_the_bit(map in prop::collection::btree_map(any::<String>(), any_value(), 0..6)) {
            let description = Description(map);
            let read = Description::parse(&description.canonical()).expect("its own text");
            prop_assert_eq!(read.id(), description.id());
            prop_assert_eq!(read, description);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>(), json in r#"\{[\[\]{}:,"\\0-9.eu a]{0,40}"#) {
            let _ = (Description::parse(&text), Description::parse(&json));
        }
    }

    #[test]
    fn only_canonical_text_is_read() {
        for text in ["", "{", "{}x", r#"{"a" :1}"#, r#"{"b":1,"a":2}"#, r#"{"a":1,}"#, r#"{"a":01}"#, r#"{"a":1.50}"#] {
            assert_eq!(Description::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_prefix_spans_the_identities_that_begin_with_it() {
        let (first, last) = RunId::range("a1B").expect("hex digits");
        assert_eq!(first.full(), format!("a1b{}", "0".repeat(29)));
        assert_eq!(last.full(), format!("a1b{}", "f".repeat(29)));
        assert_eq!(
            [RunId::range(""), RunId::range("+1"), RunId::range("xy"), RunId::range(&"0".repeat(33))],
            [None; 4]
        );
    }
}
