//! What is wrong with a text of the user's: each problem with its place, all of them told at once.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// A text that problems can point into: an experiment file, or an override from the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What to call it: the file as the user typed it, or `--set`.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// A place: bytes of one of the sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which source.
    pub source: usize,
    /// Which bytes.
    pub range: Range<usize>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing can be run.
    Error,
    /// Worth knowing.
    Warning,
}

/// One problem: what was found, where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in lower case without a full stop.
    pub message: String,
    /// Where, if it has a place.
    pub span: Option<Span>,
    /// A few words under the place.
    pub label: String,
    /// What to do, or what is allowed.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(message: impl Into<String>, span: &Span) -> Self {
        let (message, span) = (message.into(), Some(span.clone()));
        Self { severity: Severity::Error, message, span, label: String::new(), help: None }
    }

    /// An error of the whole text.
    pub fn anywhere(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { severity: Severity::Error, message, span: None, label: String::new(), help: None }
    }

    /// With words under the place.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// With what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// As a warning.
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// As people read it: message, file, line, column, the text underlined, help.
    pub fn render(&self, sources: &[Source], colour: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let message = crate::text::plain(&self.message);
        let label = crate::text::plain(&self.label);
        let mut group = level.primary_title(message).elements(None::<annotate_snippets::Element<'_>>);
        let source = self.span.as_ref().and_then(|span| Some((span, sources.get(span.source)?)));
        if let Some((span, source)) = source {
            let range = within(&source.text, &span.range);
            let mut annotation = AnnotationKind::Primary.span(range);
            if !label.is_empty() {
                annotation = annotation.label(label);
            }
            let text = crate::text::masked(&source.text);
            group = group.element(Snippet::source(text).path(crate::text::plain(&source.name)).annotation(annotation));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(crate::text::plain(help)));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

/// A range that lies in the text on whole characters, so that nothing a parser reports can make rendering fail.
fn within(text: &str, range: &Range<usize>) -> Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(range.start);
    start..floor(range.end).max(start)
}

/// Problems told in full: who made more will not read them at once.
const TOLD: usize = 50;

/// All that is wrong with some texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// The texts that the problems point into.
    pub sources: Vec<Source>,
    /// The problems, in the order of the texts.
    pub items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// One problem of no text at all, such as a missing file.
    pub fn one(diagnostic: Diagnostic) -> Self {
        Self { sources: Vec::new(), items: vec![diagnostic] }
    }

    /// As people read them, one after the other.
    pub fn render(&self, colour: bool) -> String {
        let items = self.items.iter().take(TOLD).map(|item| item.render(&self.sources, colour));
        let mut told: Vec<String> = items.collect();
        if self.items.len() > TOLD {
            told.push(format!("… and {} more", self.items.len() - TOLD));
        }
        told.join("\n\n")
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
