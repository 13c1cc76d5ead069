//! Any table that is written in any dialect reads back to the same cells, and no bytes at all make the readers panic.

use proptest::prelude::*;
use tallow::table::{Reading, Scaling, TargetKind, fit, read, understand, warnings};

use super::{numbers, text, words};

/// A way to write a table.
#[derive(Clone, Debug)]
struct Dialect {
    delimiter: u8,
    crlf: bool,
    quoted: csv::QuoteStyle,
    decimal: char,
    header: bool,
    mark: bool,
}

fn dialect() -> impl Strategy<Value = Dialect> {
    let quotes = [csv::QuoteStyle::Necessary, csv::QuoteStyle::Always, csv::QuoteStyle::NonNumeric];
    let delimiter = prop::sample::select(b",;\t|:^~".to_vec());
    (delimiter, any::<bool>(), prop::sample::select(quotes.to_vec()), any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(delimiter, crlf, quoted, comma, header, mark)| {
            let decimal = if comma && delimiter != b',' { ',' } else { '.' };
            Dialect { delimiter, crlf, quoted, decimal, header, mark }
        })
}

fn written(dialect: &Dialect, rows: &[(f64, String, i32)]) -> Vec<u8> {
    let ends = if dialect.crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(dialect.delimiter)
        .terminator(ends)
        .quote_style(dialect.quoted)
        .from_writer(if dialect.mark { "\u{feff}".as_bytes().to_vec() } else { Vec::new() });
    if dialect.header {
        writer.write_record(["number", "word", "whole"]).expect("written to memory");
    }
    for (x, word, i) in rows {
        let x = x.to_string().replace('.', &dialect.decimal.to_string());
        writer.write_record([&x, word, &i.to_string()]).expect("written to memory");
    }
    writer.into_inner().expect("flushed")
}

/// Words that are neither numbers nor dates nor missing, with what makes trouble in a cell.
fn word() -> impl Strategy<Value = String> {
    "[a-zé]{2,5}( [,;|:\"\n'#]{1,3})?x".prop_map(|word| format!("w{word}"))
}

proptest! {
    #[test]
    fn a_table_in_any_dialect_reads_back(
        dialect in dialect(),
        rows in prop::collection::vec((-1e9..1e9_f64, word(), any::<i32>()), 3..40),
    ) {
        let file = written(&dialect, &rows);
        let reading = Reading {
            delimiter: Some(char::from(dialect.delimiter)),
            header: Some(dialect.header),
            decimal: dialect.decimal,
            kind: TargetKind::Regression,
            ..Reading::default()
        };
        let Ok(table) = read(&file, &reading) else { return Err(TestCaseError::fail(String::from_utf8_lossy(&file).into_owned())) };
        let name = |at: usize| table.columns[at].name.clone();
        let expected: Vec<f64> = rows.iter().map(|row| row.0).collect();
        prop_assert_eq!(numbers(&table, &name(0)), expected, "{}", String::from_utf8_lossy(&file));
        prop_assert_eq!(words(&table, &name(1)), rows.iter().map(|row| Some(row.1.clone())).collect::<Vec<_>>());
        prop_assert_eq!(numbers(&table, &name(2)), rows.iter().map(|row| f64::from(row.2)).collect::<Vec<_>>());
    }

    #[test]
    fn the_dialect_of_numbers_is_found(
        delimiter in prop::sample::select(b",;\t| :^~".to_vec()),
        crlf in any::<bool>(),
        columns in 2..6_usize,
        cells in prop::collection::vec(-1e6..1e6_f64, 12..60),
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let delimiter = char::from(delimiter).to_string();
        let lines = cells.chunks_exact(columns).map(|row| row.iter().map(f64::to_string).collect::<Vec<_>>().join(&delimiter));
        let header = (0..columns).map(|i| format!("n{i}")).collect::<Vec<_>>().join(&delimiter);
        let file = std::iter::once(header).chain(lines).map(|line| line + end).collect::<String>();
        let (table, _) = text(&file, &Reading { kind: TargetKind::Regression, ..Reading::default() });
        let read: Vec<f64> = (0..table.rows).flat_map(|row| (0..columns).map(move |column| (row, column)))
            .map(|(row, column)| table.columns[column].cells.number(row)).collect();
        prop_assert_eq!(&read[..], &cells[..read.len()]);
        prop_assert_eq!(read.len(), cells.len() / columns * columns);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        all_the_way(&bytes);
    }

    #[test]
    fn any_cells_are_read_or_refused(
        file in "([-0-9.,;\"a-c#$%e \t]{0,6}[,;\n\r]){0,60}",
        header in prop::option::of(any::<bool>()),
        decimal in prop::sample::select(vec!['.', ',']),
    ) {
        for kind in [TargetKind::Auto, TargetKind::Regression, TargetKind::Multiclass] {
            all_the_way_as(file.as_bytes(), &Reading { header, decimal, kind, ..Reading::default() });
        }
    }

    #[test]
    fn any_damage_is_read_or_refused(
        at in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        for good in [&include_bytes!("../data/penguins.csv")[..], include_bytes!("../data/u.csv.gz"), include_bytes!("../data/utf16.csv")] {
            let mut bytes = good[..good.len().min(2000)].to_vec();
            for (place, byte) in &at {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
            }
            bytes.truncate(cut.index(bytes.len()) + 1);
            all_the_way(&bytes);
        }
    }
}

fn all_the_way(bytes: &[u8]) {
    all_the_way_as(bytes, &Reading::default());
}

/// Reads, understands, fits and transforms what can be; every error has words.
fn all_the_way_as(bytes: &[u8], reading: &Reading) {
    let table = match read(bytes, reading) {
        Ok(table) => table,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(
        table.columns.iter().all(|column| column.seen.numbers + column.seen.words + column.seen.missing <= table.rows)
    );
    tallow::table::describe(&table);
    match understand(&table, reading) {
        Err(problems) => assert!(problems.iter().all(|problem| !problem.message.is_empty())),
        Ok(understood) => {
            warnings(&table, &understood, false);
            let rows: Vec<u32> = (0..table.rows as u32).collect();
            for scaling in [Scaling::Standard, Scaling::Robust, Scaling::Quantile, Scaling::None] {
                let fitted = fit(&table, &understood, &rows, scaling, true);
                if let Ok(matrix) = fitted.transform(&table, None) {
                    assert!(matrix.x.iter().all(|x| x.is_finite()), "{understood}");
                    assert_eq!((matrix.y.len(), matrix.x.len()), (table.rows, table.rows * fitted.width()));
                }
            }
        }
    }
}
