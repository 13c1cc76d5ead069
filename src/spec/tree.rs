//! TOML as a tree whose every key and value knows its place, whichever text it came from.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diag::{Diagnostic, Span};
use crate::param::Value;

/// A key with its place.
#[derive(Clone, Debug)]
pub struct Key {
    pub name: String,
    pub span: Span,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub struct Node {
    pub content: Content,
    pub span: Span,
}

/// What a key is given.
#[derive(Clone, Debug)]
pub enum Content {
    Scalar(Value),
    /// A number that TOML allows and nothing here can use: not finite, or beyond 64 bits; or a date.
    Unusable(String),
    List(Vec<Node>),
    Table(Vec<(Key, Node)>),
}

impl Content {
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Scalar(value) => value.type_name(),
            Self::Unusable(_) => "something else",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Node {
    /// A scalar, or a list of scalars, as a value.
    pub fn value(&self) -> Option<Value> {
        match &self.content {
            Content::Scalar(value) => Some(value.clone()),
            Content::List(items) => items.iter().map(Self::value).collect::<Option<_>>().map(Value::List),
            Content::Unusable(_) | Content::Table(_) => None,
        }
    }
}

/// Parses a document. Tables keep the order of the text.
pub(super) fn parse(text: &str, source: usize) -> Result<Node, Vec<Diagnostic>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let span = Span { source, range: table.span() };
        return Ok(Node { content: convert_table(table.into_inner(), source), span });
    }
    let told = |error: &toml::de::Error| {
        let span = Span { source, range: error.span().unwrap_or(0..0) };
        Diagnostic::error(error.message().replace('\n', ", "), &span)
    };
    Err(errors.iter().map(told).collect())
}

fn convert_table(table: DeTable<'_>, source: usize) -> Content {
    let mut entries: Vec<(Key, Node)> = (table.into_iter())
        .map(|(key, value)| {
            let span = Span { source, range: key.span() };
            (Key { name: key.into_inner().into_owned(), span }, convert(value, source))
        })
        .collect();
    entries.sort_by_key(|(key, _)| key.span.range.start);
    Content::Table(entries)
}

fn convert(value: Spanned<DeValue<'_>>, source: usize) -> Node {
    let span = Span { source, range: value.span() };
    let content = match value.into_inner() {
        DeValue::String(text) => Content::Scalar(Value::Text(text.into_owned())),
        DeValue::Boolean(value) => Content::Scalar(Value::Bool(value)),
        DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
            Ok(value) => Content::Scalar(Value::Int(value)),
            Err(_) => Content::Unusable(format!("{digits} is too large")),
        },
        DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
            Ok(value) if value.is_finite() => Content::Scalar(Value::Float(value)),
            _ => Content::Unusable(format!("{} is not a finite number", digits.as_str())),
        },
        DeValue::Datetime(_) => Content::Unusable("dates mean nothing here".to_owned()),
        DeValue::Array(items) => Content::List(items.into_iter().map(|item| convert(item, source)).collect()),
        DeValue::Table(table) => convert_table(table, source),
    };
    Node { content, span }
}
