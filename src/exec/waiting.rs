//! How much of what is trained waits for the consumer. A few outcomes of large networks are more than memory holds, however
//! few messages they are.

use std::sync::{Condvar, Mutex, PoisonError};

use super::Event;

/// Bytes of outcomes that wait at most, unless one message alone has more.
const MOST: usize = 8 << 20;

/// Bytes of outcomes on their way from the workers to the consumer.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    bytes: Mutex<usize>,
    fewer: Condvar,
}

impl Waiting {
    /// Waits until there is room for a message.
    pub fn enter(&self, message: &[Event]) {
        let bytes = bytes(message);
        let mut waiting = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        while *waiting > 0 && waiting.saturating_add(bytes) > MOST {
            waiting = self.fewer.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        *waiting += bytes;
    }

    /// Drops a message that the consumer has dealt with.
    pub fn leave(&self, message: Vec<Event>) {
        let bytes = bytes(&message);
        drop(message);
        let mut waiting = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = waiting.saturating_sub(bytes);
        self.fewer.notify_all();
    }

    /// Lets everyone in: the consumer is gone, and what is sent to it is dropped.
    pub fn end(&self) {
        *self.bytes.lock().unwrap_or_else(PoisonError::into_inner) = 0;
        self.fewer.notify_all();
    }
}

fn bytes(message: &[Event]) -> usize {
    let outcome = |event: &Event| if let Event::Finished { outcome, .. } = event { outcome.bytes() } else { 0 };
    message.iter().map(outcome).sum()
}
