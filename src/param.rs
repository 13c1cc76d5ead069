//! What a choice (an optimizer, a dataset, a schedule) says about its own settings: names, defaults, bounds, words.
//!
//! The experiment file, the description dictionary, `tallow train`'s flags and the docs are all derived from these
//! declarations, so a new setting is written once, in the file of its kind.

use std::fmt;

use serde::de::{self, Visitor};

/// A typed value of the description dictionary.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A finite floating-point number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list, such as hidden units or feature names.
    List(Vec<Value>),
}

impl Value {
    /// The value as a number, where it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Self::Int(i) => Some(i as f64),
            Self::Float(x) => Some(x),
            _ => None,
        }
    }

    /// The word for this value's type, for error messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
        }
    }
}

impl Value {
    /// The value as TOML spells it.
    pub fn toml(&self) -> String {
        match self {
            Self::Text(text) => crate::text::toml(text),
            Self::Float(x) => format!("{x:?}"),
            Self::List(items) => format!("[{}]", items.iter().map(Self::toml).collect::<Vec<_>>().join(", ")),
            other => other.to_string(),
        }
    }
}

/// Each value as it comes: what serde derives keeps it and tries one kind after the other, which a store of many runs feels.
impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Read)
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a boolean, a number, text or a list")
    }
    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }
    fn visit_i64<E>(self, i: i64) -> Result<Value, E> {
        Ok(Value::Int(i))
    }
    fn visit_u64<E: de::Error>(self, i: u64) -> Result<Value, E> {
        i64::try_from(i).map(Value::Int).map_err(|_| E::custom("a whole number beyond 64 bits"))
    }
    fn visit_f64<E>(self, x: f64) -> Result<Value, E> {
        Ok(Value::Float(x))
    }
    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }
}

/// Shortest form that reads back as the same value: `0.01`, `relu`, `6-6`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(b) => b.fmt(f),
            Self::Int(i) => i.fmt(f),
            Self::Float(x) => f.write_str(&crate::text::float(*x)),
            Self::Text(s) => s.fmt(f),
            Self::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str("-")?;
                    }
                    item.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

/// A [`Value`] that can be written in a constant: the default of a [`Param`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Literal {
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Text.
    Text(&'static str),
    /// A list of texts, empty.
    Texts,
    /// A list of whole numbers, empty.
    Wholes,
    /// A list of these texts.
    Words(&'static [&'static str]),
}

impl Literal {
    /// The literal as a [`Value`].
    pub fn value(self) -> Value {
        match self {
            Self::Bool(b) => Value::Bool(b),
            Self::Int(i) => Value::Int(i),
            Self::Float(x) => Value::Float(x),
            Self::Text(s) => Value::Text(s.to_owned()),
            Self::Texts | Self::Wholes => Value::List(Vec::new()),
            Self::Words(words) => Value::List(words.iter().map(|&word| Value::Text(word.to_owned())).collect()),
        }
    }
}

/// The values a setting accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// Any value of the type.
    Any,
    /// `from ≤ x`.
    AtLeast(f64),
    /// `from < x`.
    Above(f64),
    /// `from ≤ x ≤ to`.
    Within(f64, f64),
    /// `from ≤ x < to`.
    Below(f64, f64),
}

impl Domain {
    /// Whether the number lies in the domain.
    pub fn contains(self, x: f64) -> bool {
        match self {
            Self::Any => true,
            Self::AtLeast(from) => x >= from,
            Self::Above(from) => x > from,
            Self::Within(from, to) => from <= x && x <= to,
            Self::Below(from, to) => from <= x && x < to,
        }
    }
}

/// Completes “must be …”.
impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("finite"),
            Self::AtLeast(from) => write!(f, "at least {from}"),
            Self::Above(from) => write!(f, "above {from}"),
            Self::Within(from, to) => write!(f, "between {from} and {to}"),
            Self::Below(from, to) => write!(f, "at least {from} and below {to}"),
        }
    }
}

/// What one value of a setting is, so that a list or a table in a file can be told from several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A number, a word or a truth value.
    Single,
    /// A whole number, or a word.
    Whole,
    /// A list.
    List,
    /// A table of names with a word each.
    Table,
}

/// One declared setting.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// The key in the experiment file and in the description.
    pub name: &'static str,
    /// One line for help and docs.
    pub doc: &'static str,
    /// The value when nothing is said.
    pub default: Literal,
    /// The numbers it accepts.
    pub domain: Domain,
    /// What one value is.
    pub shape: Shape,
}

/// A rejected value: completes “`key` …”, e.g. “must be above 0”.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Rejected(pub String);

/// A field type that settings may have.
pub trait Field: Sized {
    /// What one value is.
    const SHAPE: Shape = Shape::Single;
    /// The default as a constant.
    fn get(&self) -> Value;
    /// Reads a value, in the domain.
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected>;
}

fn mismatch(wanted: &str, value: &Value) -> Rejected {
    Rejected(format!("must be {wanted}, found {}", value.type_name()))
}

impl Field for f64 {
    fn get(&self) -> Value {
        Value::Float(*self)
    }
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        let x = value.as_f64().ok_or_else(|| mismatch("a number", value))?;
        if !x.is_finite() {
            return Err(Rejected("must be finite".into()));
        }
        if !domain.contains(x) {
            return Err(Rejected(format!("must be {domain}")));
        }
        Ok(if x == 0.0 { 0.0 } else { x })
    }
}

impl Field for u64 {
    const SHAPE: Shape = Shape::Whole;
    fn get(&self) -> Value {
        Value::Int(*self as i64)
    }
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        let Value::Int(i) = *value else {
            return Err(mismatch("a whole number", value));
        };
        if i < 0 || !domain.contains(i as f64) {
            return Err(Rejected(match domain {
                Domain::Any => "must not be negative".into(),
                domain => format!("must be {domain}"),
            }));
        }
        Ok(i as u64)
    }
}

/// A count of things that are held in memory: at most `u32::MAX`.
impl Field for usize {
    const SHAPE: Shape = Shape::Whole;
    fn get(&self) -> Value {
        Value::Int(*self as i64)
    }
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        let count = u64::read(value, domain)?;
        u32::try_from(count).map(|count| count as Self).map_err(|_| Rejected("is too large".into()))
    }
}

impl Field for bool {
    fn get(&self) -> Value {
        Value::Bool(*self)
    }
    fn read(value: &Value, _: Domain) -> Result<Self, Rejected> {
        match value {
            Value::Bool(b) => Ok(*b),
            other => Err(mismatch("true or false", other)),
        }
    }
}

impl Field for String {
    fn get(&self) -> Value {
        Value::Text(self.clone())
    }
    fn read(value: &Value, _: Domain) -> Result<Self, Rejected> {
        match value {
            Value::Text(s) => Ok(s.clone()),
            other => Err(mismatch("text", other)),
        }
    }
}

/// A seed of its own, or the text `seed`: follow the replicate's.
impl Field for Option<u64> {
    const SHAPE: Shape = Shape::Whole;
    fn get(&self) -> Value {
        self.map_or_else(|| Value::Text("seed".into()), |seed| Value::Int(seed as i64))
    }
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        match value {
            Value::Text(s) if s == "seed" => Ok(None),
            Value::Int(_) => u64::read(value, domain).map(Some),
            other => Err(mismatch("a whole number or \"seed\"", other)),
        }
    }
}

impl Field for Vec<String> {
    const SHAPE: Shape = Shape::List;
    fn get(&self) -> Value {
        Value::List(self.iter().cloned().map(Value::Text).collect())
    }
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        match value {
            Value::List(items) => items.iter().map(|item| String::read(item, domain)).collect(),
            other => Err(mismatch("a list of texts", other)),
        }
    }
}

/// True or false, or the text `auto`: found by looking.
impl Field for Option<bool> {
    fn get(&self) -> Value {
        self.map_or_else(|| Value::Text("auto".into()), Value::Bool)
    }
    fn read(value: &Value, _: Domain) -> Result<Self, Rejected> {
        match value {
            Value::Text(s) if s == "auto" => Ok(None),
            Value::Bool(b) => Ok(Some(*b)),
            other => Err(mismatch("true, false or \"auto\"", other)),
        }
    }
}

/// A list of texts, or the text `usual`.
impl Field for Option<Vec<String>> {
    const SHAPE: Shape = Shape::List;
    fn get(&self) -> Value {
        self.as_ref().map_or_else(|| Value::Text("usual".into()), Field::get)
    }
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        match value {
            Value::Text(s) if s == "usual" => Ok(None),
            Value::List(_) => Vec::read(value, domain).map(Some),
            other => Err(mismatch("a list of texts", other)),
        }
    }
}

impl Field for Vec<u64> {
    const SHAPE: Shape = Shape::List;
    fn get(&self) -> Value {
        Value::List(self.iter().map(Field::get).collect())
    }
    fn read(value: &Value, domain: Domain) -> Result<Self, Rejected> {
        match value {
            Value::List(items) => items.iter().map(|item| u64::read(item, domain)).collect(),
            other => Err(mismatch("a list of whole numbers", other)),
        }
    }
}

/// One of a few words.
impl<T: Named> Field for T {
    fn get(&self) -> Value {
        Value::Text(self.name().to_owned())
    }
    fn read(value: &Value, _: Domain) -> Result<Self, Rejected> {
        let words = || Self::ALL.iter().map(|word| format!("\"{}\"", word.name())).collect::<Vec<_>>().join(", ");
        let Value::Text(name) = value else { return Err(mismatch(&format!("one of {}", words()), value)) };
        let found = Self::ALL.iter().copied().find(|word| word.name() == name);
        found.ok_or_else(|| Rejected(format!("must be one of {}", words())))
    }
}

/// A set of declared settings: what [`settings!`](crate::settings) derives.
pub trait Settings {
    /// The declarations, in order.
    fn params(&self) -> &'static [Param];
    /// The value of one setting.
    fn get(&self, name: &str) -> Option<Value>;
    /// Changes one setting. Panics if `name` is not declared (callers look it up in `params` first).
    fn set(&mut self, name: &str, value: &Value) -> Result<(), Rejected>;

    /// The settings that differ from their defaults, in order of declaration.
    fn changed(&self) -> Vec<(&'static str, Value)> {
        let changed = |p: &Param| {
            let value = self.get(p.name)?;
            (value != p.default.value()).then_some((p.name, value))
        };
        self.params().iter().filter_map(changed).collect()
    }
}

/// One of a few words that need no settings, such as an initializer.
pub trait Named: Copy + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// Every one of them, in the order in which they are listed.
    const ALL: &'static [Self];

    /// The word in experiment files and descriptions.
    fn name(self) -> &'static str;

    /// What it means, in a line.
    fn about(self) -> &'static str;
}

/// A closed choice by name, each with settings of its own: what [`kinds!`](crate::kinds) derives.
pub trait Kinds: Clone + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// Every name, in the order in which they are listed.
    const NAMES: &'static [&'static str];

    /// The kind of that name, at its default settings.
    fn from_name(name: &str) -> Option<Self>;

    /// The name in experiment files and descriptions.
    fn name(&self) -> &'static str;

    /// What reports and exclusions call it: the name, unless it has one of its own.
    fn label(&self) -> String {
        self.name().to_owned()
    }

    /// Its settings, to read.
    fn settings(&self) -> &dyn Settings;

    /// Its settings, to change.
    fn settings_mut(&mut self) -> &mut dyn Settings;

    /// The settings that a description says: those off their defaults.
    fn described(&self) -> Vec<(&'static str, Value)> {
        self.settings().changed()
    }

    /// What a description says of it that is not a setting, such as the hash of a file.
    fn facts(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }
}

/// Declares a struct of settings with defaults, domains and docs, and derives [`Settings`] for it.
///
/// ```
/// tallow::settings! {
///     /// Plain gradient descent.
///     pub struct Sgd {
///         /// Momentum factor.
///         momentum: f64 = Float(0.0), Below(0.0, 1.0);
///     }
/// }
/// use tallow::param::Settings;
/// assert!(Sgd::default().set("momentum", &tallow::param::Value::Float(2.0)).is_err());
/// ```
#[macro_export]
macro_rules! settings {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[doc = $doc:literal])+ $field:ident : $ty:ty = $kind:ident $(($default:expr))?, $domain:expr; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $( $(#[doc = $doc])+ pub $field: $ty, )* }

        impl $name {
            /// The declared settings.
            pub const PARAMS: &'static [$crate::param::Param] = {
                #[allow(unused_imports)]
                use $crate::param::{Domain::*, Literal::*};
                &[ $( $crate::param::Param {
                    name: stringify!($field),
                    doc: concat!($($doc),+).trim_ascii(),
                    default: $kind $(($default))?,
                    domain: $domain,
                    shape: <$ty as $crate::param::Field>::SHAPE,
                }, )* ]
            };
        }

        impl ::core::default::Default for $name {
            #[allow(unused_mut, unused_variables)]
            fn default() -> Self {
                let mut params = Self::PARAMS.iter();
                $( let $field = <$ty as $crate::param::Field>::read(
                    &params.next().expect("one per field").default.value(),
                    $crate::param::Domain::Any,
                ).expect("the default has the field's type"); )*
                Self { $($field),* }
            }
        }

        impl $crate::param::Settings for $name {
            fn params(&self) -> &'static [$crate::param::Param] {
                Self::PARAMS
            }
            #[allow(unused_variables)]
            fn get(&self, name: &str) -> Option<$crate::param::Value> {
                match name {
                    $( stringify!($field) => Some($crate::param::Field::get(&self.$field)), )*
                    _ => None,
                }
            }
            #[allow(unused_variables)]
            fn set(&mut self, name: &str, value: &$crate::param::Value) -> ::core::result::Result<(), $crate::param::Rejected> {
                let domain = Self::PARAMS.iter().find(|p| p.name == name).expect("a declared setting").domain;
                match name {
                    $( stringify!($field) => self.$field = $crate::param::Field::read(value, domain)?, )*
                    _ => unreachable!("looked up above"),
                }
                #[allow(unreachable_code)]
                Ok(())
            }
        }
    };
}

/// Declares a closed choice: an enum of the kinds listed, by name, each with its [`Settings`].
///
/// With `pub enum Choice: Trait via Visitor { … }` every kind has the trait, and `Choice::visit` calls a `Visitor` with
/// the kind chosen, its type known at compile time.
///
/// Where each kind has a file of its own, a line `relu: Relu` declares the module, hands the type on, and names the kind
/// as the file is named.
#[macro_export]
macro_rules! kinds {
    (
        $(#[$meta:meta])*
        pub enum $enum:ident: $trait:ident via $visitor:ident { $( $file:ident: $kind:ident, )+ }
    ) => {
        $( mod $file; pub use $file::$kind; )+
        $crate::kinds! {
            $(#[$meta])*
            pub enum $enum: $trait via $visitor { $( $kind($kind) = stringify!($file), )+ }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $enum:ident: $trait:ident via $visitor:ident { $( $variant:ident($ty:ty) = $name:expr, )+ }
    ) => {
        $crate::kinds! { $(#[$meta])* pub enum $enum { $( $variant($ty) = $name, )+ } }

        /// Code that is compiled for each kind.
        pub trait $visitor {
            /// What it returns.
            type Output;
            /// What to do with a kind whose type is known.
            fn visit<K: $trait>(self, kind: &K) -> Self::Output;
        }

        impl $enum {
            /// Calls the visitor with the kind chosen.
            #[inline(always)]
            pub fn visit<V: $visitor>(&self, visitor: V) -> V::Output {
                match self { $( Self::$variant(kind) => visitor.visit(kind), )+ }
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $enum:ident { $( $variant:ident($ty:ty) = $name:expr, )+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $enum {
            $( #[doc = concat!("`", $name, "`")] $variant($ty), )+
        }

        impl $enum {
            /// Every name, in order of declaration. The order is that of lists for people and means nothing else.
            pub const NAMES: &'static [&'static str] = &[ $($name),+ ];

            /// Every kind at its default settings.
            pub fn all() -> Vec<Self> {
                vec![ $( Self::$variant(<$ty as ::core::default::Default>::default()), )+ ]
            }

            /// The kind of that name, at its default settings.
            pub fn from_name(name: &str) -> Option<Self> {
                $( if name == $name {
                    return Some(Self::$variant(<$ty as ::core::default::Default>::default()));
                } )+
                None
            }

            /// The name in experiment files and descriptions.
            pub fn name(&self) -> &'static str {
                match self { $( Self::$variant(_) => $name, )+ }
            }

            /// Its settings, to read.
            pub fn settings(&self) -> &dyn $crate::param::Settings {
                match self { $( Self::$variant(kind) => kind, )+ }
            }

            /// Its settings, to change.
            pub fn settings_mut(&mut self) -> &mut dyn $crate::param::Settings {
                match self { $( Self::$variant(kind) => kind, )+ }
            }
        }

        impl $crate::param::Kinds for $enum {
            const NAMES: &'static [&'static str] = Self::NAMES;

            fn from_name(name: &str) -> Option<Self> {
                Self::from_name(name)
            }
            fn name(&self) -> &'static str {
                self.name()
            }
            fn settings(&self) -> &dyn $crate::param::Settings {
                self.settings()
            }
            fn settings_mut(&mut self) -> &mut dyn $crate::param::Settings {
                self.settings_mut()
            }
        }
    };
}
