//! A table as Apache Parquet: typed columns, empty cells as nulls, one row group, no compression.

use std::sync::Arc;

use parquet::basic::{ConvertedType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use super::table::{Cells, Table};

impl Table {
    /// The table as a Parquet file. Words are UTF-8, whole numbers 64 bits; numbers keep their precision.
    ///
    /// # Errors
    /// Of the library; a table of columns of one length gives none.
    pub fn parquet(&self) -> Result<Vec<u8>> {
        let fields = self.columns.iter().map(|(name, cells)| {
            let (physical, converted) = match cells {
                Cells::Text(_) => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
                Cells::Int(_) => (Physical::INT64, ConvertedType::NONE),
                Cells::Float(_) => (Physical::DOUBLE, ConvertedType::NONE),
                Cells::Single(_) => (Physical::FLOAT, ConvertedType::NONE),
                Cells::Bool(_) => (Physical::BOOLEAN, ConvertedType::NONE),
            };
            let field = Type::primitive_type_builder(name, physical).with_converted_type(converted);
            field.with_repetition(Repetition::OPTIONAL).build().map(Arc::new)
        });
        let fields = fields.collect::<Result<Vec<_>>>()?;
        let schema = Type::group_type_builder(&self.name).with_fields(fields).build()?;
        // The library's version, which it would write itself, is not to change a report's bytes.
        let properties = WriterProperties::builder()
            .set_created_by("tallow".into())
            .set_statistics_enabled(EnabledStatistics::None)
            .build();
        let mut file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
        let mut group = file.next_row_group()?;
        for (_, cells) in &self.columns {
            match cells {
                Cells::Text(cells) => {
                    let words = cells.iter().map(|cell| cell.as_deref().map(ByteArray::from));
                    write::<ByteArrayType>(&mut group, words)?;
                }
                Cells::Int(cells) => write::<Int64Type>(&mut group, cells.iter().copied())?,
                Cells::Float(cells) => write::<DoubleType>(&mut group, cells.iter().copied())?,
                Cells::Single(cells) => write::<FloatType>(&mut group, cells.iter().copied())?,
                Cells::Bool(cells) => write::<BoolType>(&mut group, cells.iter().copied())?,
            }
        }
        group.close()?;
        file.into_inner()
    }
}

/// The next column: the cells that are there, and which these are.
fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    cells: impl Iterator<Item = Option<T::T>>,
) -> Result<()> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        levels.push(i16::from(cell.is_some()));
        values.extend(cell);
    }
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    column.typed::<T>().write_batch(&values, Some(&levels), None)?;
    column.close()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    fn read(bytes: &[u8]) -> SerializedFileReader<std::fs::File> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        SerializedFileReader::new(file).expect("a Parquet file")
    }

    #[test]
    fn types_nulls_and_numbers_come_back_as_they_were() {
        let table = Table::new("some")
            .with("word", Cells::Text(vec![Some("ünder, \"quotes\"".into()), None, Some("=1+1".into())]))
            .with("whole", Cells::Int(vec![Some(i64::MIN), Some(7), None]))
            .with("number", Cells::Float(vec![None, Some(0.1), Some(f64::NEG_INFINITY)]))
            .with("single", Cells::Single(vec![Some(0.1), Some(f32::MIN_POSITIVE), None]))
            .with("truth", Cells::Bool(vec![Some(true), None, Some(false)]));
        let bytes = table.parquet().expect("written");
        assert_eq!(bytes, table.parquet().expect("written"), "the same bytes each time");
        let reader = read(&bytes);
        let rows: Vec<Vec<(String, Field)>> =
            reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row").into_columns()).collect();
        let column = |at: usize| rows.iter().map(|row| row[at].1.clone()).collect::<Vec<_>>();
        let word = |word: &str| Field::Str(word.into());
        assert_eq!(
            rows[0].iter().map(|(name, _)| &**name).collect::<Vec<_>>(),
            ["word", "whole", "number", "single", "truth"]
        );
        assert_eq!(column(0), [word("ünder, \"quotes\""), Field::Null, word("=1+1")]);
        assert_eq!(column(1), [Field::Long(i64::MIN), Field::Long(7), Field::Null]);
        assert_eq!(column(2), [Field::Null, Field::Double(0.1), Field::Double(f64::NEG_INFINITY)]);
        assert_eq!(column(3), [Field::Float(0.1), Field::Float(f32::MIN_POSITIVE), Field::Null]);
        assert_eq!(column(4), [Field::Bool(true), Field::Null, Field::Bool(false)]);
    }

    #[test]
    fn a_table_without_rows_is_a_file_too() {
        let bytes = Table::new("none").with("whole", Cells::Int(Vec::new())).parquet().expect("written");
        let reader = read(&bytes);
        assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    }
}
