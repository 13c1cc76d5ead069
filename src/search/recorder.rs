//! The recorder: keeps in the store what the events of a sweep tell.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::Retrain;
use crate::exec::Event;
use crate::plan::RunId;
use crate::store::{DataId, Failed, Provenance, Record, Store, StoreError, Writer};

/// The store of a sweep. It is read until there is something to train, and then opened to write, once.
#[derive(Debug)]
pub struct Recorder {
    access: Access,
    /// Told to those who want to write meanwhile.
    purpose: String,
    retrain: Retrain,
    here: Provenance,
    /// The data of which it is kept how their rows become inputs.
    known: BTreeSet<DataId>,
}

#[derive(Debug)]
enum Access {
    Read(Store),
    Write(Writer),
}

impl Recorder {
    /// Keeps outcomes where `store` is, as trained `here`. `store` may be open to write already.
    pub fn new(store: Store, purpose: String, retrain: Retrain, here: Provenance) -> Self {
        let access = if store.is_writable() { Access::Write(writer(store, retrain)) } else { Access::Read(store) };
        Self { access, purpose, retrain, here, known: BTreeSet::new() }
    }

    /// What is stored and committed.
    pub fn store(&self) -> &Store {
        match &self.access {
            Access::Read(store) => store,
            Access::Write(writer) => writer.store(),
        }
    }

    /// Which of the stored runs are trained again; their outcomes are replaced.
    pub fn retrain(&self) -> Retrain {
        self.retrain
    }

    /// Takes what happened. An outcome is kept with those that come soon after it, and all of them before a sweep ends.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn on(&mut self, event: &Event) -> Result<(), StoreError> {
        if let Event::SweepStarted { census, .. } = event
            && census.new_runs() > 0
        {
            return self.begin();
        }
        let Access::Write(writer) = &mut self.access else { return Ok(()) };
        match event {
            Event::SweepStarted { .. } | Event::FewerThreads(_) | Event::Started(_) => Ok(()),
            Event::Idle => writer.tick(),
            Event::Overdue | Event::SweepEnded(_) => writer.flush(),
            Event::Finished { run, outcome, started, seconds } => {
                let source = run.config.dataset.origin();
                let here = self.here.clone();
                let provenance = Provenance { source, started: *started, seconds: *seconds, ..here };
                let (description, outcome) = (run.description.clone(), outcome.clone());
                // What it was trained by can be had again; where not, `predict` says what it lacks.
                if let Some(id) = DataId::of(&description).filter(|id| self.known.insert(*id))
                    && let Ok(preprocessing) = run.config.dataset.preprocessing(run.config.seed)
                {
                    writer.push_preprocessing(id, preprocessing);
                }
                writer.push(Record { id: run.id, description, outcome, provenance })
            }
            Event::Failed { run, message, .. } => {
                let (description, message) = (run.description.clone(), message.clone());
                writer.push_failed(Failed { id: run.id, description, message, at: SystemTime::now() })
            }
        }
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        if let Access::Read(store) = &self.access {
            let store = Store::open(store.path(), &self.purpose)?;
            self.access = Access::Write(writer(store, self.retrain));
        }
        Ok(())
    }

    /// Lets others write. Hands the store back to be read, with the runs of which other bits were stored.
    ///
    /// # Errors
    /// If what is left cannot be written, or the store not be read.
    pub fn finish(self) -> Result<(Store, Vec<RunId>), StoreError> {
        match self.access {
            Access::Read(store) => Ok((store, Vec::new())),
            Access::Write(writer) => {
                let (store, changed) = writer.finish()?;
                let path = store.path().to_owned();
                drop(store);
                Ok((Store::read(&path)?, changed))
            }
        }
    }
}

fn writer(store: Store, retrain: Retrain) -> Writer {
    match retrain {
        Retrain::Nothing => Writer::new(store),
        Retrain::Diverged | Retrain::All => Writer::replacing(store),
    }
}
