//! Results to stdout, talk to stderr, colour only where it is wanted.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use crate::analysis::Statement;
use crate::text;

/// Errors told in full.
const TOLD: usize = 20;

/// Writes a result to stdout as it is. If nobody reads it any more, as after `| head`, that is not an error: what a command has
/// found or done, and so its exit code, is the same.
pub(super) fn print(text: impl AsRef<[u8]>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_ref()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints a line on stderr. If nobody reads it, that is not an error.
pub(super) fn say(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Says a warning on stderr.
pub(super) fn warn(line: impl Display) {
    say(format_args!("{}: {line}", yellow("warning")));
}

/// What was understood of a file, under its label.
pub(super) fn statement(label: &str, statement: &Statement) -> String {
    format!("{}\n{}", text::plain(label), text::plain_lines(&statement.to_string()))
}

/// A path as it is told: whatever its name holds, it moves no cursor.
pub(super) fn path(path: &Path) -> String {
    text::plain(&path.display().to_string())
}

/// Says errors on stderr, the first of many in full.
pub(super) fn errors(errors: impl ExactSizeIterator<Item = impl Display>) {
    let more = errors.len().saturating_sub(TOLD);
    errors.take(TOLD).for_each(|error| say(format_args!("{}: {error}", red("error"))));
    if more > 0 {
        say(format_args!("… and {more} more"));
    }
}

/// Whether stderr may be coloured.
pub(super) fn error_has_colour() -> bool {
    has_colour(io::stderr().is_terminal())
}

/// Whether stdout may be coloured.
pub(super) fn output_has_colour() -> bool {
    has_colour(io::stdout().is_terminal())
}

/// A terminal that is not a dumb one, or anything with `CLICOLOR_FORCE`; never with `NO_COLOR`.
fn has_colour(terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let able = terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    !set("NO_COLOR") && (able || set("CLICOLOR_FORCE"))
}

/// A word for stderr in red, where colour is wanted.
pub(super) fn red(word: &str) -> String {
    if error_has_colour() { format!("\x1b[1;31m{word}\x1b[0m") } else { word.to_owned() }
}

/// A word for stderr in yellow, where colour is wanted.
fn yellow(word: &str) -> String {
    if error_has_colour() { format!("\x1b[1;33m{word}\x1b[0m") } else { word.to_owned() }
}

/// How words on stdout are shown, where colour is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    /// A heading.
    Bold = 1,
    /// The best.
    Green = 32,
    /// A warning.
    Yellow = 33,
}

/// Words for stdout, in their look where colour is wanted.
pub(super) fn shown(look: Look, words: &str) -> String {
    if output_has_colour() { format!("\x1b[{}m{words}\x1b[0m", look as u8) } else { words.to_owned() }
}

/// Words for stdout in bold, where colour is wanted.
pub(super) fn bold(words: &str) -> String {
    shown(Look::Bold, words)
}
