//! How rows become inputs, kept once for all runs on the same rows of a user's file.
//!
//! A run's row does not refer to it: what a run's description says of its data is what it is found by. Generated datasets
//! have none, and a store without runs on a file has not even the table.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;

use super::rows::Layout;
use super::{Store, StoreError, row, schema};
use crate::dataset::{Csv, Preprocessing, Sampling};
use crate::param::{Param, Value};
use crate::plan::Description;

/// Identifies the rows of a user's file that runs are trained on, and how these are read and scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DataId([u8; 16]);

impl DataId {
    /// Of the data of a run; `None` if they are generated.
    pub fn of(description: &Description) -> Option<Self> {
        let said = |name: &'static str| Some((name, description.get(name)?));
        said("data_hash")?;
        let names = |params: &'static [Param]| params.iter().map(|param| param.name);
        let mut data: BTreeMap<&str, &Value> = names(Csv::PARAMS)
            .chain(names(Sampling::PARAMS))
            .chain(["data_hash", "fold", "folds"])
            .filter_map(said)
            .collect();
        let is_split = ["test", "validation", "fold"].iter().any(|name| data.contains_key(name));
        if is_split && !data.contains_key("data_seed") {
            data.extend(said("seed"));
        }
        let text = serde_json::to_string(&data).expect("text keys and finite numbers");
        Some(Self(row::hash([ValueRef::Text(text.as_bytes())].iter())))
    }
}

/// The checksum of a row.
fn checksum(id: &[u8], document: &str) -> [u8; 16] {
    row::hash([ValueRef::Blob(id), ValueRef::Text(document.as_bytes())].iter())
}

impl Store {
    /// How rows become the inputs of a run's network; `None` where that is not kept.
    ///
    /// # Errors
    /// Of a store that cannot be read, and of a damaged row.
    pub fn preprocessing(&self, description: &Description) -> Result<Option<Preprocessing>, StoreError> {
        let Some(wanted) = DataId::of(description) else { return Ok(None) };
        let mut found = None;
        self.preprocessings_where("WHERE id = ?1", [wanted.0], |_, read| {
            found = Some(read.map_err(|flaw| self.damaged(flaw))?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Hands all that is kept of how rows become inputs to `visit`, or what is wrong with it, in a sentence.
    pub(super) fn preprocessings(
        &self,
        visit: impl FnMut(DataId, Result<Preprocessing, String>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.preprocessings_where("ORDER BY id", [], visit)
    }

    fn preprocessings_where(
        &self,
        clause: &str,
        parameters: impl rusqlite::Params,
        mut visit: impl FnMut(DataId, Result<Preprocessing, String>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        if self.layout == Layout::One || !schema::has_preprocessing(&self.connection).map_err(failed)? {
            return Ok(());
        }
        let mut statement = self.prepare(&format!("SELECT id, checksum, document FROM preprocessing {clause}"))?;
        let mut rows = statement.query(parameters).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let (id, read) = decode(row);
            visit(id, read)?;
        }
        Ok(())
    }

    pub(super) fn put_preprocessing(&self, id: &DataId, preprocessing: &Preprocessing) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        if !schema::has_preprocessing(&self.connection).map_err(failed)? {
            self.run(schema::PREPROCESSING)?;
        }
        let document = serde_json::to_string(preprocessing).expect("texts and finite numbers");
        let sql = "INSERT OR REPLACE INTO preprocessing (id, checksum, document) VALUES (?1, ?2, ?3)";
        let values = (id.0, checksum(&id.0, &document), &document);
        self.prepare(sql)?.execute(values).map(drop).map_err(failed)
    }
}

fn decode(row: &rusqlite::Row) -> (DataId, Result<Preprocessing, String>) {
    let id = row.get_ref(0).ok().and_then(|id| id.as_blob().ok());
    let id = DataId(id.and_then(|id| id.try_into().ok()).unwrap_or_default());
    let read = || {
        let sum = row.get_ref(1).ok()?;
        let document = row.get_ref(2).ok()?.as_str().ok()?;
        (sum.as_blob().ok()? == checksum(&id.0, document)).then_some(())?;
        // A checksum does not say that a tallow wrote it.
        serde_json::from_str(document).ok().filter(Preprocessing::is_sound)
    };
    (id, read().ok_or_else(|| format!("the preprocessing of data {} cannot be read", row::hex(&id.0))))
}
