//! `runs.csv` and `comparison.csv`, read back for `tallow diff`.

use std::collections::{BTreeMap, BTreeSet};

use super::summary::{SummaryError, normal};
use crate::analysis::{Point, worst};

/// A header, and where its columns are.
struct Header(csv::StringRecord);

impl Header {
    fn find(&self, name: &'static str) -> Result<usize, SummaryError> {
        self.position(name).ok_or(SummaryError::NoColumn(name))
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|column| column == name)
    }
}

/// A cell of a key; `None` where the key does not apply, which a column that begins so says with NaN.
fn applies(cell: &str) -> Option<String> {
    (!["", "NaN"].contains(&cell)).then(|| normal(cell))
}

/// Gives the cells of a report their runs, as its `runs.csv` tells them: the metric by replicate, diverged runs as worst.
pub fn read_runs(bytes: &[u8], points: &mut [Point]) -> Result<(), SummaryError> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header = Header(reader.headers()?.clone());
    let Some(metric) = points.first().map(|point| point.metric) else { return Ok(()) };
    let (seed, status, value) = (header.find("seed")?, header.find("status")?, header.find(metric.name())?);
    let folds = header.position("fold").zip(header.position("folds"));
    let keys: BTreeSet<&String> = points.iter().flat_map(|point| &point.key).map(|(key, _)| key).collect();
    let keys: Vec<(String, usize)> =
        keys.into_iter().filter_map(|key| Some((key.clone(), header.position(key)?))).collect();
    let place: BTreeMap<BTreeMap<String, String>, usize> =
        points.iter().enumerate().map(|(i, point)| (point.key.iter().cloned().collect(), i)).collect();
    for (i, record) in reader.records().enumerate() {
        let record = record?;
        let wrong = |column, at: usize| SummaryError::Cell { row: i + 1, column, cell: record[at].to_owned() };
        let key = keys.iter().filter_map(|(key, at)| Some((key.clone(), applies(&record[*at])?))).collect();
        let Some(&at) = place.get(&key) else { continue };
        let number = match &record[status] {
            "diverged" => worst(metric),
            // Of single precision, as it was written.
            "done" => match record[value].parse::<f32>() {
                Ok(number) if number.is_finite() => f64::from(number),
                Ok(_) => worst(metric),
                Err(_) => return Err(wrong(metric.name(), value)),
            },
            _ => continue,
        };
        let fold = folds.map(|(fold, of)| format!(" {} of {}", &record[fold], &record[of])).unwrap_or_default();
        points[at].runs.insert(format!("{}{fold}", &record[seed]), number);
    }
    Ok(())
}

/// What a `comparison.csv` ranks first, a line for each case: `optimizer adam, learning_rate 0.01`.
pub fn read_best(bytes: &[u8]) -> Result<BTreeSet<String>, SummaryError> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header = Header(reader.headers()?.clone());
    let rank = header.find("rank")?;
    let mut best = BTreeSet::new();
    let mut last = f64::INFINITY;
    let mut is_first = false;
    for record in reader.records() {
        let record = record?;
        let now: f64 = record[rank].parse().unwrap_or(f64::INFINITY);
        // Ranks rise within a case; the first of each are those that share its least.
        is_first = now < last || (is_first && now == last);
        last = now;
        if is_first {
            let named = (0..rank).filter_map(|at| Some(format!("{} {}", &header.0[at], applies(&record[at])?)));
            best.insert(named.collect::<Vec<_>>().join(", "));
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::super::{comparison, read_summary, runs, summary};
    use super::*;
    use crate::analysis::{diff, sample};

    #[test]
    fn every_run_with_an_outcome_comes_back_to_its_cell() {
        let analysis = sample::analysis();
        let mut points = read_summary(&summary(&analysis).csv()).expect("a summary");
        read_runs(&runs(&analysis).csv(), &mut points).expect("runs");
        assert!(points.iter().all(|point| point.runs.len() == point.n), "{points:?}");
        let lost = points.iter().map(|point| point.runs.values().filter(|x| x.is_infinite()).count());
        assert!(lost.eq(points.iter().map(|point| point.diverged)));
        assert_eq!(diff(&points, &points), []);
    }

    #[test]
    fn the_first_of_every_case_is_read() {
        let best = read_best(&comparison(&sample::analysis()).csv()).expect("a comparison");
        let best: Vec<&String> = best.iter().collect();
        assert_eq!(best.len(), 2, "{best:?}");
        assert!(best.iter().all(|best| best.contains("optimizer adam, learning_rate 0.01")), "{best:?}");
    }

    #[test]
    fn what_is_no_table_of_runs_is_refused() {
        let mut points = read_summary(&summary(&sample::analysis()).csv()).expect("a summary");
        let told = read_runs(b"a,b\n1,2\n", &mut points).expect_err("refused").to_string();
        assert_eq!(told, "there is no column `seed`");
    }
}
