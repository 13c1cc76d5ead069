//! Reading Parquet files: flat columns of any type, values as the file has them.

use std::sync::Arc;

use parquet::basic::{Compression as Codec, ConvertedType, LogicalType, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::column::{Builder, MOST_WORDS, Understanding, Wanted as Want};
use super::number::Notation;
use super::problem::{Problem, Problems, TableError};
use super::reading::{ColumnKind, Marks, Reading, edit};
use super::{Column, Format, Found, Lines, Names, Table, Wanted};
use crate::text;

/// Rows taken at once.
const BATCH: usize = 1 << 14;

/// What the values of a column are.
#[derive(Clone, Copy, Debug)]
enum Meaning {
    /// Whatever the bytes are: numbers, truth values.
    Plain,
    /// UTF-8.
    Text,
    /// Days since 1970.
    Day,
    /// Units since 1970 or midnight, so many a second.
    Moment(i64),
    Time(i64),
    /// Digits behind the decimal point.
    Decimal(u32),
    Unsigned,
}

/// Reads a table of a Parquet file.
pub(super) fn read<R: ChunkReader + 'static>(
    file: R,
    reading: &Reading,
    roles: impl FnOnce(&[String]) -> Result<Wanted, Problems>,
) -> Result<Table, TableError> {
    let damaged = |error: ParquetError| Problem::of_file(format!("the Parquet file cannot be read: {error}"));
    let reader = SerializedFileReader::new(file).map_err(damaged)?;
    let metadata = reader.metadata().clone();
    let schema = metadata.file_metadata().schema_descr_ptr();
    let rows = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
    if rows == 0 {
        return Err(Problem::of_file("the file has a schema but no rows").into());
    }
    let mut names: Vec<String> = schema.columns().iter().map(|column| name_of(column)).collect();
    if !reading.names.is_empty() {
        if reading.names.len() != names.len() {
            let width = text::count(names.len(), "column");
            let message = format!("`names` lists {} and the file has {width}", reading.names.len());
            return Err(Problem::of_file(message).into());
        }
        names.clone_from(&reading.names);
    }
    let wanted = roles(&names)?;
    let mut problems = Vec::new();
    for (place, column) in schema.columns().iter().enumerate() {
        if wanted[place].1 == Want::Nothing {
            continue;
        }
        if column.max_rep_level() > 0 {
            let message = "the column holds lists, of which nothing can be made";
            let help = format!("say `{}`", edit(&names[place], ColumnKind::Drop));
            problems.push(Problem::of_file(message).column(&names[place]).help(help));
        }
        let codec = metadata.row_groups().iter().map(|group| group.column(place).compression());
        if let Some(codec) = codec.into_iter().find(|codec| !is_read(*codec)) {
            let message = format!("the column is compressed with {codec}, which is not read");
            let help = "write the file with snappy, zstd, gzip, lz4_raw or without compression";
            problems.push(Problem::of_file(message).column(&names[place]).help(help));
        }
    }
    Problems::none_of(problems)?;
    let how = Understanding { notation: Notation::PLAIN, marks: Marks::of(reading) };
    let mut columns = Vec::with_capacity(names.len());
    for (place, (name, (role, want))) in names.into_iter().zip(wanted).enumerate() {
        let descriptor = schema.column(place);
        let mut filling = Values::new(&descriptor, want, &how);
        if want != Want::Nothing {
            for group in 0..metadata.num_row_groups() {
                let group = reader.get_row_group(group).map_err(damaged)?;
                filling.take(group.get_column_reader(place).map_err(damaged)?).map_err(damaged)?;
            }
            if filling.row != rows {
                let message = format!("the Parquet file is damaged: {} of {rows} rows", filling.row);
                return Err(Problem::of_file(message).column(&name).into());
            }
        }
        let (cells, seen, written) = filling.builder.finish();
        columns.push(Column { name, role, cells, seen, written });
    }
    let names = if reading.names.is_empty() { Names::Schema } else { Names::Given };
    let found = Found { format: Format::Parquet, names, ..Found::default() };
    Ok(Table { columns, rows, lines: Lines::default(), found })
}

/// The path of a column; pandas' index has none.
fn name_of(column: &ColumnDescriptor) -> String {
    let name = column.path().string();
    if name.starts_with("__index_level_") { String::new() } else { name }
}

fn is_read(codec: Codec) -> bool {
    matches!(codec, Codec::UNCOMPRESSED | Codec::SNAPPY | Codec::GZIP(_) | Codec::ZSTD(_) | Codec::LZ4_RAW | Codec::LZ4)
}

fn meaning(column: &ColumnDescriptor) -> Meaning {
    use parquet::basic::TimeUnit;
    let per_second = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => 1_000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    };
    match (column.logical_type_ref(), column.converted_type(), column.physical_type()) {
        (Some(LogicalType::Date), ..) | (None, ConvertedType::DATE, _) => Meaning::Day,
        (Some(LogicalType::Timestamp(stamp)), ..) => Meaning::Moment(per_second(&stamp.unit)),
        (None, ConvertedType::TIMESTAMP_MILLIS, _) => Meaning::Moment(1_000),
        (None, ConvertedType::TIMESTAMP_MICROS, _) => Meaning::Moment(1_000_000),
        (Some(LogicalType::Time(time)), ..) => Meaning::Time(per_second(&time.unit)),
        (None, ConvertedType::TIME_MILLIS, _) => Meaning::Time(1_000),
        (None, ConvertedType::TIME_MICROS, _) => Meaning::Time(1_000_000),
        (Some(LogicalType::Decimal(_)), ..) | (None, ConvertedType::DECIMAL, _) => {
            Meaning::Decimal(column.type_scale().clamp(0, 38) as u32)
        }
        (_, ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64, _) => {
            Meaning::Unsigned
        }
        (.., Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY) => Meaning::Text,
        _ => Meaning::Plain,
    }
}

/// A column as it is read.
struct Values<'a> {
    builder: Builder,
    how: &'a Understanding,
    meaning: Meaning,
    /// Numbers are wanted as the file has them, moments too.
    bare: bool,
    present: i16,
    row: usize,
}

impl<'a> Values<'a> {
    fn new(column: &Arc<ColumnDescriptor>, want: Want, how: &'a Understanding) -> Self {
        let meaning = meaning(column);
        // Words are words, even those of digits.
        let words = matches!(meaning, Meaning::Text) && matches!(want, Want::Any | Want::Target);
        let builder = Builder::new(if words { Want::Words(MOST_WORDS) } else { want }, 0);
        Self { builder, how, meaning, bare: want == Want::Numbers, present: column.max_def_level(), row: 0 }
    }

    fn take(&mut self, reader: ColumnReader) -> Result<(), ParquetError> {
        let (meaning, bare) = (self.meaning, self.bare);
        let whole = move |x: i64| match meaning {
            Meaning::Day if !bare => Value::Text(day(x)),
            Meaning::Moment(per_second) if !bare => Value::Text(moment(x.div_euclid(per_second))),
            Meaning::Time(per_second) if !bare => Value::Text(clock(x.div_euclid(per_second))),
            Meaning::Decimal(scale) => Value::Text(decimal(i128::from(x), scale)),
            _ => Value::Whole(i128::from(x)),
        };
        match reader {
            ColumnReader::BoolColumnReader(reader) => self.each(reader, |&x| Value::Text(x.to_string())),
            ColumnReader::Int32ColumnReader(reader) => self.each(reader, |&x| match meaning {
                Meaning::Unsigned => Value::Whole(i128::from(x as u32)),
                _ => whole(i64::from(x)),
            }),
            ColumnReader::Int64ColumnReader(reader) => self.each(reader, |&x| match meaning {
                Meaning::Unsigned => Value::Whole(i128::from(x as u64)),
                _ => whole(x),
            }),
            ColumnReader::Int96ColumnReader(reader) => self.each(reader, |x| {
                let seconds = x.to_seconds();
                if bare { Value::Whole(i128::from(seconds)) } else { Value::Text(moment(seconds)) }
            }),
            ColumnReader::FloatColumnReader(reader) => self.each(reader, |&x| Value::Real(f64::from(x))),
            ColumnReader::DoubleColumnReader(reader) => self.each(reader, |&x| Value::Real(x)),
            ColumnReader::ByteArrayColumnReader(reader) => self.each(reader, |x| of_bytes(x.data(), meaning)),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => self.each(reader, |x| of_bytes(x.data(), meaning)),
        }
    }

    fn each<T: DataType>(
        &mut self,
        mut reader: ColumnReaderImpl<T>,
        value: impl Fn(&T::T) -> Value,
    ) -> Result<(), ParquetError> {
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        loop {
            values.clear();
            levels.clear();
            let (rows, read, _) = reader.read_records(BATCH, Some(&mut levels), None, &mut values)?;
            if rows == 0 {
                return Ok(());
            }
            let mut read = values[..read].iter();
            for at in 0..rows {
                let there = self.present == 0 || levels.get(at).is_some_and(|&level| level == self.present);
                match there.then(|| read.next()).flatten().map(&value) {
                    Some(value) => self.push(value),
                    None => self.builder.missing(self.row),
                }
                self.row += 1;
            }
        }
    }

    fn push(&mut self, value: Value) {
        let number = match value {
            Value::Whole(x) if (x as f64) as i128 == x => x as f64,
            Value::Real(x) if x.is_nan() => return self.builder.missing(self.row),
            Value::Real(x) if x.is_finite() => x,
            other => return self.builder.cell(&other.bytes(), self.row, self.how),
        };
        if self.builder.takes_numbers() && !self.how.marks.have_numbers() {
            self.builder.number(number);
        } else {
            self.builder.cell(&value.bytes(), self.row, self.how);
        }
    }
}

/// A value of a file.
enum Value {
    Whole(i128),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Whole(x) => x.to_string().into_bytes(),
            Self::Real(x) => text::float(*x).into_bytes(),
            Self::Text(text) => text.trim().as_bytes().to_vec(),
            Self::Bytes(bytes) => bytes.trim_ascii().to_vec(),
        }
    }
}

fn of_bytes(bytes: &[u8], meaning: Meaning) -> Value {
    match meaning {
        Meaning::Decimal(scale) if (1..=16).contains(&bytes.len()) => {
            let sign = if bytes[0] & 0x80 == 0 { 0 } else { 0xff };
            let mut wide = [sign; 16];
            wide[16 - bytes.len()..].copy_from_slice(bytes);
            Value::Text(decimal(i128::from_be_bytes(wide), scale))
        }
        _ => Value::Bytes(bytes.to_vec()),
    }
}

/// `12345` at scale 2: `123.45`.
fn decimal(x: i128, scale: u32) -> String {
    let digits = format!("{:0>width$}", x.unsigned_abs(), width = scale as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
    let sign = if x < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// A day after 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
fn day(days: i64) -> String {
    let shifted = i128::from(days) + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn moment(seconds: i64) -> String {
    format!("{} {}", day(seconds.div_euclid(86_400)), clock(seconds))
}

fn clock(seconds: i64) -> String {
    let seconds = seconds.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(
            [day(0), day(-1), day(19_782), day(11_016)],
            ["1970-01-01", "1969-12-31", "2024-02-29", "2000-02-29"]
        );
        assert_eq!(moment(1_700_000_000), "2023-11-14 22:13:20");
        let _ = (day(i64::MIN), day(i64::MAX), moment(i64::MIN));
    }

    #[test]
    fn decimals_keep_their_digits() {
        assert_eq!(
            [decimal(12_345, 2), decimal(-5, 2), decimal(7, 0), decimal(0, 3)],
            ["123.45", "-0.05", "7", "0.000"]
        );
    }
}
