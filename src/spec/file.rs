//! The tables of an experiment file, read one by one.

use std::collections::{BTreeMap, BTreeSet};

use super::axis::entry;
use super::block::{Block, Pattern};
use super::check;
use super::key::{self, Decision, Digit, Draft, Hidden, KeyId};
use super::reader::{Reader, suggest};
use super::tree::{Content, Key, Node};
use super::{Expectation, Experiment, Replicates, Roles, Seeds};
use crate::dataset::Folder;
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::measure::{Measure, Metric};
use crate::param::Value;
use crate::table::Fold;

/// The file beside the folders of reports.
const INDEX: &str = "index.md";
/// Most replicates.
const MOST_SEEDS: i64 = 1_000_000;
/// Most folds.
const MOST_FOLDS: i64 = 1000;
/// Most grids; each is set against all others, to run a point that several have only once.
const MOST_GRIDS: usize = 1_000;
/// Most combinations of several zips in a grid beside another.
const MOST_ZIPPED: usize = 1_000;
/// Most points that are drawn one by one, or included one by one.
const MOST_LISTED: u64 = 1_000_000;

/// A file being read: what is wrong with it, and what is worth knowing.
pub(super) struct File<'a> {
    folder: &'a Folder,
    pub(super) problems: Vec<Diagnostic>,
    pub(super) warnings: Vec<Diagnostic>,
    /// Where `[train]` decides a key.
    common: BTreeMap<KeyId, Span>,
    /// How `[train]` lays out the hidden layers.
    layout: Layout,
    /// The dataset that `[train]` names.
    dataset: Option<Node>,
    /// Whether some dataset could not be had, which has been told.
    unreadable: bool,
    /// The first fold, if there are folds.
    fold: Option<Fold>,
}

/// The keys of a table that lay out the hidden layers.
#[derive(Clone, Debug, Default)]
struct Layout {
    hidden: Option<Node>,
    depth: Option<Node>,
    width: Option<Node>,
}

impl Layout {
    fn of(entries: &Entries) -> Self {
        let find = |name: &str| entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node.clone());
        Self { hidden: find("hidden"), depth: find("depth"), width: find("width") }
    }
}

const TOP: [&str; 11] =
    ["name", "question", "seeds", "folds", "sample", "grid", "train", "include", "exclude", "report", "check"];

type Entries = [(Key, Node)];

impl<'a> File<'a> {
    pub(super) fn new(folder: &'a Folder, problems: Vec<Diagnostic>) -> Self {
        Self {
            folder,
            problems,
            warnings: Vec::new(),
            common: BTreeMap::new(),
            layout: Layout::default(),
            dataset: None,
            unreadable: false,
            fold: None,
        }
    }

    fn tell(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    fn reader(&mut self) -> Reader<'_> {
        Reader { folder: self.folder, problems: &mut self.problems }
    }

    /// The experiment a tree describes; what is wrong is told in `problems`.
    pub(super) fn read(&mut self, tree: &Node, stem: &str) -> Option<Experiment> {
        let Content::Table(entries) = &tree.content else { return None };
        for (key, _) in entries.iter().filter(|(key, _)| !TOP.contains(&key.name.as_str())) {
            let error = Diagnostic::error(format!("unknown key `{}`", key.name), &key.span);
            let error = if key::known().contains(&key.name.as_str()) {
                error.label("belongs in [grid] or [train]")
            } else {
                suggest(error, &key.name, &TOP)
            };
            self.tell(error.help(format!("a file may have {}", TOP.join(", "))));
        }
        let entry = |name: &str| entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node);
        let name = self.name(entry("name"), stem);
        let question = entry("question").and_then(|node| self.text(node));
        let replicates = Replicates { seeds: self.seeds(entry("seeds")), folds: self.folds(entry("folds")) };
        self.fold = replicates.folds.first().copied();
        let sample = entry("sample").and_then(|node| match node.value() {
            Some(Value::Int(n)) if n > 0 && n as u64 <= MOST_LISTED => Some(n as u64),
            _ => {
                self.tell(Diagnostic::error(
                    format!("sample must be a whole number from 1 to {MOST_LISTED}"),
                    &node.span,
                ));
                None
            }
        });
        let base = self.train(entry("train"));
        let mut grids = match entry("grid") {
            Some(node) => self.blocks(node, "grid", &base),
            None => self.block(&[], &tree.span, &base).into_iter().collect(),
        };
        if grids.len() > MOST_GRIDS {
            let error =
                Diagnostic::error(format!("a file may have at most {MOST_GRIDS} grids"), &grids[MOST_GRIDS].span);
            self.tell(error.help("lists in one grid multiply; single points may be [[include]]d in one list"));
            return None;
        }
        for grid in grids.iter().filter(|_| grids.len() > 1) {
            let zipped = |axis: &&Vec<Digit>| axis.iter().any(|digit| digit.decisions.len() > 1);
            let zips: Vec<usize> = grid.axes.iter().filter(zipped).map(Vec::len).collect();
            let combined = zips.iter().fold(1usize, |all, &length| all.saturating_mul(length));
            if zips.len() > 1 && combined > MOST_ZIPPED {
                let error = Diagnostic::error(
                    format!(
                        "the zips of this grid have {combined} combinations, which are too many beside other grids"
                    ),
                    &grid.span,
                );
                self.tell(
                    error.help(format!("{MOST_ZIPPED} can be set against them; zip shorter lists, or use two files")),
                );
                return None;
            }
        }
        let mut includes = entry("include").map_or_else(Vec::new, |node| self.blocks(node, "include", &base));
        for include in includes.iter().filter(|include| include.points().is_none_or(|points| points > MOST_LISTED)) {
            let error = Diagnostic::error("these are more points than can be included one by one", &include.span);
            self.tell(error.help(format!("an [[include]] may have at most {MOST_LISTED}; make it a [[grid]]")));
        }
        let excludes = entry("exclude").map_or_else(Vec::new, |node| self.excludes(node));
        let mut roles = entry("report").map_or_else(Roles::default, |node| self.roles(node));
        let blocks: Vec<&Block> = grids.iter().chain(&includes).collect();
        roles.expectations = entry("check").map_or_else(Vec::new, |node| self.expectations(node, &blocks));
        self.problems.extend(check::evaluated_alike(&blocks));
        self.problems.extend(check::unmeasured(&blocks, &self.common));
        let span_of = |key: &str| match entry("report").map(|node| &node.content) {
            Some(Content::Table(entries)) => {
                entries.iter().find(|(known, _)| known.name == key).map(|(_, node)| &node.span)
            }
            _ => None,
        };
        if let (Some(metric), Some(span)) = (roles.metric, span_of("metric")) {
            let lacks = check::lacks(metric, span, &blocks, self.fold, &self.common);
            self.problems.extend(lacks.into_iter().flatten().next());
        }
        let expected = roles.expectations.iter().filter_map(|expected| expected.metric);
        let judged: Vec<Measure> = roles.metric.into_iter().chain(expected).map(|metric| metric.measure).collect();
        for measure in judged.into_iter().filter(|measure| !measure.usual) {
            grids.iter_mut().chain(&mut includes).for_each(|block| block.measure(measure));
        }
        for pattern in &excludes {
            if !grids.iter().any(|grid| pattern.may_match(grid)) {
                let warning = Diagnostic::error("this exclusion matches no run", &pattern.span).warning();
                self.warnings.push(warning);
            }
        }
        self.warn_of_overridden(entry("train"), &grids.iter().chain(&includes).collect::<Vec<_>>());
        let warnings = Diagnostics::default();
        let experiment = Experiment { name, question, roles, replicates, sample, grids, includes, excludes, warnings };
        self.warn_of_constants(&experiment, span_of);
        Some(experiment)
    }

    fn text(&mut self, node: &Node) -> Option<String> {
        match &node.content {
            Content::Scalar(Value::Text(text)) => Some(text.clone()),
            other => {
                self.tell(Diagnostic::error(
                    format!("the value must be text, found {}", other.type_name()),
                    &node.span,
                ));
                None
            }
        }
    }

    /// A name that is safe as a folder's.
    fn name(&mut self, node: Option<&Node>, stem: &str) -> String {
        let safe = |name: &str| {
            !name.is_empty()
                && name != INDEX
                && name.len() <= 100
                && !name.starts_with(['.', '-'])
                && !name.ends_with('.')
                && !is_device(name)
                && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
        };
        let Some(node) = node else {
            let name: String =
                stem.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
            return if safe(&name) { name } else { "experiment".to_owned() };
        };
        let name = self.text(node).unwrap_or_default();
        if name == INDEX {
            self.tell(Diagnostic::error("the list of all reports has this name", &node.span));
        } else if !safe(&name) {
            let error = Diagnostic::error("a name may have letters, digits, `-`, `_` and `.`", &node.span);
            self.tell(
                error.label(
                    "becomes the name of a folder, in 100 bytes at most, without `.` or `-` in front or `.` at the end, and no \
                     device of Windows such as `CON`",
                ),
            );
        }
        name
    }

    fn seeds(&mut self, node: Option<&Node>) -> Seeds {
        let Some(node) = node else { return Seeds::First(1) };
        match &node.content {
            Content::Scalar(Value::Int(count)) if (1..=MOST_SEEDS).contains(count) => Seeds::First(*count as u64),
            Content::List(items) if !items.is_empty() => {
                let (mut seeds, mut seen) = (Vec::new(), BTreeSet::new());
                for item in items {
                    match item.value() {
                        Some(Value::Int(seed)) if seed >= 0 && seen.insert(seed) => seeds.push(seed as u64),
                        Some(Value::Int(seed)) if seed >= 0 => {
                            self.tell(Diagnostic::error(format!("seed {seed} is listed twice"), &item.span));
                        }
                        _ => self.tell(Diagnostic::error(
                            format!("a seed must be a whole number from 0 to {}", i64::MAX),
                            &item.span,
                        )),
                    }
                }
                Seeds::Listed(seeds)
            }
            _ => {
                let error =
                    Diagnostic::error(format!("seeds must be a count from 1 to {MOST_SEEDS}, or a list"), &node.span);
                self.tell(error.help("seeds = 10, or seeds = [1, 2, 3]"));
                Seeds::First(1)
            }
        }
    }

    /// All folds of a count, or one of them: `{ of = 5, fold = 2 }`.
    fn folds(&mut self, node: Option<&Node>) -> Vec<Fold> {
        let Some(node) = node else { return Vec::new() };
        let count =
            |node: Option<&Node>| node.and_then(Node::value).and_then(|value| value.as_f64()).map(|n| n as usize);
        let whole =
            |node: &Node| matches!(&node.content, Content::Scalar(Value::Int(of)) if (2..=MOST_FOLDS).contains(of));
        let read = match &node.content {
            Content::Table(entries) if entries.len() == 2 => {
                let of = entry(node, "of").filter(|of| whole(of));
                count(of)
                    .zip(count(entry(node, "fold")))
                    .filter(|(of, index)| index < of)
                    .map(|(of, index)| vec![Fold { of, index }])
            }
            _ if whole(node) => count(Some(node)).map(|of| (0..of).map(|index| Fold { of, index }).collect()),
            _ => None,
        };
        read.unwrap_or_else(|| {
            let message = format!("folds must be a whole number from 2 to {MOST_FOLDS}");
            self.tell(
                Diagnostic::error(message, &node.span).help("folds = 5, or one of them: folds = { of = 5, fold = 0 }"),
            );
            Vec::new()
        })
    }

    fn table<'n>(&mut self, node: &'n Node, what: &str) -> &'n Entries {
        match &node.content {
            Content::Table(entries) => entries,
            other => {
                self.tell(Diagnostic::error(
                    format!("{what} must be a table, found {}", other.type_name()),
                    &node.span,
                ));
                &[]
            }
        }
    }

    /// The tables of `[x]` or `[[x]]`.
    fn tables<'n>(&mut self, node: &'n Node, what: &str) -> Vec<(&'n Entries, Span)> {
        match &node.content {
            Content::List(items) if items.is_empty() => {
                self.tell(Diagnostic::error(format!("{what} is empty"), &node.span));
                Vec::new()
            }
            Content::List(items) => items.iter().map(|item| (self.table(item, what), item.span.clone())).collect(),
            _ => vec![(self.table(node, what), node.span.clone())],
        }
    }

    /// What is the same for every run.
    fn train(&mut self, node: Option<&Node>) -> Draft {
        let mut base = Draft::default();
        let Some(node) = node else { return base };
        let entries = self.table(node, "[train]");
        self.dataset = entries.iter().find(|(key, _)| key.name == "dataset").map(|(_, node)| node.clone());
        let before = self.problems.len();
        let axes = self.axes(entries);
        self.unreadable = self.dataset.is_some() && self.problems.len() > before;
        self.once(&axes, "[train]", "give it once");
        for axis in axes {
            match &axis[..] {
                [digit] => {
                    for decision in &digit.decisions {
                        base.apply(decision);
                        self.common.insert(decision.key(), digit.span.clone());
                    }
                }
                [first, ..] => {
                    let error = Diagnostic::error("[train] takes one value of each key", &first.span);
                    self.tell(error.help("several values make an axis: write it in [grid]"));
                }
                [] => {}
            }
        }
        self.layout = Layout::of(entries);
        base
    }

    /// Tells of keys that are decided twice in a table, on two axes or on one.
    fn once(&mut self, axes: &[Vec<Digit>], table: &str, help: &str) {
        let mut decided: BTreeMap<KeyId, usize> = BTreeMap::new();
        for (place, axis) in axes.iter().enumerate() {
            let mut told = BTreeSet::new();
            for digit in axis {
                let mut own = BTreeSet::new();
                for key in digit.decisions.iter().map(Decision::key) {
                    let twice = !own.insert(key) || *decided.entry(key).or_insert(place) != place;
                    if twice && told.insert(key) {
                        let error = Diagnostic::error(format!("{} is given twice in {table}", key.noun()), &digit.span);
                        self.tell(error.help(help));
                    }
                }
            }
        }
    }

    /// Whether every dataset of a table, else of `[train]`, is a file of the user's.
    fn names_files(&self, entries: &Entries) -> bool {
        let is_file = |node: &Node| {
            let name = entry(node, "name").unwrap_or(node);
            matches!(&name.content, Content::Scalar(Value::Text(name)) if name == "csv")
        };
        let own = entries.iter().find(|(key, _)| key.name == "dataset").map(|(_, node)| node);
        match own.or(self.dataset.as_ref()).map(|node| (node, &node.content)) {
            Some((_, Content::List(items))) => items.iter().all(is_file),
            Some((node, _)) => is_file(node),
            None => false,
        }
    }

    /// The axes of a table, in file order. Of `depth` and `width`, what the table does not give is `[train]`'s.
    fn axes(&mut self, entries: &Entries) -> Vec<Vec<Digit>> {
        let own = Layout::of(entries);
        let mut axes = Vec::new();
        let mut laid_out = false;
        for (key, node) in entries {
            let digits = match key.name.as_str() {
                "zip" => {
                    axes.extend(self.zip(node));
                    continue;
                }
                "depth" | "width" if laid_out => continue,
                "depth" | "width" => {
                    laid_out = true;
                    let common = self.layout.clone();
                    if common.hidden.is_some() && (own.depth.is_none() || own.width.is_none()) {
                        let other = if own.depth.is_none() { "depth" } else { "width" };
                        let error = Diagnostic::error(format!("`{}` needs a `{other}` beside it", key.name), &key.span);
                        self.tell(error.help(format!("[train] gives `hidden`, which says both: give `{other}` here")));
                        continue;
                    }
                    let depth = own.depth.as_ref().or(common.depth.as_ref());
                    let width = own.width.as_ref().or(common.width.as_ref());
                    let for_files = self.names_files(entries);
                    Hidden::layout(&mut self.reader(), depth, width, for_files)
                }
                _ => self.reader().key(key, node),
            };
            axes.extend(digits);
        }
        axes
    }

    /// Axes varied together: `zip = { learning_rate = [..], batch_size = [..] }`, or a list of such tables.
    fn zip(&mut self, node: &Node) -> Vec<Vec<Digit>> {
        let mut zipped = Vec::new();
        for (entries, span) in self.tables(node, "zip") {
            let mut columns: Vec<(&Key, Vec<Digit>)> = Vec::new();
            for (key, node) in entries {
                if ["zip", "depth", "width"].contains(&key.name.as_str()) {
                    self.tell(
                        Diagnostic::error(format!("`{}` cannot be zipped", key.name), &key.span).help("zip `hidden`"),
                    );
                    continue;
                }
                if let Some(digits) = self.reader().key(key, node) {
                    columns.push((key, digits));
                }
            }
            let Some(((first, digits), rest)) = columns.split_first() else { continue };
            let mut whole = digits.clone();
            for (key, column) in rest {
                if column.len() != whole.len() {
                    let message =
                        format!("`{}` has {} values and `{}` has {}", first.name, whole.len(), key.name, column.len());
                    self.tell(
                        Diagnostic::error(message, &key.span).label("axes varied together need as many values each"),
                    );
                    break;
                }
                for (digit, other) in whole.iter_mut().zip(column) {
                    digit.decisions.extend(other.decisions.iter().cloned());
                }
            }
            whole.iter_mut().for_each(|digit| digit.span = span.clone());
            zipped.push(whole);
        }
        zipped
    }

    fn blocks(&mut self, node: &Node, what: &str, base: &Draft) -> Vec<Block> {
        let tables = self.tables(node, what);
        tables.into_iter().filter_map(|(entries, span)| self.block(entries, &span, base)).collect()
    }

    fn block(&mut self, entries: &Entries, span: &Span, base: &Draft) -> Option<Block> {
        let before = self.problems.len();
        let axes = self.axes(entries);
        self.once(&axes, "one grid", "give it once, or write two [[grid]] blocks");
        if self.problems.len() > before {
            return None;
        }
        let mut block = Block { base: base.clone(), axes, keys: typed(entries), span: span.clone() };
        block.complete_for_files();
        if block.points().is_none() {
            self.tell(Diagnostic::error("this grid has more than 2⁶⁴ points", span));
            return None;
        }
        // A dataset of [train] that could not be had is told once, not as a lack in every grid.
        if self.unreadable && block.values(KeyId::of_name("dataset").expect("a declared key")).is_empty() {
            return None;
        }
        self.problems.extend(check::check(&block, self.fold, &self.common));
        self.warnings.extend(check::judges_itself(&block, &self.common));
        (self.problems.len() == before).then_some(block)
    }

    /// Keys with the key that decides each, and the values that a point may have.
    fn wanted(&mut self, entries: &Entries, what: &str) -> Vec<(KeyId, String, Vec<Value>)> {
        let mut wanted = Vec::new();
        for (key, node) in entries {
            let Some(decider) = KeyId::of_name(&key.name) else {
                let error = Diagnostic::error(format!("{what} cannot name `{}`", key.name), &key.span);
                self.tell(suggest(error, &key.name, &key::describable()));
                continue;
            };
            match Pattern::values(&key.name, node.value()) {
                Some(values) => wanted.push((decider, key.name.clone(), values)),
                None => {
                    let message = format!("`{}` must be a value or a list of values", key.name);
                    let error = Diagnostic::error(message, &node.span);
                    self.tell(error.help("a setting has a line of its own: momentum = 0.9"));
                }
            }
        }
        wanted
    }

    fn metric(&mut self, node: &Node) -> Option<Metric> {
        let name = self.text(node)?;
        let metric = Metric::from_name(&name);
        if metric.is_none() {
            let names: Vec<&str> = Metric::all().map(Metric::name).collect();
            let error = Diagnostic::error(format!("unknown metric `{name}`"), &node.span);
            self.tell(suggest(error, &name, &names).help(format!("known: {}", names.join(", "))));
        }
        metric
    }

    fn expectations(&mut self, node: &Node, blocks: &[&Block]) -> Vec<Expectation> {
        const KEYS: [&str; 4] = ["metric", "where", "at_least", "at_most"];
        let mut all = Vec::new();
        for (entries, span) in self.tables(node, "check") {
            let mut expected = Expectation::default();
            for (key, node) in entries {
                match key.name.as_str() {
                    "metric" => {
                        expected.metric = self.metric(node);
                        let lacks = |metric| check::lacks(metric, &node.span, blocks, self.fold, &self.common);
                        // Its `where` may leave out the runs that lack it, as long as some have it.
                        let all_lack =
                            expected.metric.and_then(|metric| lacks(metric).into_iter().collect::<Option<Vec<_>>>());
                        self.problems.extend(all_lack.and_then(|problems| problems.into_iter().next()));
                    }
                    "where" => {
                        let entries = self.table(node, "where");
                        let wanted = self.wanted(entries, "a check");
                        expected.wanted = wanted.into_iter().map(|(_, name, values)| (name, values)).collect();
                    }
                    "at_least" | "at_most" => {
                        let bound = node.value().and_then(|value| value.as_f64()).filter(|bound| bound.is_finite());
                        if bound.is_none() {
                            self.tell(Diagnostic::error(format!("`{}` must be a number", key.name), &node.span));
                        }
                        *(if key.name == "at_least" { &mut expected.at_least } else { &mut expected.at_most }) = bound;
                    }
                    name => {
                        let error = Diagnostic::error(format!("unknown key `{name}` in [[check]]"), &key.span);
                        self.tell(suggest(error, name, &KEYS).help(format!("known: {}", KEYS.join(", "))));
                    }
                }
            }
            if !entries.iter().any(|(key, _)| ["at_least", "at_most"].contains(&key.name.as_str())) {
                let error = Diagnostic::error("a check needs a bound", &span);
                self.tell(error.help("at_least = 0.97, at_most = 0.1, or both"));
            }
            all.push(expected);
        }
        all
    }

    fn excludes(&mut self, node: &Node) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        for (entries, span) in self.tables(node, "exclude") {
            let wanted = self.wanted(entries, "an exclusion");
            if entries.is_empty() {
                self.tell(Diagnostic::error("an exclusion without a key would drop everything", &span));
            }
            patterns.push(Pattern { wanted, span });
        }
        patterns
    }

    fn roles(&mut self, node: &Node) -> Roles {
        let mut roles = Roles::default();
        let keys = ["compare", "tune", "facet", "metric", "target", "margin"];
        for (key, node) in self.table(node, "[report]") {
            match key.name.as_str() {
                "compare" => roles.compare = self.role(node),
                "tune" => roles.tune = self.role(node),
                "facet" => roles.facet = self.role(node),
                "metric" => roles.metric = self.metric(node),
                "target" => match node.value().and_then(|value| value.as_f64()).filter(|&target| target > 0.0) {
                    Some(target) => roles.target = Some(target),
                    None => self.tell(Diagnostic::error("target must be a training loss, above 0", &node.span)),
                },
                "margin" => match node.value().and_then(|value| value.as_f64()).filter(|x| (0.0..1.0).contains(x)) {
                    Some(margin) => roles.margin = Some(margin),
                    None => {
                        let error = Diagnostic::error("margin must be a share, at least 0 and below 1", &node.span);
                        self.tell(error.help("differences up to it do not matter: 0.1 is a tenth of a loss"));
                    }
                },
                name => {
                    let error = Diagnostic::error(format!("unknown key `{name}` in [report]"), &key.span);
                    self.tell(suggest(error, name, &keys).help(format!("known: {}", keys.join(", "))));
                }
            }
        }
        let mut named: Vec<&String> = [&roles.compare, &roles.tune, &roles.facet].into_iter().flatten().collect();
        named.sort_unstable();
        if let Some(twice) = named.windows(2).find(|pair| pair[0] == pair[1]) {
            let error = Diagnostic::error(format!("`{}` is named twice in [report]", twice[0]), &node.span);
            self.tell(error.help("a key is compared, tuned or reported apart"));
        }
        roles
    }

    /// Warns of keys that have a role in the report and but one value.
    fn warn_of_constants<'b>(&mut self, experiment: &Experiment, span_of: impl Fn(&str) -> Option<&'b Span>) {
        let varying = experiment.varying();
        let varies = |key: &str| varying.iter().any(|(known, _)| key::speak_of_one(known, key));
        let roles = &experiment.roles;
        for (role, keys) in [("compare", &roles.compare), ("tune", &roles.tune), ("facet", &roles.facet)] {
            for key in keys.iter().filter(|key| !varies(key)) {
                let Some(span) = span_of(role) else { continue };
                let warning = Diagnostic::error(format!("`{key}` has one value in all runs"), span).warning();
                self.warnings.push(warning.label("so this says nothing of it"));
            }
        }
    }

    /// Warns of keys of `[train]` that reach no run, since every grid decides them.
    fn warn_of_overridden(&mut self, train: Option<&Node>, blocks: &[&Block]) {
        let decides = |block: &Block, key: KeyId| {
            let axis = block.axis_of(key).map(|axis| &block.axes[axis]);
            axis.is_some_and(|axis| axis.iter().all(|digit| digit.of(key).is_some()))
        };
        // Every block decides the layers where this is asked; by `depth` or `width` alone it takes the other from [train].
        let gives = |block: &Block, name: &str| block.keys.iter().any(|known| known == "hidden" || known == name);
        let Some(Content::Table(entries)) = train.map(|node| &node.content) else { return };
        for (key, span) in &self.common {
            if !blocks.iter().all(|block| decides(block, *key)) {
                continue;
            }
            let spelled = entries.iter().filter(|(entry, _)| key.spellings().contains(&entry.name.as_str()));
            let names: Vec<(&str, &Span)> = spelled.map(|(entry, _)| (entry.name.as_str(), &entry.span)).collect();
            // Given inside another's table, or in a zip.
            let names = if names.is_empty() { vec![(key.name(), span)] } else { names };
            for (name, span) in names {
                if ["depth", "width"].contains(&name) && !blocks.iter().all(|block| gives(block, name)) {
                    continue;
                }
                let warning = Diagnostic::error(format!("`{name}` of [train] reaches no run"), span).warning();
                self.warnings.push(warning.label("every grid gives its own"));
            }
        }
    }

    /// A key or a list of keys.
    fn role(&mut self, node: &Node) -> Vec<String> {
        let nodes = match &node.content {
            Content::List(items) => &items[..],
            _ => std::slice::from_ref(node),
        };
        let known = key::describable();
        let mut role = Vec::new();
        for node in nodes {
            let Some(name) = self.text(node) else { continue };
            if ["seed", "seeds", "fold", "folds"].contains(&name.as_str()) {
                let error =
                    Diagnostic::error("seeds and folds are replicates and cannot be compared or tuned", &node.span);
                self.tell(error.help("every statistic is over the replicates"));
            } else if known.contains(&name.as_str()) {
                role.push(name);
            } else {
                let error = Diagnostic::error(format!("`{name}` is not a key of a run"), &node.span);
                self.tell(suggest(error, &name, &known));
            }
        }
        role
    }
}

/// The keys of a table in file order, those of its zipped axes in their place, then the settings given to its choices.
fn typed(entries: &Entries) -> Vec<String> {
    let mut keys = Vec::new();
    let mut settings = Vec::new();
    for (key, node) in entries {
        let tables = match &node.content {
            Content::List(items) => &items[..],
            _ => std::slice::from_ref(node),
        };
        let inner =
            tables.iter().filter_map(|node| if let Content::Table(inner) = &node.content { Some(inner) } else { None });
        if key.name == "zip" {
            inner.for_each(|inner| keys.extend(typed(inner)));
        } else {
            keys.push(key.name.clone());
            let names = KeyId::spelled(&key.name).map(|known| known.inner()).unwrap_or_default();
            let name = |typed: &String| {
                let own = names.iter().find(|(setting, _)| setting == typed);
                own.map_or_else(|| typed.clone(), |(_, name)| (*name).to_owned())
            };
            settings.extend(inner.flatten().map(|(key, _)| name(&key.name)).filter(|name| name != "name"));
        }
    }
    keys.extend(settings);
    let mut seen = BTreeSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    keys
}

/// Whether Windows takes a file of that name for a device.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_uppercase();
    let numbered = |stem: &str| {
        stem.len() > 3 && stem.chars().count() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT"))
    };
    let last = stem.chars().last().is_some_and(|c| c.is_ascii_digit() || "¹²³".contains(c));
    ["CON", "PRN", "AUX", "NUL"].contains(&&*stem) || numbered(&stem) && last
}
