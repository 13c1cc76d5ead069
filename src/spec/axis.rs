//! The values of an axis: one, a list, or a range.

use super::tree::{Content, Node};
use crate::diag::Diagnostic;
use crate::param::{Shape, Value};

/// Most values of one axis.
pub(super) const MOST: usize = 100_000;

/// The values that a node stands for.
pub(super) fn values(node: &Node, shape: Shape) -> Result<Vec<Node>, Diagnostic> {
    match &node.content {
        Content::Unusable(why) => Err(Diagnostic::error(why.clone(), &node.span)),
        Content::Scalar(_) => Ok(vec![node.clone()]),
        Content::List(items)
            if shape == Shape::List && !items.iter().any(|item| matches!(item.content, Content::List(_))) =>
        {
            Ok(vec![node.clone()])
        }
        // A table in its canonical form is a list of texts.
        Content::List(items) if shape == Shape::Table && items.iter().all(|item| item.value().is_some()) => {
            Ok(vec![node.clone()])
        }
        Content::List(items) if items.is_empty() => {
            Err(Diagnostic::error("an axis needs at least one value", &node.span).label("this list is empty"))
        }
        Content::List(items) if items.len() > MOST => {
            Err(Diagnostic::error(format!("an axis may have at most {MOST} values"), &node.span))
        }
        Content::List(items) => match items.iter().find_map(|item| match &item.content {
            Content::Unusable(why) => Some((why, item)),
            _ => None,
        }) {
            Some((why, item)) => Err(Diagnostic::error(why.clone(), &item.span)),
            None => Ok(items.clone()),
        },
        Content::Table(_) if shape != Shape::Table && is_range(node) => range(node, shape == Shape::Whole),
        Content::Table(_) => Ok(vec![node.clone()]),
    }
}

/// The value of a key of a table.
pub(super) fn entry<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let Content::Table(entries) = &node.content else { return None };
    entries.iter().find(|(key, _)| key.name == name).map(|(_, value)| value)
}

/// Whether a table is meant as a range rather than as a choice with settings.
fn is_range(node: &Node) -> bool {
    ["from", "to", "log", "log_from", "log_to", "steps"].iter().any(|name| entry(node, name).is_some())
}

const FORMS: &str = "a range is { from = 1, to = 5, steps = 5 }, { log = [0.001, 0.1], steps = 5 } \
                     or { log_from = 0.001, log_to = 0.1, steps = 5 }";

fn range(node: &Node, whole: bool) -> Result<Vec<Node>, Diagnostic> {
    let Content::Table(entries) = &node.content else { return Ok(Vec::new()) };
    let known = ["from", "to", "log", "log_from", "log_to", "steps"];
    if let Some((key, _)) = entries.iter().find(|(key, _)| !known.contains(&key.name.as_str())) {
        return Err(Diagnostic::error(format!("unknown key `{}` in a range", key.name), &key.span).help(FORMS));
    }
    let number = |node: &Node| match &node.content {
        Content::Scalar(value) => {
            value.as_f64().ok_or_else(|| Diagnostic::error("the end of a range must be a number", &node.span))
        }
        Content::Unusable(why) => Err(Diagnostic::error(why.clone(), &node.span)),
        other => Err(Diagnostic::error(
            format!("the end of a range must be a number, found {}", other.type_name()),
            &node.span,
        )),
    };
    let incomplete = || Diagnostic::error("this range is incomplete", &node.span).help(FORMS);
    let steps = entry(node, "steps").ok_or_else(incomplete)?;
    let count = match &steps.content {
        Content::Scalar(Value::Int(count)) if (1..=MOST as i64).contains(count) => *count as usize,
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
    let along = |step: usize| step as f64 / (count as f64 - 1.0);
    let exact = |step: usize| match step {
        0 => low,
        last if last + 1 == count => high,
        _ if log => low * libm::pow(high / low, along(step)),
        _ => low + (high - low) * along(step),
    };
    let int = |node: &Node| matches!(node.content, Content::Scalar(Value::Int(_)));
    let numbers: Vec<Value> = if whole && int(from) && int(to) {
        (0..count).map(|step| Value::Int(exact(step).round() as i64)).collect()
    } else {
        rounded((0..count).map(exact).collect()).into_iter().map(Value::Float).collect()
    };
    Ok(numbers.into_iter().map(|value| Node { content: Content::Scalar(value), span: node.span.clone() }).collect())
}

/// To four significant digits, so that an identity and its label agree with what a reader sees; to as many more as keep
/// neighbours apart. The ends stay as typed.
fn rounded(numbers: Vec<f64>) -> Vec<f64> {
    let to = |digits: usize| -> Vec<f64> {
        let last = numbers.len() - 1;
        let round = |(i, &x): (usize, &f64)| match i {
            0 => x,
            i if i == last => x,
            _ => format!("{x:.*e}", digits - 1).parse().unwrap_or(x),
        };
        numbers.iter().enumerate().map(round).collect()
    };
    let apart = |numbers: &Vec<f64>| numbers.windows(2).all(|pair| pair[0] != pair[1]);
    (4..=15).map(to).find(apart).unwrap_or_else(|| to(4))
}
