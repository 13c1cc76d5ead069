//! The rows of the table in the crate's documentation hold: a module imports from rows above its own and no others.

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
