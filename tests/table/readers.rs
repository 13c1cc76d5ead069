//! Tables that pandas and polars write in any dialect, and Parquet files of theirs and of our own, read back the same.
//!
//! What needs Python is skipped with a word where it has not both; `TALLOW_PYTHON` names another Python.

use std::path::Path;
use std::process::Command;

use tallow::table::{Cells, ColumnKind, Format, Reading, TargetKind, read, read_file, understand};

use super::{numbers, refused, saying, words};

/// Writes one table in many ways, and the bits of its numbers beside.
const WRITE: &str = r#"
import itertools, os, random, struct, sys
import pandas, polars
folder = sys.argv[1]
random.seed(1)
n = 60
table = {
    "number": [random.choice([random.gauss(0, 1), random.uniform(-1e9, 1e9), 10.0 ** random.randint(-300, 300)]) for _ in range(n)],
    "whole": [random.randint(-2**53, 2**53) for _ in range(n)],
    "word": [random.choice(["red", "a, b; c", "say \"so\"", "line\nend", "tab\there", "grün"]) for _ in range(n)],
    "truth": [random.random() < 0.5 for _ in range(n)],
    "missing": [random.gauss(0, 1) if i % 7 else None for i in range(n)],
}
with open(f"{folder}/numbers", "w") as bits:
    for name in ["number", "whole", "missing"]:
        cells = [float("nan") if x is None else float(x) for x in table[name]]
        print(name, *["nan" if x != x else struct.pack(">d", x).hex() for x in cells], file=bits)
with open(f"{folder}/words", "w") as words:
    print(*table["word"], sep="\0", end="", file=words)
p, q = pandas.DataFrame(table), polars.DataFrame(table)
import csv
for i, (sep, end, quoting, bom, header, decimal) in enumerate(itertools.product(
        ",;\t|", ["\n", "\r\n"], [csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC], ["utf-8", "utf-8-sig", "utf-16"], [True, False], ".,")):
    if sep == decimal:
        continue
    name = f"{folder}/pandas-{i}-{'h' if header else 'n'}-{'c' if decimal == ',' else 'p'}.csv"
    p.to_csv(name, sep=sep, lineterminator=end, quoting=quoting, encoding=bom, header=header, decimal=decimal, index=False)
p.to_csv(f"{folder}/pandas-gz-h-p.csv.gz", index=False)
for i, (sep, end, quote, header, bom) in enumerate(itertools.product(
        ",;\t|", ["\n", "\r\n"], ["necessary", "always", "non_numeric"], [True, False], [True, False])):
    name = f"{folder}/polars-{i}-{'h' if header else 'n'}-p.csv"
    q.write_csv(name, separator=sep, line_terminator=end, quote_style=quote, include_header=header, include_bom=bom)
for codec in ["uncompressed", "snappy", "zstd", "gzip", "lz4"]:
    q.write_parquet(f"{folder}/polars-{codec}-h-p.parquet", compression=codec)
try:
    for codec in [None, "snappy", "zstd", "gzip", "lz4"]:
        p.to_parquet(f"{folder}/pandas-{codec}-h-p.parquet", compression=codec)
    p.set_index("word").reset_index().to_parquet(f"{folder}/pandas-index-h-p.parquet")
except ImportError:
    pass
"#;

#[test]
fn tables_of_pandas_and_polars_read_back() {
    let python = std::env::var("TALLOW_PYTHON").unwrap_or_else(|_| "python3".into());
    let has_both = Command::new(&python).args(["-c", "import pandas, polars"]).output();
    if !has_both.is_ok_and(|output| output.status.success()) {
        println!("skipped: no Python with pandas and polars");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let written = Command::new(&python).args(["-c", WRITE]).arg(folder.path()).output().expect("runs");
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let bits = std::fs::read_to_string(folder.path().join("numbers")).expect("written");
    let expected: Vec<(&str, Vec<&str>)> = bits
        .lines()
        .map(|line| {
            let mut parts = line.split(' ');
            (parts.next().expect("a name"), parts.collect())
        })
        .collect();
    let expected_words = std::fs::read_to_string(folder.path().join("words")).expect("written");
    let mut files = 0;
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if !name.contains('-') {
            continue;
        }
        files += 1;
        let header = name.contains("-h-");
        let reading = Reading {
            header: Some(header),
            decimal: if name.contains("-c.") { ',' } else { '.' },
            target: Some(if header { "number" } else { "c1" }.into()),
            kind: TargetKind::Regression,
            ..Reading::default()
        };
        let table = read_file(&path, &reading).unwrap_or_else(|error| panic!("{name}: {error}"));
        understand(&table, &reading).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (column, bits) in &expected {
            let place = ["number", "whole", "word", "truth", "missing"].iter().position(|name| name == column);
            let own = format!("c{}", place.expect("a column") + 1);
            let cells = numbers(&table, if header { column } else { &own });
            let read: Vec<String> =
                cells.iter().map(|x| if x.is_nan() { "nan".into() } else { format!("{:016x}", x.to_bits()) }).collect();
            assert_eq!(read, *bits, "{name} {column}");
        }
        let read: Vec<String> =
            words(&table, if header { "word" } else { "c3" }).into_iter().map(Option::unwrap_or_default).collect();
        assert_eq!(read, expected_words.split('\0').collect::<Vec<_>>(), "{name}");
    }
    assert!(files > 200, "{files}");
    println!("{files} files read back");
}

mod parquets {
    use std::sync::Arc;

    use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
    use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::types::Type;

    /// A file of one column of every kind, four rows in two groups.
    pub fn written(codec: Compression) -> Vec<u8> {
        let field = |name: &str, physical, logical: Option<LogicalType>| {
            let builder = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
            let builder = if logical == Some(LogicalType::decimal(2, 9)) {
                builder.with_precision(9).with_scale(2)
            } else {
                builder
            };
            Arc::new(builder.with_logical_type(logical).build().expect("a field"))
        };
        let old = Type::primitive_type_builder("old", Physical::INT32).with_converted_type(ConvertedType::UINT_32);
        let fields = vec![
            field("double", Physical::DOUBLE, None),
            field("single", Physical::FLOAT, None),
            field("truth", Physical::BOOLEAN, None),
            field("word", Physical::BYTE_ARRAY, Some(LogicalType::String)),
            field("day", Physical::INT32, Some(LogicalType::Date)),
            field("stamp", Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
            field("price", Physical::INT32, Some(LogicalType::decimal(2, 9))),
            Arc::new(old.with_repetition(Repetition::REQUIRED).build().expect("a field")),
            field("y", Physical::INT64, None),
        ];
        let schema = Arc::new(Type::group_type_builder("table").with_fields(fields).build().expect("a schema"));
        let properties = Arc::new(WriterProperties::builder().set_compression(codec).build());
        let mut file = SerializedFileWriter::new(Vec::new(), schema, properties).expect("a file");
        for first in [0_i32, 2] {
            let mut group = file.next_row_group().expect("a group");
            macro_rules! column {
                ($type:ty, $values:expr, $levels:expr) => {{
                    let mut column = group.next_column().expect("a column").expect("one more");
                    column.typed::<$type>().write_batch(&$values, $levels, None).expect("written");
                    column.close().expect("closed");
                }};
            }
            column!(DoubleType, [f64::from(first) + 0.1], Some(&[1, 0]));
            column!(FloatType, [0.1_f32, f32::NAN], Some(&[1, 1]));
            column!(BoolType, [true, false], Some(&[1, 1]));
            column!(ByteArrayType, [ByteArray::from("red"), ByteArray::from("?")], Some(&[1, 1]));
            column!(Int32Type, [19_782, 0], Some(&[1, 1]));
            column!(Int64Type, [1_700_000_000_123_i64, 0], Some(&[1, 1]));
            column!(Int32Type, [1250, -5], Some(&[1, 1]));
            column!(Int32Type, [-1, 7], None);
            column!(Int64Type, [i64::from(first), 9], Some(&[1, 1]));
            group.close().expect("closed");
        }
        file.into_inner().expect("a file")
    }
}

#[test]
fn parquet_is_read_as_it_is_typed() {
    use parquet::basic::{Compression, GzipLevel, ZstdLevel};
    let drop = saying(&[("day", ColumnKind::Drop), ("stamp", ColumnKind::Drop)]);
    for codec in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
    ] {
        let table = read(&parquets::written(codec), &drop).expect("read");
        assert_eq!((table.rows, table.found.format), (4, Format::Parquet));
        let double = numbers(&table, "double");
        assert!((double[0], double[2]) == (0.1, 2.1) && double[1].is_nan() && double[3].is_nan());
        let single = numbers(&table, "single");
        assert!(single[0] == f64::from(0.1_f32) && single[1].is_nan());
        assert_eq!(words(&table, "truth")[0].as_deref(), Some("true"));
        assert_eq!(words(&table, "word"), [Some("red".into()), None, Some("red".into()), None]);
        assert_eq!(numbers(&table, "price"), [12.5, -0.05, 12.5, -0.05]);
        assert_eq!(numbers(&table, "old"), [4294967295.0, 7.0, 4294967295.0, 7.0]);
        assert_eq!(numbers(&table, "y"), [0.0, 9.0, 2.0, 9.0]);
        understand(&table, &drop).expect("understood");
    }
}

#[test]
fn dates_of_parquet_are_refused_or_taken_as_numbers_where_that_is_said() {
    let file = parquets::written(parquet::basic::Compression::UNCOMPRESSED);
    let error = refused(&file, &Reading::default());
    assert!(error.contains("row 1, column `day`: `2024-02-29` is a date"), "{error}");
    assert!(error.contains("row 1, column `stamp`: `2023-11-14 22:13:20` is a date"), "{error}");
    let reading = saying(&[("day", ColumnKind::Number), ("stamp", ColumnKind::Number)]);
    let table = read(&file, &reading).expect("read");
    assert_eq!((numbers(&table, "day")[0], numbers(&table, "stamp")[0]), (19_782.0, 1_700_000_000_123.0));
    assert!(matches!(table.columns[table.find("day").expect("there")].cells, Cells::Single(_)));
}

#[test]
fn damaged_parquet_is_refused() {
    let good = parquets::written(parquet::basic::Compression::SNAPPY);
    let reading = saying(&[("day", ColumnKind::Drop), ("stamp", ColumnKind::Drop)]);
    for cut in 4..good.len() {
        assert!(read(&good[..cut], &reading).is_err(), "cut at {cut}");
    }
    assert!(read_file(Path::new("tests/data/iris.csv"), &reading).is_err(), "columns that are not there");
}
