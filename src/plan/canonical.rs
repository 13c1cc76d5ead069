//! Reads the canonical text of a description back, every number to the bit it was written from.
//!
//! `serde_json` may be one unit in the last place off for a long decimal, and then the identity would not match.

use std::collections::BTreeMap;

use crate::param::Value;

/// The map written as compact JSON in `text`; `None` if it is anything else.
pub(super) fn parse(text: &str) -> Option<BTreeMap<String, Value>> {
    let mut rest = text.strip_prefix('{')?;
    let mut map = BTreeMap::new();
    while !rest.starts_with('}') {
        let key = string(&mut rest)?;
        rest = rest.strip_prefix(':')?;
        map.insert(key, value(&mut rest, DEPTH)?);
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    (rest == "}").then_some(map)
}

/// Lists in lists: far more than any setting has, few enough for any stack.
const DEPTH: usize = 8;

fn value(rest: &mut &str, depth: usize) -> Option<Value> {
    match rest.as_bytes().first()? {
        b'"' => string(rest).map(Value::Text),
        b'[' => list(rest, depth.checked_sub(1)?),
        _ => {
            let end = rest.find([',', ']', '}'])?;
            let (word, tail) = rest.split_at(end);
            *rest = tail;
            scalar(word)
        }
    }
}

fn list(rest: &mut &str, depth: usize) -> Option<Value> {
    *rest = rest.strip_prefix('[')?;
    let mut items = Vec::new();
    while !rest.starts_with(']') {
        items.push(value(rest, depth)?);
        *rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    *rest = &rest[1..];
    Some(Value::List(items))
}

fn scalar(word: &str) -> Option<Value> {
    match word {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ if word.contains(['.', 'e', 'E']) => word.parse().ok().filter(|x: &f64| x.is_finite()).map(Value::Float),
        _ => word.parse().ok().map(Value::Int),
    }
}

fn string(rest: &mut &str) -> Option<String> {
    let bytes = rest.as_bytes();
    let mut end = 1;
    while *bytes.get(end)? != b'"' {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    let text = serde_json::from_str(rest.get(..=end)?).ok()?;
    *rest = rest.get(end + 1..)?;
    Some(text)
}
