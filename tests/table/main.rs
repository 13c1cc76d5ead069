//! Tables that people have: read right, or refused with the edit that helps.

mod cases;
mod dialects;
mod files;
mod matrix;
mod parts;
mod readers;
mod refusals;
mod suspicions;

use std::path::Path;

use tallow::table::{ColumnKind, Reading, Table, Task, Understood, read, read_file, understand};

/// A file of `tests/data`, read and understood.
fn file(name: &str, reading: &Reading) -> (Table, Understood) {
    let table =
        read_file(&Path::new("tests/data").join(name), reading).unwrap_or_else(|error| panic!("{name}: {error}"));
    let understood = understand(&table, reading).unwrap_or_else(|error| panic!("{name}: {error}"));
    (table, understood)
}

/// A text, read and understood.
fn text(text: impl AsRef<[u8]>, reading: &Reading) -> (Table, Understood) {
    let table = read(text.as_ref(), reading).unwrap_or_else(|error| panic!("{error}"));
    let understood = understand(&table, reading).unwrap_or_else(|error| panic!("{error}"));
    (table, understood)
}

/// Why a text is refused, line by line.
fn refused(text: impl AsRef<[u8]>, reading: &Reading) -> String {
    match read(text.as_ref(), reading) {
        Err(error) => error.to_string(),
        Ok(table) => match understand(&table, reading) {
            Err(error) => error.to_string(),
            Ok(understood) => panic!("not refused: {understood}"),
        },
    }
}

/// Why a file of `tests/data` is refused.
fn file_refused(name: &str, reading: &Reading) -> String {
    refused(std::fs::read(Path::new("tests/data").join(name)).expect("a file"), reading)
}

/// The numbers of a column; NaN where missing.
fn numbers(table: &Table, name: &str) -> Vec<f64> {
    let column = &table.columns[table.find(name).expect("a column")];
    (0..table.rows).map(|row| column.cells.number(row)).collect()
}

/// The words of a column.
fn words(table: &Table, name: &str) -> Vec<Option<String>> {
    let column = &table.columns[table.find(name).expect("a column")];
    let words = column.cells.words().expect("words");
    (0..table.rows).map(|row| words.get(row).map(str::to_owned)).collect()
}

fn names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| &*column.name).collect()
}

/// A reading that says what some columns are.
fn saying(columns: &[(&str, ColumnKind)]) -> Reading {
    let columns = columns.iter().map(|&(name, kind)| (name.to_owned(), kind)).collect();
    Reading { columns, ..Reading::default() }
}

/// The task, the classes and their rows.
fn task(understood: &Understood) -> (Task, Vec<(&str, usize)>) {
    let target = &understood.target;
    let classes = target.classes.iter().map(String::as_str).zip(target.counts.iter().copied());
    (target.task, classes.collect())
}
