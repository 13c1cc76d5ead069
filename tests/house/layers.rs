//! The rows of the table in the crate's documentation hold: a module imports from rows above its own and no others. Nor do
//! the files of one module, which is a room, import each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The crate's documentation, without the comment signs.
fn documentation() -> Vec<String> {
    let text = std::fs::read_to_string("src/lib.rs").expect("the crate");
    text.lines().filter_map(|line| line.strip_prefix("//!")).map(|line| line.trim().to_owned()).collect()
}

/// The names in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Each module's row.
fn rows() -> BTreeMap<String, usize> {
    let mut rows = BTreeMap::new();
    for line in documentation() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Some(Ok(row)) = cells.first().map(|cell| cell.parse::<usize>()) else { continue };
        rows.extend(quoted(cells[1]).into_iter().map(|module| (module.to_owned(), row)));
    }
    rows
}

/// The imports allowed within a row: lines of the form "- `model` uses `activation`, `dataset`".
fn exceptions() -> BTreeSet<(String, String)> {
    let mut allowed = BTreeSet::new();
    for line in documentation().iter().filter_map(|line| line.strip_prefix("- ")) {
        if let [module, used @ ..] = &quoted(line)[..] {
            allowed.extend(used.iter().map(|used| ((*module).to_owned(), (*used).to_owned())));
        }
    }
    allowed
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let rust = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    rust.chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}

/// The modules of the crate that a line of code names.
fn imports(line: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let code = line.split("//").next().unwrap_or_default();
    let mut named = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => named.extend(list.split(',').map(|part| word(part.trim()))),
            None => named.push(word(rest)),
        }
    }
    named
}

#[test]
fn a_module_imports_only_from_rows_above_its_own() {
    let (rows, exceptions) = (rows(), exceptions());
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for path in sources(Path::new("src")) {
        let inner = path.strip_prefix("src").expect("found there").with_extension("");
        let module = inner.iter().next().and_then(|part| part.to_str()).expect("a name").to_owned();
        if ["lib", "main"].contains(&&*module) {
            continue;
        }
        let Some(row) = rows.get(&module) else {
            wrong.push(format!("{}: `{module}` stands in no row", path.display()));
            continue;
        };
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let code = text.split("\nmod tests {").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            for import in imports(line).into_iter().filter(|import| *import != module) {
                let edge = (module.clone(), import);
                let Some(other) = rows.get(&edge.1) else { continue };
                if exceptions.contains(&edge) && other == row {
                    used.insert(edge);
                } else if other >= row {
                    wrong.push(format!(
                        "{}:{}: `{module}` (row {row}) imports `{}`",
                        path.display(),
                        number + 1,
                        edge.1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(used, exceptions, "every exception is needed");
}

#[test]
fn imports_are_found_however_they_are_written() {
    assert_eq!(imports("use crate::store::Store;"), ["store"]);
    assert_eq!(imports("use crate::{plan::Run, text};"), ["plan", "text"]);
    assert_eq!(imports("let x = crate::text::short(x) + crate::rng::y();"), ["text", "rng"]);
    assert_eq!(imports("// crate::text is not used"), [""; 0]);
    assert_eq!(rows().get("store"), rows().get("exec"));
    assert!(rows().len() >= 20, "the table is read");
}

/// Rooms' files that import each other, directly or by way of others, today. This list only shrinks: what is mended is
/// crossed out, and nothing is added.
const CIRCLES: [&[&str]; 5] = [
    &["analysis/sensitivity", "analysis/target", "analysis/tuned"],
    &["report/draw/layout", "report/draw/mark"],
    &["spec/experiment", "spec/file"],
    &["spec/key/mod", "spec/reader"],
    &["table/hash", "table/target", "table/understand"],
];

/// The names on the way to a module, which is a file, or to an item of it.
type Place = Vec<String>;

/// The parts of a list between commas that are in no inner list.
fn listed(list: &str) -> Vec<&str> {
    let mut depth = 0;
    let apart = |sign: char| {
        depth += i32::from(sign == '{') - i32::from(sign == '}');
        sign == ',' && depth == 0
    };
    list.split(apart).map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The places that the tree of a `use` names.
fn unfolded(tree: &str) -> Vec<Place> {
    let names = |path: &str| -> Place {
        let path = path.split(" as ").next().unwrap_or_default();
        path.split("::").map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
    };
    let Some((before, list)) = tree.split_once('{') else { return vec![names(tree)] };
    let list = list.trim_end().strip_suffix('}').expect("a list is closed");
    let inner = listed(list).into_iter().flat_map(unfolded);
    inner.map(|inner| [names(before), inner].concat()).collect()
}

/// A path as seen from a module, from the crate on.
fn absolute(module: &[String], path: &[String]) -> Place {
    let up = path.iter().take_while(|name| *name == "super").count();
    match path.first().map(String::as_str) {
        Some("crate") => path[1..].to_vec(),
        Some("self") => [module, &path[1..]].concat(),
        Some("super") => [&module[..module.len().saturating_sub(up)], &path[up..]].concat(),
        _ => [module, path].concat(),
    }
}

/// A file of a room, as a module.
struct Module {
    file: String,
    /// What its `use`s name, and what else its code does by a path from `crate` or `super`; all from the crate on.
    uses: Vec<Place>,
}

impl Module {
    fn new(file: &str, text: &str, place: &[String]) -> Self {
        let text = text.split("\nmod tests {").next().unwrap_or_default();
        let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
        let code = code.join("\n");
        let mut uses = Vec::new();
        for (at, word) in code.match_indices("use ") {
            let before = code[..at].rsplit('\n').next().unwrap_or_default().trim();
            if before.is_empty() || before.starts_with("pub") && !before.contains(' ') {
                uses.extend(unfolded(code[at + word.len()..].split(';').next().unwrap_or_default()));
            }
        }
        for start in ["crate::", "super::"] {
            for (at, _) in code.match_indices(start).filter(|(at, _)| !code[..*at].ends_with("::")) {
                let end = code[at..].find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
                uses.extend(unfolded(&code[at..end.map_or(code.len(), |end| at + end)]));
            }
        }
        Self { file: file.to_owned(), uses: uses.iter().map(|path| absolute(place, path)).collect() }
    }
}

/// The module in which what a path names is written: a name that a module hands on is followed.
fn origin(modules: &BTreeMap<Place, Module>, path: &[String], handed: usize) -> Option<Place> {
    let len = (1..=path.len()).rev().find(|&len| modules.contains_key(&path[..len]))?;
    let (place, rest) = path.split_at(len);
    let further = rest.first().filter(|_| handed < 8).and_then(|name| {
        let from = modules[place].uses.iter().find(|used| used.last() == Some(name) && used[..] != path[..=len])?;
        origin(modules, from, handed + 1)
    });
    further.or_else(|| Some(place.to_vec()))
}

/// The files of each circle. The `mod.rs` of a folder and the files below it are no circle.
fn circles(modules: &BTreeMap<Place, Module>) -> BTreeSet<Vec<String>> {
    let neighbours = |place: &Place| -> BTreeSet<Place> {
        let origins = modules[place].uses.iter().filter_map(|path| origin(modules, path, 0));
        let in_room = origins.filter(|other| other[0] == place[0]);
        in_room.filter(|other| !other.starts_with(place) && !place.starts_with(other)).collect()
    };
    let edges: BTreeMap<&Place, BTreeSet<Place>> = modules.keys().map(|place| (place, neighbours(place))).collect();
    let reach = |from: &Place| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(place) = next.pop() {
            next.extend(edges[&place].iter().filter(|other| seen.insert((*other).clone())).cloned());
        }
        seen
    };
    let reached: BTreeMap<&Place, BTreeSet<Place>> = modules.keys().map(|place| (place, reach(place))).collect();
    let circle = |place: &Place| {
        let both = reached[place].iter().filter(|other| reached[other].contains(place));
        both.map(|other| modules[other].file.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    };
    modules.keys().filter(|place| reached[place].contains(*place)).map(circle).collect()
}

/// Every file of every room but those that hold tests alone.
fn modules() -> BTreeMap<Place, Module> {
    let mut modules = BTreeMap::new();
    for path in sources(Path::new("src")) {
        let inner = path.strip_prefix("src").expect("found there").with_extension("");
        let file = inner.display().to_string();
        let mut place: Place = file.split('/').map(str::to_owned).collect();
        if place.last().is_some_and(|name| name == "mod") {
            place.pop();
        }
        if !["lib", "main"].contains(&&*place[0]) && place.iter().all(|name| name != "tests") {
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            modules.insert(place.clone(), Module::new(&file, &text, &place));
        }
    }
    modules
}

#[test]
fn the_files_of_a_room_do_not_import_each_other_in_a_circle() {
    let known = CIRCLES.iter().map(|circle| circle.iter().map(|file| (*file).to_owned()).collect());
    let (known, found): (BTreeSet<Vec<String>>, _) = (known.collect(), circles(&modules()));
    let new: Vec<_> = found.difference(&known).collect();
    assert!(new.is_empty(), "these import each other in a circle: {new:#?}");
    let mended: Vec<_> = known.difference(&found).collect();
    assert!(mended.is_empty(), "no circle any more; cross it out in CIRCLES: {mended:#?}");
}

#[test]
fn circles_are_found_however_they_are_written() {
    let place = |path: &str| path.split("::").map(str::to_owned).collect::<Place>();
    assert_eq!(unfolded("super::{a::{B, c}, d as e}"), ["super::a::B", "super::a::c", "super::d"].map(place));
    let found = |files: &[(&str, &str)]| {
        let module = |(name, text): &(&str, &str)| (place(name), Module::new(name, text, &place(name)));
        circles(&files.iter().map(module).collect()).into_iter().collect::<Vec<_>>()
    };
    let room = ("room", "mod a;\nmod b;\n\npub use a::A;\npub use b::{B, C};\n");
    let circle = [["room::a", "room::b"]];
    assert_eq!(found(&[room, ("room::a", "use super::b::B;"), ("room::b", "use crate::room::a::A;")]), circle);
    assert_eq!(found(&[room, ("room::a", "use super::{B, x};"), ("room::b", "fn f() { super::a::g() }")]), circle);
    let three = [room, ("room::a", "use super::B;"), ("room::b", "use super::c::D;"), ("room::c", "use super::A;")];
    assert_eq!(found(&three), [["room::a", "room::b", "room::c"]]);
    let none: [Vec<String>; 0] = [];
    let tests = "use super::B;\n\n#[cfg(test)]\nmod tests {\n    use super::super::b::B;\n}\n";
    assert_eq!(found(&[room, ("room::a", tests), ("room::b", "// super::a::A\n")]), none);
    assert_eq!(found(&[room, ("room::a", "use super::B;"), ("room::b", "use super::x;")]), none);
}
