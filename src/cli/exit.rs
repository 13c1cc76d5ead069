//! How a command ends: its exit code, and the one place where an error becomes words.

use std::fmt::Display;
use std::io;

use super::terminal;
use crate::dataset::DataError;
use crate::diag::Diagnostics;
use crate::engine::DeviceError;
use crate::report::WriteError;
use crate::store::StoreError;
use crate::text;

/// The exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All that was asked is done.
    Done = 0,
    /// Some runs failed, a check found a difference, or the disk did.
    Failed = 1,
    /// The request was wrong; nothing was made or changed.
    Refused = 2,
    /// Ctrl-C, SIGTERM or SIGHUP; what was finished is kept.
    Interrupted = 130,
}

/// Why a command could not do what was asked.
#[derive(Debug)]
pub(super) enum Error {
    /// Places in the user's text.
    Input(Diagnostics),
    /// Anything else: a message, what to do, and the code.
    Told {
        /// In lower case, without a full stop.
        message: String,
        /// What to do.
        help: Option<String>,
        /// The code.
        exit: Exit,
    },
}

pub(super) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A request that cannot be met.
    pub fn refused(message: impl Display) -> Self {
        Self::Told { message: message.to_string(), help: None, exit: Exit::Refused }
    }

    /// Work that failed.
    pub fn failed(message: impl Display) -> Self {
        Self::Told { message: message.to_string(), help: None, exit: Exit::Failed }
    }

    /// With what to do.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        if let Self::Told { help, .. } = &mut self {
            *help = Some(text.into());
        }
        self
    }

    /// Tells it on stderr; the code that goes with it.
    pub fn tell(self) -> Exit {
        match self {
            Self::Input(diagnostics) => {
                terminal::say(diagnostics.render(terminal::error_has_colour()));
                Exit::Refused
            }
            Self::Told { message, help, exit } => {
                let plain = |words: &str| words.lines().map(text::plain).collect::<Vec<_>>().join("\n");
                terminal::say(format_args!("{}: {}", terminal::red("error"), plain(&message)));
                if let Some(help) = help {
                    terminal::say(format_args!("help: {}", plain(&help)));
                }
                exit
            }
        }
    }
}

impl From<Diagnostics> for Error {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Input(diagnostics)
    }
}

/// For results on stdout only.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::failed(format_args!("cannot write the result: {error}"))
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(_)
            | StoreError::Full { .. }
            | StoreError::Gone { .. }
            | StoreError::Io { .. }
            | StoreError::Sqlite { .. } => Self::failed(error),
            _ => Self::refused(error),
        }
    }
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        Self::failed(error)
    }
}

impl From<DeviceError> for Error {
    fn from(error: DeviceError) -> Self {
        Self::refused(error)
    }
}

impl From<DataError> for Error {
    fn from(error: DataError) -> Self {
        Self::refused(error)
    }
}
