//! `summary.csv`, written and read back.

use super::super::table::Table;
use super::{keys, levels_of, summaries};
use crate::analysis::{Analysis, Cell, Estimate, Metric, Point};

/// One row per cell: the keys that vary, counts, and the metric over the seeds, diverged runs as worst in every number;
/// beside an infinite loss `std` is empty.
pub fn summary(analysis: &Analysis) -> Table {
    let cells: Vec<&Cell> = analysis.cells.iter().collect();
    let axes: Vec<usize> = (0..analysis.axes.len()).collect();
    let mut table = keys(Table::new("summary"), analysis, &axes, levels_of(&cells))
        .text("metric", cells.iter().map(|_| analysis.metric.name().to_owned()))
        .int("n", cells.iter().map(|cell| cell.metric.n))
        .int("done", cells.iter().map(|cell| cell.done))
        .int("diverged", cells.iter().map(|cell| cell.diverged))
        .int("missing", cells.iter().map(|cell| cell.missing));
    table = summaries(table, "", cells.iter().map(|cell| Some(cell.metric)));
    if let Some(beside) = analysis.beside.filter(|_| !analysis.metric.higher_is_better()) {
        let prefix = format!("{}_", beside.measure.name);
        table = summaries(table, &prefix, cells.iter().map(|cell| cell.beside));
    }
    table
}

/// A `summary.csv` that is none. Completes “cannot read …: ”.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    /// It is no CSV.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// A column is absent.
    #[error("there is no column `{0}`")]
    NoColumn(&'static str),
    /// A cell does not hold what its column should.
    #[error("row {row}: `{cell}` is no `{column}`")]
    Cell {
        /// The row, from 1 below the header.
        row: usize,
        /// The column.
        column: &'static str,
        /// What is there.
        cell: String,
    },
}

/// Reads the cells of a `summary.csv`.
pub fn read_summary(bytes: &[u8]) -> Result<Vec<Point>, SummaryError> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers()?.clone();
    let find = |name: &'static str| header.iter().position(|column| column == name).ok_or(SummaryError::NoColumn(name));
    let keys = find("metric")?;
    let (n, diverged) = (find("n")?, find("diverged")?);
    let (point, low, high) = (find("iqm")?, find("ci_low")?, find("ci_high")?);
    let mut points = Vec::new();
    for (i, record) in reader.records().enumerate() {
        let record = record?;
        let wrong = |column, at: usize| SummaryError::Cell { row: i + 1, column, cell: record[at].to_owned() };
        let count = |column, at: usize| record[at].parse::<usize>().map_err(|_| wrong(column, at));
        let number = |column, at: usize| match &record[at] {
            "" => Ok(f64::NAN),
            cell => cell.parse::<f64>().map_err(|_| wrong(column, at)),
        };
        // A column whose first key does not apply may say so with NaN.
        let applies = |at: &usize| !["", "NaN"].contains(&&record[*at]);
        let key = (0..keys).filter(applies).map(|at| (header[at].to_owned(), normal(&record[at])));
        points.push(Point {
            key: key.collect(),
            metric: Metric::from_name(&record[keys]).ok_or_else(|| wrong("metric", keys))?,
            n: count("n", n)?,
            diverged: count("diverged", diverged)?,
            iqm: Estimate { point: number("iqm", point)?, low: number("ci_low", low)?, high: number("ci_high", high)? },
            runs: std::collections::BTreeMap::new(),
        });
    }
    Ok(points)
}

/// The text of a value as descriptions show it: a column of numbers writes 1 as `1.0`.
pub(super) fn normal(cell: &str) -> String {
    if cell.parse::<i64>().is_ok() {
        return cell.to_owned();
    }
    cell.parse::<f64>().map_or_else(|_| cell.to_owned(), crate::text::float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{diff, sample};

    #[test]
    fn a_summary_reads_back_as_the_cells_it_was_written_from() {
        let analysis = sample::analysis();
        let read = read_summary(&summary(&analysis).csv()).expect("a summary");
        assert_eq!(read, analysis.points());
        assert_eq!(diff(&read, &analysis.points()), []);
    }

    #[test]
    fn what_is_no_summary_is_refused_with_the_place() {
        let refused = |text: &str| read_summary(text.as_bytes()).expect_err("refused").to_string();
        assert_eq!(refused("a,b\n1,2\n"), "there is no column `metric`");
        let header = "optimizer,metric,n,diverged,iqm,ci_low,ci_high\n";
        assert_eq!(refused(&format!("{header}adam,train_loss,x,0,1,1,1\n")), "row 1: `x` is no `n`");
        assert_eq!(refused(&format!("{header}adam,loss,5,0,1,1,1\n")), "row 1: `loss` is no `metric`");
    }
}
