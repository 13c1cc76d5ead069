//! `hidden`, or `depth` and `width`: the hidden layers.

use super::{Decision, Digit, Flag, Holds, Key, Reader, RunConfig, Said, Unreadable};
use crate::diag::Diagnostic;
use crate::param::{Domain, Field, Rejected, Shape, Value};
use crate::spec::reader::distinct;
use crate::spec::tree::{Content, Node};

/// Widest layer and deepest network; what fits in memory is judged later.
const WIDEST: usize = 1 << 24;
const DEEPEST: usize = 10_000;

/// The tutorial's hidden layer.
const UNITS: usize = 6;

/// The hidden layer for files of the user's.
const UNITS_FOR_FILES: usize = 64;

/// The hidden layers.
#[derive(Debug)]
pub(in crate::spec) struct Hidden;

pub(super) static KEY: Hidden = Hidden;

const FLAG: Flag = Flag {
    long: "hidden",
    alias: None,
    value: "UNITS",
    help: "Units of the hidden layers: 6, or 8,8, or none; of a file, 64 unless it is said",
    default: "6",
    key: "hidden",
    toml: |typed| format!("[[{}]]", if typed == "none" { "" } else { typed }),
};

impl Holds<Vec<usize>> for Hidden {
    fn initial(&self) -> Vec<usize> {
        vec![UNITS]
    }
}

impl Hidden {
    /// `depth` × `width` as hidden layers; a missing width is the default's, for files or not, a missing depth is 1.
    pub fn layout(
        reader: &mut Reader,
        depth: Option<&Node>,
        width: Option<&Node>,
        for_files: bool,
    ) -> Option<Vec<Digit>> {
        let span = depth.or(width)?.span.clone();
        let counts = |reader: &mut Reader, name, node: Option<&Node>, least: f64, default: usize| match node {
            None => Some(vec![default]),
            Some(node) => {
                let items = reader.items(node, Shape::Whole)?;
                let read: Vec<Option<usize>> =
                    items.iter().map(|item| reader.setting(item, name, Domain::AtLeast(least))).collect();
                read.into_iter().collect()
            }
        };
        let depths = counts(reader, "depth", depth, 0.0, 1);
        let widths = counts(reader, "width", width, 1.0, if for_files { UNITS_FOR_FILES } else { UNITS });
        let (depths, widths): (Vec<usize>, Vec<usize>) = depths.zip(widths)?;
        if depths.iter().any(|&depth| depth > DEEPEST) {
            reader.tell(
                Diagnostic::error("a network may have at most 10,000 hidden layers", &span).label("more than that"),
            );
            return None;
        }
        if let Some(width) = width.filter(|_| depths.iter().all(|&depth| depth == 0)) {
            let error = Diagnostic::error("`width` has no layer to give units to", &width.span);
            reader.tell(error.help("depth = 0 is a network without hidden layers"));
            return None;
        }
        let pairs = depths.iter().flat_map(|&depth| widths.iter().map(move |&width| vec![width; depth]));
        Some(distinct(pairs.map(|hidden| Digit { decisions: vec![decide(hidden)], span: span.clone() })))
    }
}

fn decide(hidden: Vec<usize>) -> Decision {
    Decision::new("hidden", move |run| run.hidden.clone_from(&hidden))
}

fn units(reader: &mut Reader, node: &Node) -> Option<Vec<usize>> {
    let Content::List(items) = &node.content else {
        let message = format!("`hidden` must be a list of layer widths, found {}", node.content.type_name());
        let forms = "one layout is hidden = [6, 6]; several are hidden = [[6], [6, 6]]; or give depth and width";
        reader.tell(Diagnostic::error(message, &node.span).help(forms));
        return None;
    };
    let width = |item| reader.setting(item, "hidden", Domain::AtLeast(1.0));
    let units: Vec<Option<usize>> = items.iter().map(width).collect();
    let units: Vec<usize> = units.into_iter().collect::<Option<_>>()?;
    if units.len() > DEEPEST || units.iter().any(|&units| units > WIDEST) {
        reader.tell(Diagnostic::error("this network is too large to be trained", &node.span));
        return None;
    }
    Some(units)
}

impl Key for Hidden {
    fn name(&self) -> &'static str {
        "hidden"
    }

    fn noun(&self) -> &'static str {
        "the hidden layout"
    }

    fn spellings(&self) -> &[&'static str] {
        &["hidden", "depth", "width"]
    }

    fn names(&self) -> Vec<&'static str> {
        vec!["hidden", "depth", "width"]
    }

    fn about(&self) -> &'static str {
        "the hidden layers, by their widths or by `depth` and `width`"
    }

    fn explain(&self) -> String {
        "    hidden = [6]  Units of each hidden layer; [[6], [6, 6]] are two layouts, [[]] is a network without\n    \
             depth = 1     Number of hidden layers, at least 0\n    \
             width = 6     Units of each hidden layer, at least 1\n"
            .into()
    }

    fn leading(&self) -> Vec<(usize, &'static str)> {
        vec![(1, "units"), (2, "depth")]
    }

    fn default(&'static self) -> Option<Decision> {
        Some(decide(self.initial()))
    }

    fn default_for_files(&'static self) -> Option<Decision> {
        Some(decide(vec![UNITS_FOR_FILES]))
    }

    fn read(&'static self, reader: &mut Reader, spelling: &str, node: &Node) -> Option<Vec<Digit>> {
        match spelling {
            "depth" => Self::layout(reader, Some(node), None, false),
            "width" => Self::layout(reader, None, Some(node), false),
            _ => reader.each(node, Shape::List, |reader, item| units(reader, item).map(decide)),
        }
    }

    fn values(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        let hidden = &run.hidden;
        let list = hidden.iter().map(Field::get).collect();
        let mut values = vec![("hidden", Value::List(list)), ("depth", hidden.len().get())];
        if let Some(width) = hidden.first().filter(|first| hidden.iter().all(|units| units == *first)) {
            values.push(("width", width.get()));
        }
        values
    }

    fn describe(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        let units: Vec<String> = run.units().iter().map(usize::to_string).collect();
        vec![("units", Value::Text(units.join("-"))), ("depth", run.hidden.len().get())]
    }

    /// Reads the layers between the first and the last, which are the dataset's.
    fn restore(&self, said: &Said, run: &mut RunConfig) -> Result<(), Unreadable> {
        let units = said("units").ok_or_else(|| Unreadable::missing("units"))?.to_string();
        let widths: Vec<usize> = units.split('-').map_while(|width| width.parse().ok()).collect();
        let rejected = || Unreadable::new("units", Rejected(format!("is `{units}`, which is not a list of widths")));
        match &widths[..] {
            [_, hidden @ .., _] if units.split('-').count() == widths.len() => run.hidden = hidden.to_vec(),
            _ => return Err(rejected()),
        }
        Ok(())
    }

    fn flag(&self) -> Option<&Flag> {
        Some(&FLAG)
    }

    fn toml(&self, run: &RunConfig) -> Option<(&'static str, String)> {
        let units: Vec<String> = run.hidden.iter().map(usize::to_string).collect();
        Some(("hidden", format!("[[{}]]", units.join(", "))))
    }
}
