//! What the README and the documentation say to type works, and what they say of the project is so.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tallow::diag::Source;
use tallow::plan::Plan;
use tallow::spec::Experiment;

use crate::command::program;

/// The fenced blocks of a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(page).expect("a page");
    let fence = format!("```{language}\n");
    let block = |rest: &str| rest.split("\n```").next().unwrap_or_default().to_owned();
    text.split(&fence).skip(1).map(block).collect()
}

/// The pages that show commands or experiment files.
fn pages() -> Vec<PathBuf> {
    let docs = std::fs::read_dir("docs").expect("a folder").map(|entry| entry.expect("an entry").path());
    let pages = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.chain([PathBuf::from("README.md")]).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("creates");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).expect("copies");
        }
    }
}

/// Types a line as a shell would take it, `tallow` being the one under test.
fn type_in(line: &str, folder: &Path) -> Output {
    let program = program();
    let path = std::env::join_paths([Path::new(&program).parent().expect("a folder")]).expect("a path");
    Command::new("/bin/sh").args(["-c", line]).current_dir(folder).env("PATH", path).output().expect("runs")
}

#[test]
#[cfg(unix)]
fn every_command_shown_works() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(Path::new("experiments"), &folder.path().join("experiments"));
    let mut typed = 0;
    for line in
        blocks("README.md", "sh").iter().chain(&blocks("docs/experiment-files.md", "sh")).flat_map(|b| b.lines())
    {
        let line = match line.strip_prefix("cargo run --release -- ") {
            Some(arguments) => format!("tallow {arguments}"),
            // The command that runs this very test.
            None if line == "cargo test --release" => continue,
            None => line.to_owned(),
        };
        assert!(line.starts_with("tallow "), "an example of something else: {line}");
        let output = type_in(&line, folder.path());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}\n{stderr}");
        typed += 1;
    }
    assert!(typed >= 10, "{typed} commands");
    assert!(folder.path().join("reports/xor/index.html").exists());
}

#[test]
fn every_experiment_file_shown_is_one() {
    let mut read = 0;
    for page in pages() {
        for text in blocks(&page.to_string_lossy(), "toml") {
            // A file of the reader's own, which is not there.
            if text.contains("iris.csv") {
                continue;
            }
            let source = Source { name: page.display().to_string(), text: text.clone() };
            let experiment = Experiment::parse(source, "example", Path::new(""), &[]);
            let experiment = experiment.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
            assert!(experiment.warnings.items.is_empty(), "{}", experiment.warnings.render(false));
            assert!(!Plan::new(&experiment).expect("a plan").is_empty(), "{text}");
            read += 1;
        }
    }
    assert!(read >= 7, "{read} files");
}

#[test]
fn the_csv_example_reads_a_file_of_that_shape() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("data")).expect("creates");
    let rows: String =
        (0..30).map(|i| format!("{}.5,{},{}\n", i, i * i, ["setosa", "virginica", "versicolor"][i % 3])).collect();
    std::fs::write(folder.path().join("data/iris.csv"), format!("length,width,species\n{rows}")).expect("writes");
    let text = blocks("docs/experiment-files.md", "toml").into_iter().find(|text| text.contains("iris.csv"));
    let text = text.expect("an example") + "\nbatch_size = 8\n";
    let source = Source { name: "example".into(), text };
    let experiment = Experiment::parse(source, "example", folder.path(), &[]);
    let experiment = experiment.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    assert_eq!(Plan::new(&experiment).expect("a plan").run(0).config.units(), [2, 64, 3]);
}

#[test]
fn every_link_leads_somewhere() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !target.contains("://") && !target.starts_with('#') {
                let path = page.parent().expect("a folder").join(target.split('#').next().expect("a path"));
                assert!(path.exists(), "{} links to {}", page.display(), path.display());
            }
        }
    }
}

#[test]
fn the_readme_says_how_many_networks_its_example_trains() {
    let experiment = Experiment::load(Path::new("experiments/xor.toml"), &[]).expect("a good file");
    let said = format!("the {} networks of [experiments/xor.toml]", Plan::new(&experiment).expect("a plan").len());
    assert!(std::fs::read_to_string("README.md").expect("a page").contains(&said), "{said}");
}
