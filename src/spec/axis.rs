//! The values of an axis: one, a list, or a range.

use super::tree::{Content, Node};
use crate::diag::Diagnostic;
use crate::param::Value;

/// Most values of one axis.
const MOST: i64 = 1_000_000;

/// The values that a node stands for. With `lists`, each value is itself a list, and a flat list is one of them.
pub(super) fn values(node: &Node, lists: bool) -> Result<Vec<Node>, Diagnostic> {
    match &node.content {
        Content::Unusable(why) => Err(Diagnostic::error(why.clone(), &node.span)),
        Content::Scalar(_) => Ok(vec![node.clone()]),
        Content::List(items) if lists && !items.iter().any(|item| matches!(item.content, Content::List(_))) => {
            Ok(vec![node.clone()])
        }
        Content::List(items) if items.is_empty() => {
            Err(Diagnostic::error("an axis needs at least one value", &node.span).label("this list is empty"))
        }
        Content::List(items) => match items.iter().find_map(|item| match &item.content {
            Content::Unusable(why) => Some((why, item)),
            _ => None,
        }) {
            Some((why, item)) => Err(Diagnostic::error(why.clone(), &item.span)),
            None => Ok(items.clone()),
        },
        Content::Table(_) if is_range(node) => range(node),
        Content::Table(_) => Ok(vec![node.clone()]),
    }
}

fn entry<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let Content::Table(entries) = &node.content else { return None };
    entries.iter().find(|(key, _)| key.name == name).map(|(_, value)| value)
}

/// Whether a table is meant as a range rather than as a choice with settings.
fn is_range(node: &Node) -> bool {
    ["from", "to", "log", "log_from", "log_to", "steps"].iter().any(|name| entry(node, name).is_some())
}

const FORMS: &str = "a range is { from = 1, to = 5, steps = 5 }, { log = [0.001, 0.1], steps = 5 } \
                     or { log_from = 0.001, log_to = 0.1, steps = 5 }";

fn range(node: &Node) -> Result<Vec<Node>, Diagnostic> {
    let Content::Table(entries) = &node.content else { return Ok(Vec::new()) };
    let known = ["from", "to", "log", "log_from", "log_to", "steps"];
    if let Some((key, _)) = entries.iter().find(|(key, _)| !known.contains(&key.name.as_str())) {
        return Err(Diagnostic::error(format!("unknown key `{}` in a range", key.name), &key.span).help(FORMS));
    }
    let number = |node: &Node| match &node.content {
        Content::Scalar(value) => value.as_f64().ok_or_else(|| Diagnostic::error("must be a number", &node.span)),
        other => Err(Diagnostic::error(format!("must be a number, found {}", other.type_name()), &node.span)),
    };
    let incomplete = || Diagnostic::error("this range is incomplete", &node.span).help(FORMS);
    let steps = entry(node, "steps").ok_or_else(incomplete)?;
    let count = match &steps.content {
        Content::Scalar(Value::Int(count)) if (1..=MOST).contains(count) => *count as usize,
        _ => return Err(Diagnostic::error(format!("steps must be a whole number from 1 to {MOST}"), &steps.span)),
    };
    let (from, to, log) = match (entry(node, "log"), entry(node, "log_from").zip(entry(node, "log_to"))) {
        (Some(ends), None) => match &ends.content {
            Content::List(pair) if pair.len() == 2 => (&pair[0], &pair[1], true),
            _ => return Err(Diagnostic::error("log takes two numbers: log = [0.001, 0.1]", &ends.span)),
        },
        (None, Some((from, to))) => (from, to, true),
        _ => match entry(node, "from").zip(entry(node, "to")) {
            Some((from, to)) => (from, to, false),
            None => return Err(incomplete()),
        },
    };
    let exactly = if log && entry(node, "log").is_some() { 2 } else { 3 };
    if entries.len() != exactly {
        return Err(Diagnostic::error("this range mixes two forms", &node.span).help(FORMS));
    }
    let (low, high) = (number(from)?, number(to)?);
    if log && (low <= 0.0 || high <= 0.0) {
        let at = if low <= 0.0 { from } else { to };
        return Err(Diagnostic::error("the ends of a logarithmic range must be above 0", &at.span));
    }
    if count == 1 && low != high {
        return Err(Diagnostic::error("a range of one step cannot have two ends", &steps.span));
    }
    // Whole numbers stay whole where the steps fall on them.
    let whole = |node: &Node| matches!(node.content, Content::Scalar(Value::Int(_)));
    let whole = !log && whole(from) && whole(to) && (count == 1 || (high - low) % (count as f64 - 1.0) == 0.0);
    let at = |step: usize| {
        let x = match step {
            0 => low,
            last if last + 1 == count => high,
            _ => {
                let along = step as f64 / (count as f64 - 1.0);
                rounded(if log { low * libm::pow(high / low, along) } else { low + (high - low) * along })
            }
        };
        let value = if whole { Value::Int(x as i64) } else { Value::Float(x) };
        Node { content: Content::Scalar(value), span: node.span.clone() }
    };
    Ok((0..count).map(at).collect())
}

/// To four significant digits, so that an identity and its label agree with what a reader sees.
fn rounded(x: f64) -> f64 {
    format!("{x:.3e}").parse().unwrap_or(x)
}
