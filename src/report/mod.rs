//! A report: tables, figures and pages as bytes in memory, a pure function of an analysis, then files.

pub mod comparison;
pub mod draw;
pub mod figure;
mod folder;
mod html;
mod index;
mod markdown;
mod parquet;
pub mod plots;
mod provenance;
pub mod table;
pub mod tables;

pub use folder::{LIST, WriteError, check, is_of_other_runs, write};
pub use index::{INDEX, check_index, write_index};
pub use markdown::summary;

use crate::parallel;

use crate::analysis::Analysis;

/// A file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it goes, below the report's folder, with forward slashes: `plots/curves.svg`.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl File {
    /// A file of a report.
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into() }
    }
}

/// Every file of the report. Plots are drawn side by side, on as many threads as the machine has cores, while the tables and
/// the page are written.
pub fn build(analysis: &Analysis) -> Vec<File> {
    let csv = |table: &table::Table, folder: &str| File::new(format!("{folder}{}.csv", table.name), table.csv());
    let (mut files, plots) = parallel::both(
        || -> Vec<File> { tables::shown(analysis).iter().map(|table| csv(table, "")).collect() },
        || plots::all(analysis),
    );
    let drawn = |draw: fn(&figure::Plot) -> Vec<u8>| parallel::map(&plots, draw);
    let svgs = drawn(|plot| draw::svg(&plot.figure).into_bytes());
    let pictures: Vec<(String, String)> = (plots.iter().zip(&svgs))
        .map(|(plot, svg)| (plot.figure.title.clone(), String::from_utf8_lossy(svg).into_owned()))
        .collect();
    let written = || {
        let tables = files.iter().map(|file| file.path.clone());
        let pictured = plots.iter().map(|plot| format!("plots/{}.svg", plot.name()));
        let readme = std::iter::once("README.md".to_owned());
        let page = html::html(analysis, &pictures, readme.chain(tables).chain(pictured).collect());
        let data = |plot: &figure::Plot| {
            let tables = plot.tables.iter().filter(|table| table.len() <= tables::ROWS);
            tables.map(|table| csv(table, "plots/")).collect()
        };
        (page, plots.iter().map(data).collect::<Vec<Vec<File>>>())
    };
    let ((page, data), pngs) = parallel::both(written, || drawn(|plot| draw::png(&plot.figure)));
    let mut titles = Vec::new();
    for (((plot, data), svg), png) in plots.iter().zip(data).zip(svgs).zip(pngs) {
        let name = plot.name();
        files.push(File::new(format!("plots/{name}.png"), png));
        files.extend(data);
        titles.push((name.to_owned(), plot.figure.title.clone()));
        files.push(File::new(format!("plots/{name}.svg"), svg));
    }
    files.push(File::new("index.html", page));
    files.push(File::new("README.md", markdown::markdown(analysis, &titles, &files)));
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::sample;

    /// A file's name with short hashes of its lines, where it is text.
    fn lines_of(file: &File) -> String {
        let text = std::str::from_utf8(&file.bytes).unwrap_or_default();
        let hashes = text.lines().map(|line| blake3::hash(line.as_bytes()).to_hex()[..4].to_owned());
        format!("{} {}", file.path, hashes.collect::<String>())
    }

    /// Where a file differs from what was recorded of its lines.
    fn first_difference(file: &File, recorded: &str) -> String {
        let Ok(text) = std::str::from_utf8(&file.bytes) else { return "which is not text".to_owned() };
        let ours = lines_of(file);
        let known = recorded.lines().find_map(|line| line.strip_prefix(&format!("{} ", file.path))).unwrap_or_default();
        let hashes = |all: &str| all.as_bytes().chunks(4).map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (ours, known) = (hashes(&ours[file.path.len() + 1..]), hashes(known));
        let same = ours.iter().zip(&known).take_while(|(ours, known)| ours == known).count();
        let line = text.lines().nth(same).unwrap_or("the end of the file");
        format!("{} lines, {} recorded; the first that differs is line {}: {line}", ours.len(), known.len(), same + 1)
    }

    /// The bytes are recorded, so that debug and release builds, today's and tomorrow's, are held to the same. With
    /// `TALLOW_BLESS` the lines are recorded, by which a difference is found.
    #[test]
    fn every_table_and_plot_of_a_small_experiment_has_the_recorded_bytes() {
        const LINES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/snapshots/lines.txt");
        let mut files = build(&sample::analysis());
        files.retain(|file| !["README.md", "index.html"].contains(&file.path.as_str()));
        let hash = |file: &File| format!("{} {}", &blake3::hash(&file.bytes).to_hex()[..16], file.path);
        let recorded = files.iter().map(hash).collect::<Vec<_>>().join("\n");
        if std::env::var_os("TALLOW_BLESS").is_some() {
            let lines: Vec<String> = files.iter().map(|file| lines_of(file) + "\n").collect();
            std::fs::write(LINES, lines.concat()).expect("written");
        }
        let lines = std::fs::read_to_string(LINES).expect("recorded");
        let expected = include_str!(
            "snapshots/tallow__report__tests__every_table_and_plot_of_a_small_experiment_has_the_recorded_bytes.snap"
        );
        for file in files.iter().filter(|file| !expected.contains(&hash(file))) {
            println!("{} differs: {}", file.path, first_difference(file, &lines));
        }
        for file in &files {
            assert!(lines.contains(&(lines_of(file) + "\n")) || !expected.contains(&hash(file)), "{LINES} is old");
        }
        insta::assert_snapshot!(recorded);
    }

    #[test]
    fn the_first_line_that_differs_is_found() {
        let file = |text: &str| File::new("a.csv", text.to_owned());
        let recorded = lines_of(&file("x,y\n1,2\n3,4\n"));
        let told = first_difference(&file("x,y\n1,5\n3,4\n"), &recorded);
        assert_eq!(told, "3 lines, 3 recorded; the first that differs is line 2: 1,5");
        let told = first_difference(&file("x,y\n1,2\n"), &recorded);
        assert_eq!(told, "2 lines, 3 recorded; the first that differs is line 3: the end of the file");
    }

    #[test]
    fn a_plot_is_drawn_as_recorded() {
        let plots = plots::all(&sample::analysis());
        let profile = plots.iter().find(|plot| plot.name() == "profile").expect("a profile");
        insta::assert_snapshot!(draw::svg(&profile.figure));
    }

    #[test]
    fn plots_are_the_same_on_any_number_of_threads() {
        let plots = plots::all(&sample::analysis());
        let alone: Vec<Vec<u8>> = plots.iter().map(|plot| draw::png(&plot.figure)).collect();
        assert!(parallel::map(&plots, |plot| draw::png(&plot.figure)) == alone);
    }

    #[test]
    fn the_readme_and_the_summary_say_the_same() {
        let analysis = sample::analysis();
        let files = build(&analysis);
        let readme = files.iter().find(|file| file.path == "README.md").expect("a page");
        let readme = String::from_utf8(readme.bytes.clone()).expect("text");
        let summary = summary(&analysis);
        assert!(!summary.contains("]("), "a job's summary has nothing beside it to link to");
        for paragraph in summary.split("\n\n") {
            assert!(readme.contains(paragraph.trim_end()), "{paragraph}");
        }
        for link in readme.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            assert!(link == "index.html" || files.iter().any(|file| file.path == link), "{link} is in the report");
        }
    }
}
