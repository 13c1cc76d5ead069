//! `--set key=value`: replaces values of a file's tree before it is read.

use super::tree::{self, Content, Key, Node};
use super::{key, reader};
use crate::diag::{Diagnostic, Source, Span};

const TABLES: [&str; 3] = ["train", "report", "grid"];
const TOP: [&str; 5] = ["name", "question", "seeds", "folds", "sample"];

/// The tree with every override applied; each becomes a source of its own for problems to point at.
pub(super) fn apply(
    mut tree: Node,
    overrides: &[String],
    sources: &mut Vec<Source>,
    problems: &mut Vec<Diagnostic>,
) -> Node {
    for text in overrides {
        let source = sources.len();
        sources.push(Source { name: "--set".to_owned(), text: text.clone() });
        match parse(text, source) {
            Ok((path, key, value)) => place(&mut tree, &path, key, value, problems),
            Err(found) => problems.extend(found),
        }
    }
    tree
}

/// Path, last key and value. A word or a single character that is not TOML is taken as text, so that `--set optimizer=adam`
/// and `--set decimal=,` work.
pub(super) fn parse(text: &str, source: usize) -> Result<(Vec<Key>, Key, Node), Vec<Diagnostic>> {
    let span = |range| Span { source, range };
    let Some((left, right)) = text.split_once('=') else {
        let error = Diagnostic::error("`--set` takes key=value", &span(0..text.len()));
        return Err(vec![error.help("--set learning_rate=[0.01,0.1]")]);
    };
    let mut keys = Vec::new();
    let mut at = 0;
    for part in left.split('.') {
        let name = part.trim();
        let start = at + (part.len() - part.trim_start().len());
        keys.push(Key { name: name.to_owned(), span: span(start..start + name.len()) });
        at += part.len() + 1;
    }
    let Some(key) = keys.pop().filter(|key| !key.name.is_empty()) else {
        return Err(vec![Diagnostic::error("`--set` needs a key before `=`", &span(0..left.len()))]);
    };
    let offset = left.len() + 1;
    let prefix = "v=";
    let value = match tree::parse(&format!("{prefix}{right}"), source) {
        Ok(Node { content: Content::Table(mut entries), .. }) if entries.len() == 1 => {
            let mut value = entries.remove(0).1;
            shift(&mut value, offset as isize - prefix.len() as isize);
            value
        }
        _ if is_word(right.trim()) => {
            let content = Content::Scalar(crate::param::Value::Text(right.trim().to_owned()));
            Node { content, span: span(offset..text.len()) }
        }
        Ok(_) => {
            return Err(vec![Diagnostic::error("the text after `=` is not a single value", &span(offset..text.len()))]);
        }
        Err(_) => {
            let error = Diagnostic::error("the text after `=` is not a TOML value", &span(offset..text.len()));
            return Err(vec![error.help("TOML has numbers, true, false, \"text\", [lists] and { tables = 1 }")]);
        }
    };
    Ok((keys, key, value))
}

fn is_word(typed: &str) -> bool {
    let letters = typed.chars().all(|c| c.is_alphanumeric() || "_-. ?".contains(c));
    !typed.is_empty() && (letters || typed.chars().count() == 1)
}

fn shift(node: &mut Node, by: isize) {
    let range = &mut node.span.range;
    *range = range.start.saturating_add_signed(by)..range.end.saturating_add_signed(by);
    match &mut node.content {
        Content::List(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Content::Table(entries) => {
            for (key, value) in entries {
                let range = &mut key.span.range;
                *range = range.start.saturating_add_signed(by)..range.end.saturating_add_signed(by);
                shift(value, by);
            }
        }
        Content::Scalar(_) | Content::Unusable(_) => {}
    }
}

fn place(tree: &mut Node, path: &[Key], key: Key, value: Node, problems: &mut Vec<Diagnostic>) {
    let Content::Table(top) = &mut tree.content else { return };
    match path {
        [] if TOP.contains(&key.name.as_str()) => set(top, key, value),
        [] => anywhere(top, key, value, problems),
        [table] if table.name == "grid" => {
            grids(top, &value.span).into_iter().for_each(|grid| set(grid, key.clone(), value.clone()));
        }
        [table] if TABLES.contains(&table.name.as_str()) => {
            let span = value.span.clone();
            if let Some(entries) = table_of(top, table, span) {
                set(entries, key, value);
            }
        }
        [first, ..] => {
            let error = Diagnostic::error(format!("`--set` cannot reach `{}`", first.name), &first.span);
            problems.push(error.help("write key, train.key, grid.key or report.key"));
        }
    }
}

fn set(entries: &mut Vec<(Key, Node)>, key: Key, value: Node) {
    match entries.iter_mut().find(|(known, _)| known.name == key.name) {
        Some((_, old)) => *old = value,
        None => entries.push((key, value)),
    }
}

fn table_of<'a>(top: &'a mut Vec<(Key, Node)>, key: &Key, span: Span) -> Option<&'a mut Vec<(Key, Node)>> {
    if !top.iter().any(|(known, _)| known.name == key.name) {
        top.push((key.clone(), Node { content: Content::Table(Vec::new()), span }));
    }
    let (_, node) = top.iter_mut().find(|(known, _)| known.name == key.name)?;
    if let Content::Table(entries) = &mut node.content { Some(entries) } else { None }
}

/// The tables of every grid; one is made if there is none.
fn grids<'a>(top: &'a mut Vec<(Key, Node)>, span: &Span) -> Vec<&'a mut Vec<(Key, Node)>> {
    let name = Key { name: "grid".to_owned(), span: span.clone() };
    if !top.iter().any(|(key, _)| key.name == "grid") {
        top.push((name, Node { content: Content::Table(Vec::new()), span: span.clone() }));
    }
    let node = top.iter_mut().find(|(key, _)| key.name == "grid").map(|(_, node)| &mut node.content);
    match node {
        Some(Content::Table(entries)) => vec![entries],
        Some(Content::List(items)) => items
            .iter_mut()
            .filter_map(|item| if let Content::Table(entries) = &mut item.content { Some(entries) } else { None })
            .collect(),
        _ => Vec::new(),
    }
}

/// A bare key replaces its value wherever a grid or `[train]` gives it, those inside zips and choices too; a key given
/// nowhere is added to every grid.
fn anywhere(top: &mut Vec<(Key, Node)>, key: Key, value: Node, problems: &mut Vec<Diagnostic>) {
    if !key::known().contains(&key.name.as_str()) || key.name == "zip" {
        problems.push(reader::unknown(&key));
        return;
    }
    let mut found = false;
    for (table, node) in top.iter_mut().filter(|(table, _)| table.name == "grid" || table.name == "train") {
        let tables = match &mut node.content {
            Content::List(items) => &mut items[..],
            _ => std::slice::from_mut(node),
        };
        let is_axis = !matches!(axis_len(&value), Some(1)) && table.name == "train";
        for node in tables {
            let Content::Table(entries) = &mut node.content else { continue };
            if let Some(place) = entries.iter().position(|(known, _)| known.name == key.name) {
                // Several values make an axis: they leave [train] for the grids.
                if is_axis {
                    entries.remove(place);
                } else {
                    entries[place].1 = value.clone();
                    found = true;
                }
            }
        }
    }
    if !found {
        grids(top, &value.span).into_iter().for_each(|grid| set(grid, key.clone(), value.clone()));
    }
}

/// How many values an axis would have, where that is plain to see.
fn axis_len(value: &Node) -> Option<usize> {
    match &value.content {
        Content::List(items) if items.len() != 1 => Some(items.len()),
        Content::Table(_) => None,
        _ => Some(1),
    }
}
