//! Ctrl-C and its kin: the first asks the work to end, the second ends the process.

use std::sync::Arc;

use super::exit::{Error, Exit, Result};
use super::terminal;
use crate::engine::Stop;
use crate::exec::{self, Event};

/// Hears signals from the moment on in which there is work that can be asked to end.
#[derive(Debug, Default)]
pub(super) struct Interrupt {
    stop: Arc<Stop>,
    hears: bool,
}

impl Interrupt {
    /// Hears signals from now on.
    pub fn heard() -> Result<Self> {
        let mut interrupt = Self::default();
        interrupt.listen()?;
        Ok(interrupt)
    }

    /// What a signal sets.
    pub fn stop(&self) -> Arc<Stop> {
        Arc::clone(&self.stop)
    }

    /// Listens while runs are trained, and does not wait for those that do not end when asked.
    pub fn on(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::SweepStarted { census, .. } if census.new_runs() > 0 => self.listen(),
            Event::Overdue => leave(),
            _ => Ok(()),
        }
    }

    /// From now on a signal ends the process at once: what follows is written whole or not at all.
    pub fn ends_at_once(&self) {
        self.stop.set();
    }

    fn listen(&mut self) -> Result<()> {
        if !self.hears {
            exec::stop_on_signals(self.stop())
                .map_err(|error| Error::failed(format_args!("cannot listen for signals: {error}")))?;
            self.hears = true;
        }
        Ok(())
    }
}

/// Ends the process without waiting for the runs in flight, which have been asked to end.
fn leave() -> ! {
    terminal::say(format_args!(
        "interrupted, without waiting for the runs in training; finished runs are kept, and the same command goes on from there"
    ));
    std::process::exit(Exit::Interrupted as i32);
}
