//! `README.md` of a report: the answer as GitHub shows it, with tables and plots, without clock or host.

use super::table::Table;
use super::{File, comparison, provenance};
use crate::analysis::{Analysis, Role, Statement};
use crate::text::{self, markup};

/// Findings, and rows of the tables of comparisons, that a README shows.
const FINDINGS: usize = 5;
const ROWS: usize = 6;

/// The report as Markdown. `plots` are the figures in the report, each with its title; `files` all that lies beside it.
pub fn markdown(analysis: &Analysis, plots: &[(String, String)], files: &[File]) -> String {
    let mut figures = plots.iter().map(|(name, title)| {
        let behind = format!("plots/{name}-data.csv");
        let linked = |word: &str, path: &str| match files.iter().any(|file| file.path == path) {
            true => format!("[{word}]({path})"),
            false => String::new(),
        };
        let links = [linked("Data", &format!("plots/{name}.csv")), linked("points", &behind)];
        let links: Vec<String> = links.into_iter().filter(|link| !link.is_empty()).collect();
        let links = if links.is_empty() { String::new() } else { format!("\n{}\n", links.join(" · ")) };
        format!("\n![{}](plots/{name}.svg)\n{links}", inline(title))
    });
    let mut page = answer(analysis) + &figures.next().unwrap_or_default() + &evidence(analysis);
    let rest: String = figures.collect();
    if !rest.is_empty() {
        page += &format!("\n## Plots\n{rest}");
    }
    page += &run(analysis);
    let listed = files.iter().filter(|file| file.path.ends_with(".csv") && !file.path.contains('/'));
    let links: Vec<String> = listed.map(|file| format!("[`{0}`]({0})", file.path)).collect();
    page += &format!(
        "\nTables: {}, and that of each plot; `tallow export --table paired` and others. [`index.html`](index.html) is the same, to \
         explore.\n",
        links.join(", ")
    );
    page
}

/// The answer with its tables alone, for where nothing lies beside it: the summary of a CI job.
pub fn summary(analysis: &Analysis) -> String {
    answer(analysis) + &evidence(analysis) + &run(analysis)
}

fn run(analysis: &Analysis) -> String {
    understood(analysis)
        + &format!("\n## What was run\n\n{}\n\n{}.\n", inline(&grid(analysis)), inline(&provenance::of(analysis)))
}

/// What was understood of the user's files; nothing where there are none.
fn understood(analysis: &Analysis) -> String {
    let section = |(label, Statement { facts, notes }): &(String, Statement)| {
        let facts: String = facts.iter().map(|(word, said)| format!("| {word} | {} |\n", inline(said))).collect();
        let notes: String = notes.iter().map(|note| format!("- {}\n", inline(note))).collect();
        let notes = if notes.is_empty() { notes } else { format!("\n{notes}") };
        format!("\n## Data: {}\n\n| | |\n|---|---|\n{facts}{notes}", inline(label))
    };
    analysis.files().iter().map(section).collect()
}

/// Question and answer.
fn answer(analysis: &Analysis) -> String {
    let question = analysis.question.as_deref().unwrap_or(&analysis.name);
    format!("# {}\n\n**{}**\n", inline(question), inline(&analysis.answer()))
}

/// Findings and tables; what is long is folded, and cut to its first rows.
fn evidence(analysis: &Analysis) -> String {
    let cautions = analysis.findings.iter().filter(|finding| finding.warning);
    let notes = analysis.findings.iter().filter(|finding| !finding.warning);
    let mut page = String::new();
    for finding in cautions.chain(notes).take(FINDINGS) {
        let mark = if finding.warning { "⚠️ " } else { "" };
        page += &format!("\n- {mark}{}", inline(&finding.text));
        if let Some(edit) = &finding.edit {
            page += &format!(" — `{}`", edit.replace('`', "'").replace('\n', " "));
        }
    }
    match analysis.findings.len().saturating_sub(FINDINGS) {
        0 if page.is_empty() => {}
        0 => page += "\n",
        more => page += &format!("\n- {more} more in findings.csv\n"),
    }
    page += &checks(analysis);
    let overall = comparison::overall(analysis);
    if !overall.is_empty() {
        page += &format!("\n## Over all cases\n\n{}", overall.first(ROWS).markdown());
    }
    let table = comparison::comparison(analysis);
    let shown = first(&table, "comparison.csv");
    // Case by case it is long, and what stands above answers the question.
    page += &match overall.is_empty() {
        true => format!("\n## Comparison\n\n{shown}"),
        false => format!("\n<details><summary>Case by case</summary>\n\n{shown}\n</details>\n"),
    };
    page += &format!("\n{}\n", inline(&comparison::note(analysis)));
    page
}

/// The checks of the file, those that do not hold first; nothing where there are none.
fn checks(analysis: &Analysis) -> String {
    let mut checks = analysis.checks();
    if checks.is_empty() {
        return String::new();
    }
    checks.sort_by_key(crate::analysis::Check::holds);
    let held = checks.iter().filter(|check| check.holds()).count();
    let mut section = format!("\n## Checks\n\n{held} of {} hold.\n", checks.len());
    for check in checks.iter().take(FINDINGS) {
        let mark = if check.holds() { "✓" } else { "✗" };
        section += &format!("\n- {mark} {}", inline(&analysis.check_told(check)));
    }
    match checks.len().saturating_sub(FINDINGS) {
        0 => section + "\n",
        more => section + &format!("\n- {more} more in checks.csv\n"),
    }
}

/// A table's first rows, with where the others are.
fn first(table: &Table, others: &str) -> String {
    let more = match table.len().saturating_sub(ROWS) {
        0 => String::new(),
        more => format!("\n{more} more rows are in {others}.\n"),
    };
    table.first(ROWS).markdown() + &more
}

/// What varies and what does not, in words.
fn grid(analysis: &Analysis) -> String {
    let axis = |place: usize| {
        let axis = &analysis.axes[place];
        let values: Vec<String> = (0..axis.values.len().min(12)).map(|level| axis.label(Some(level))).collect();
        let more = if axis.values.len() > 12 { ", …" } else { "" };
        let role = match analysis.roles.of(place) {
            Role::Compare => " (compared)",
            Role::Tune => " (tuned)",
            Role::Facet => " (told apart)",
        };
        format!("{}{role}: {}{more}", axis.key, values.join(", "))
    };
    let mut words =
        format!("{} over {}.", text::count(analysis.rows.len(), "run"), analysis.replicates(analysis.seeds.len()));
    for place in 0..analysis.axes.len() {
        words += &format!(" {}.", axis(place));
    }
    let fixed = super::html::fixed(analysis);
    let fixed: Vec<String> =
        fixed.iter().map(|(key, value)| format!("{key} {}", value.as_str().unwrap_or_default())).collect();
    words + &format!(" The same for all: {}.", fixed.join(", "))
}

/// Text that Markdown shows as it is, on one line.
fn inline(text: &str) -> String {
    let mut shown = String::new();
    for c in markup(&text::plain(text)).chars() {
        if "\\`*_[]|~".contains(c) {
            shown.push('\\');
        }
        shown.push(c);
    }
    shown
}
