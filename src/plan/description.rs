//! The description dictionary and the identity hashed from it.

use std::collections::BTreeMap;
use std::fmt;

use crate::dataset::Kind;
use crate::numerics;
use crate::param::{Rejected, Value};
use crate::spec::{KeyId, Lib, RunConfig, Unreadable, leading};

/// What decides the bits of the reference, beside the numerics and the machine.
const CANDLE: &str = "candle 0.11\n";

/// The ordered dictionary that says what a run is: the leading keys, then every other key not at its default.
#[derive(Clone, Debug, PartialEq)]
pub struct Description(BTreeMap<String, Value>);

impl Description {
    /// Describes a run.
    pub fn of(run: &RunConfig) -> Self {
        Self(KeyId::all().flat_map(|key| key.describe(run)).map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// The value of a key; `None` if it is at its default.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Keys and values, the leading keys first, the others by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let first = leading().iter().filter_map(|key| Some((*key, self.0.get(*key)?)));
        let others = self.0.iter().map(|(key, value)| (key.as_str(), value));
        first.chain(others.filter(|(key, _)| !leading().contains(key)))
    }

    /// Whether two differ in nothing but the values of these keys.
    pub fn is_alike(&self, other: &Self, but: &[&str]) -> bool {
        let is_free = |key: &str| but.contains(&key);
        self.0.len() == other.0.len()
            && (self.0.iter().zip(&other.0)).all(|(a, b)| a.0 == b.0 && (a.1 == b.1 || is_free(a.0)))
    }

    /// Compact JSON with sorted keys: what is hashed and stored.
    pub fn canonical(&self) -> String {
        serde_json::to_string(&self.0).expect("text keys and finite numbers")
    }

    /// Reads canonical text back, every number to the bit; `None` if it is not canonical.
    pub fn parse(canonical: &str) -> Option<Self> {
        serde_json::from_str(canonical).map(Self).ok().filter(|read| read.canonical() == canonical)
    }

    /// The identity of the run under today's numerics.
    ///
    /// A key at its default is not part of it, so that a new key leaves old identities as they are. Who changes a default raises
    /// the number in the first line hashed.
    pub fn id(&self) -> RunId {
        self.id_under(numerics::VERSION)
    }

    /// The identity of the run under a version of the numerics: what a stored run was made under decides its identity for good.
    /// The version is part of it, and of the reference's since 2, when its activations and losses became tallow's own; candle's
    /// is too where that computes.
    pub fn id_under(&self, version: u32) -> RunId {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"tallow run 1\n");
        let is_fused = self.0.get("lib") == Some(&Value::Text(Lib::Fused.name().to_owned()));
        if !is_fused {
            hasher.update(CANDLE.as_bytes());
        }
        if is_fused || version > 1 {
            hasher.update(format!("numerics {version}\n").as_bytes());
        }
        hasher.update(self.canonical().as_bytes());
        let hash = hasher.finalize();
        RunId(hash.as_bytes()[..16].try_into().expect("a hash has 32 bytes"))
    }
}

/// The way back: the run that a description says. A file's dataset is not opened yet.
impl TryFrom<&Description> for RunConfig {
    type Error = Unreadable;

    fn try_from(description: &Description) -> Result<Self, Unreadable> {
        let mut run = Self::default();
        KeyId::all().try_for_each(|key| key.restore(&|name| description.get(name), &mut run))?;
        // A file says the ends of its networks, and its hash, only when it is open.
        let open = |name: &str| matches!(run.dataset.kind, Kind::Csv(_)) && ["units", "data_hash"].contains(&name);
        let again = Description::of(&run);
        match description.iter().find(|(name, value)| again.get(name) != Some(value) && !open(name)) {
            None => Ok(run),
            Some((name, value)) => {
                Err(Unreadable::new(name, Rejected(format!("is `{value}`, which says nothing to this version"))))
            }
        }
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
    use crate::activation::Activation;
    use crate::dataset::{Batching, Dataset};
    use crate::init::Init;
    use crate::measure::Series;
    use crate::optim::{Every, Optimizer};
    use crate::param::{Domain, Literal, Param, Settings};
    use crate::plan::{Plan, reproduce};
    use crate::protocol::{EarlyStopping, Keep};
    use crate::regularize::{Bound, ClassWeight, Rates};
    use crate::schedule::Schedule;
    use crate::spec::Experiment;
    use proptest::prelude::*;

    /// The words of a command with POSIX quotes.
    fn shell(line: &str) -> Vec<String> {
        let (mut words, mut quoted) = (vec![String::new()], false);
        let mut letters = line.chars();
        while let Some(letter) = letters.next() {
            let word = words.last_mut().expect("one at least");
            match letter {
                '\'' => quoted = !quoted,
                '\\' if !quoted => word.extend(letters.next()),
                ' ' if !quoted => words.push(String::new()),
                other => word.push(other),
            }
        }
        words
    }

    #[test]
    fn a_description_of_another_version_is_refused_by_its_key() {
        let description = Description::of(&RunConfig::default());
        let with = |key: &str, value: Value| {
            let mut map = description.0.clone();
            map.insert(key.to_owned(), value);
            RunConfig::try_from(&Description(map)).map_err(|error| error.key)
        };
        assert_eq!(with("seed", Value::Int(3)), Ok(RunConfig { seed: 3, ..RunConfig::default() }));
        assert_eq!(with("dropconnect", Value::Float(0.5)), Err("dropconnect".to_owned()));
        assert_eq!(with("momentum", Value::Float(0.5)), Err("momentum".to_owned()), "of another optimizer");
        assert_eq!(with("optimizer", Value::Text("no_such_optimizer".into())), Err("optimizer".to_owned()));
        assert_eq!(with("epochs", Value::Int(0)), Err("epochs".to_owned()));
        assert_eq!(with("units", Value::Text("3-6-1".into())), Err("units".to_owned()), "not this dataset's");
        assert_eq!(with("depth", Value::Int(4)), Err("depth".to_owned()));
        let old = |map: &mut BTreeMap<String, Value>| {
            map.insert("dataset".into(), Value::Text("csv".into()));
            map.insert("path".into(), Value::Text("iris.csv".into()));
        };
        let mut of_a_file = description.0.clone();
        old(&mut of_a_file);
        let error = RunConfig::try_from(&Description(of_a_file)).map_err(|error| error.key);
        assert!(error.is_err(), "files were read in another way before");
        let mut lacking = description.0.clone();
        lacking.remove("learning_rate");
        assert_eq!(RunConfig::try_from(&Description(lacking)).map_err(|error| error.key), Err("learning_rate".into()));
    }

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

    /// A value of a setting in its domain, from a draw of 0 to 1.
    fn draw(param: &Param, draw: f64) -> Value {
        let (from, to) = match param.domain {
            Domain::Any => (0.0, 9.0),
            Domain::AtLeast(from) | Domain::Above(from) => (from, from + 9.0),
            Domain::Within(from, to) | Domain::Below(from, to) => (from, to),
        };
        let x = from + (to - from) * (0.01 + 0.98 * draw);
        match param.default {
            Literal::Bool(_) => Value::Bool(draw < 0.5),
            Literal::Int(_) | Literal::Text("seed") => Value::Int(x.ceil() as i64),
            Literal::Float(_) => Value::Float(x),
            other => other.value(),
        }
    }

    /// Any run of a generated dataset, its settings off their defaults or not.
    fn any_run() -> impl Strategy<Value = RunConfig> {
        let kinds = (0..Kind::NAMES.len(), 0..Activation::NAMES.len(), 0..Optimizer::NAMES.len());
        let more = (0..Schedule::NAMES.len(), 0..Init::ALL.len(), any::<bool>(), any::<bool>());
        let draws = prop::collection::vec(prop::option::of(0.0..1.0), 64);
        let hidden = prop::collection::vec(1_usize..40, 0..4);
        let numbers = (1e-9..1e3, 1_usize..500, 1_usize..500, any::<u32>());
        (kinds, more, draws, hidden, numbers).prop_filter_map("a file must be there", |drawn| {
            let ((dataset, activation, optimizer), (schedule, init, shuffle, candle), draws, hidden, numbers) = drawn;
            let kind = Kind::from_name(Kind::NAMES[dataset]).filter(|kind| !matches!(kind, Kind::Csv(_)))?;
            let mut run = RunConfig {
                lib: if candle { Lib::CandleNn } else { Lib::Fused },
                dataset: Dataset::new(kind),
                hidden,
                activation: Activation::from_name(Activation::NAMES[activation])?,
                init: Init::ALL[init],
                optimizer: Optimizer::from_name(Optimizer::NAMES[optimizer])?,
                schedule: Schedule::from_name(Schedule::NAMES[schedule])?,
                learning_rate: numbers.0,
                epochs: numbers.1,
                batch_size: numbers.2,
                shuffle,
                ..RunConfig::default()
            };
            run.seed = numbers.3.into();
            let mut draws = draws.into_iter();
            if draws.next().flatten().is_some_and(|x| x < 0.2) {
                run.batch_size = Batching::ALL;
            }
            run.keep = if draws.next().flatten().is_some() { Keep::Best } else { Keep::Last };
            run.early_stopping = draws.next().flatten().map(|x| EarlyStopping {
                patience: 1 + (99.0 * x) as usize,
                min_delta: if x < 0.5 { 0.0 } else { x },
                watch: Series::all().nth((x * Series::all().count() as f64) as usize).expect("one of them"),
            });
            if let Some(x) = draws.next().flatten().filter(|_| run.watched().is_some()) {
                run.evaluate.every = 1 + (9.0 * x) as usize;
            }
            let mut chance = || draws.next().flatten();
            run.dropout = match (chance(), chance()) {
                (Some(x), Some(y)) => Rates::Each(vec![x, y]),
                (x, _) => Rates::All(x.unwrap_or(0.0)),
            };
            run.class_weight = match (chance(), chance()) {
                (Some(x), Some(y)) => ClassWeight::Given([("0".to_owned(), x), ("a = 1".to_owned(), 10.0 * y)].into()),
                (None, None) => ClassWeight::Balanced,
                _ => ClassWeight::None,
            };
            run.input_noise = chance().unwrap_or(0.0);
            run.label_smoothing = chance().unwrap_or(0.0);
            run.l1 = chance().unwrap_or(0.0);
            run.decay_biases = chance().is_none();
            (run.ema, run.swa, run.cautious) = (Bound(chance()), Bound(chance().map(|x| 9.0 * x)), chance().is_some());
            run.lookahead = Every(chance().map(|x| 1 + (9.0 * x) as usize));
            run.lookahead_alpha = chance().unwrap_or(0.5);
            (run.clip_value, run.clip_norm) = (Bound(chance()), Bound(chance().map(|x| 3.0 * x)));
            let Dataset { kind, sampling, .. } = &mut run.dataset;
            let (activation, optimizer) = (run.activation.settings_mut(), run.optimizer.settings_mut());
            let choices: [&mut dyn Settings; 5] =
                [kind.settings_mut(), sampling, activation, optimizer, run.schedule.settings_mut()];
            for settings in choices {
                for param in settings.params() {
                    if let Some(x) = draws.next().flatten() {
                        settings.set(param.name, &draw(param, x)).expect("in its domain");
                    }
                }
            }
            Some(run)
        })
    }

    proptest! {
        #[test]
        fn a_description_leads_back_to_its_run(run in any_run()) {
            let description = Description::of(&run);
            let read = Description::parse(&description.canonical()).expect("its own text");
            prop_assert_eq!(RunConfig::try_from(&read), Ok(run));
        }

        #[test]
        fn the_command_of_a_run_trains_that_run(run in any_run()) {
            // What a shell would make of the words, by the flags' own declarations.
            let typed = shell(&reproduce::command(&run));
            let flag = |word: &str| KeyId::all().filter_map(|key| key.flag()).find(|flag| word == format!("--{}", flag.long));
            let overrides = typed[2..].chunks(2).map(|pair| match flag(&pair[0]) {
                Some(flag) => format!("{}={}", flag.key, (flag.toml)(&pair[1])),
                None => pair[1].clone(),
            });
            let overrides: Vec<String> = overrides.collect();
            // Some drawn runs are refused as experiments: batches larger than the data, nesterov without momentum.
            if let Ok(experiment) = Experiment::of_overrides("again", &overrides) {
                prop_assert_eq!(Plan::new(&experiment).expect("a plan").run(0).config, run);
            }
        }

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
        for value in ["null", "{}", "-0", "1e400", "9223372036854775808", "18446744073709551616", r#"1,"a":1"#] {
            assert_eq!(Description::parse(&format!(r#"{{"a":{value}}}"#)), None, "{value}");
        }
        for depth in [127, 128, 100_000] {
            let text = format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
            assert_eq!(Description::parse(&text), None, "{depth} lists in lists");
        }
    }

    #[test]
    fn whole_numbers_stay_whole_and_floats_floats() {
        let read = Description::parse(r#"{"a":-9223372036854775808,"b":5.0,"c":-0.0,"d":5}"#);
        let value = |key: &str| read.as_ref().and_then(|read| read.get(key)).cloned();
        assert_eq!(value("a"), Some(Value::Int(i64::MIN)));
        assert_eq!(value("b"), Some(Value::Float(5.0)));
        assert!(matches!(value("c"), Some(Value::Float(x)) if x == 0.0 && x.is_sign_negative()));
        assert_eq!(value("d"), Some(Value::Int(5)));
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
