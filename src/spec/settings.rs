//! Settings of a user's file on the command line, where there is no experiment file: `tallow data FILE --set header=false`.

use std::path::Path;

use super::key::file_with;
use super::overrides;
use super::reader::Reader;
use crate::dataset::{Csv, Folder};
use crate::diag::{Diagnostic, Diagnostics, Source};

/// A file with these settings, each `key=value` as `--set` takes it: what a table of `dataset` would say in an experiment
/// file. The file is not opened.
///
/// # Errors
/// Of every setting that is unknown, or whose value is wrong or not a single one.
pub fn file_with_settings(mut csv: Csv, settings: &[String]) -> Result<Csv, Diagnostics> {
    let (mut sources, mut items) = (Vec::new(), Vec::new());
    let folder = Folder::new(Path::new(""));
    for text in settings {
        let source = sources.len();
        sources.push(Source { name: "--set".to_owned(), text: text.clone() });
        match overrides::parse(text, source) {
            Ok((path, key, value)) => match path.first() {
                None => {
                    let mut reader = Reader { folder: &folder, problems: &mut items };
                    csv = file_with(&mut reader, csv.clone(), &(key, value)).unwrap_or(csv);
                }
                Some(table) => {
                    let error = Diagnostic::error("a setting of a file has no dot in its name", &table.span);
                    items.push(error.help("write it alone: --set header=false"));
                }
            },
            Err(found) => items.extend(found),
        }
    }
    if items.is_empty() { Ok(csv) } else { Err(Diagnostics { sources, items }) }
}
