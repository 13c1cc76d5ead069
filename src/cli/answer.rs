//! What an experiment says, in a few lines of text.

use super::terminal::{self, Look};
use crate::analysis::Analysis;
use crate::report::comparison;
use crate::report::table::Table;
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
    lines += &ranked(analysis, &comparison::comparison(analysis));
    lines + &findings(analysis)
}

/// A table of all facets' rankings in aligned columns, the best of each facet in colour.
pub(super) fn ranked(analysis: &Analysis, table: &Table) -> String {
    let places = (0..analysis.facets.len()).flat_map(|facet| 0..analysis.ranking(facet).len());
    let looks = places.map(|place| (place == 0).then_some(Look::Green));
    let looks = std::iter::once(Some(Look::Bold)).chain(looks);
    let line = |(line, look): (&str, Option<Look>)| match look {
        Some(look) => terminal::shown(look, line) + "\n",
        None => format!("{line}\n"),
    };
    table.aligned().lines().zip(looks.chain(std::iter::repeat(None))).map(line).collect()
}

/// What the audit found, one line each.
pub(super) fn findings(analysis: &Analysis) -> String {
    let mut lines = String::new();
    for (i, finding) in analysis.findings.iter().take(TOLD).enumerate() {
        let sign = if finding.warning { "!" } else { "·" };
        let gap = if i == 0 { "\n" } else { "" };
        let line = format!("{sign} {}", text::plain(&finding.text));
        let line = if finding.warning { terminal::shown(Look::Yellow, &line) } else { line };
        lines += &format!("{gap}{line}\n");
    }
    match analysis.findings.len().saturating_sub(TOLD) {
        0 => lines,
        more => lines + &format!("· {more} more findings in the report\n"),
    }
}
