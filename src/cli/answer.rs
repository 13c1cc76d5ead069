//! What an experiment says, in a few lines of text.

use super::terminal;
use crate::analysis::Analysis;
use crate::report::comparison;
use crate::text;

/// Findings told in full.
const TOLD: usize = 12;

/// Question, answer, comparison and findings.
pub(super) fn summary(analysis: &Analysis) -> String {
    let mut lines = String::new();
    if let Some(question) = &analysis.question {
        lines += &format!("{}\n", terminal::bold(&text::plain(question)));
    }
    lines += &format!("{}\n\n", text::plain(&analysis.answer()));
    lines += &comparison::comparison(analysis).aligned();
    lines + &findings(analysis)
}

/// What the audit found, one line each.
pub(super) fn findings(analysis: &Analysis) -> String {
    let mut lines = String::new();
    for (i, finding) in analysis.findings.iter().take(TOLD).enumerate() {
        let sign = if finding.warning { "!" } else { "·" };
        let gap = if i == 0 { "\n" } else { "" };
        lines += &format!("{gap}{sign} {}\n", text::plain(&finding.text));
    }
    match analysis.findings.len().saturating_sub(TOLD) {
        0 => lines,
        more => lines + &format!("· {more} more findings in the report\n"),
    }
}
