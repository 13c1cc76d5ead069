//! The answers to experiments of many designs: one seed, two, ties, twenty values, nested axes, cases that not every value ran
//! in, runs that diverge. Each is true, grammatical, and says what would decide.

use std::fs;
use std::path::Path;

use crate::command::{said, tallow};

/// The answer that `tallow compare` prints.
fn answer(folder: &Path, file: &str) -> String {
    let (text, has_question) = (said(folder, &format!("compare {file}")), fs::read_to_string(folder.join(file)));
    let line = usize::from(has_question.expect("a design").contains("question"));
    text.lines().nth(line).unwrap_or_default().to_owned()
}

fn designs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir("tests/designs").expect("designs") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, folder.path().join(path.file_name().expect("a name"))).expect("copies");
    }
    folder
}

#[test]
fn every_design_gets_an_answer_that_says_what_is_shown_and_what_is_not() {
    let folder = designs();
    let mut files: Vec<String> = fs::read_dir(folder.path())
        .expect("designs")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".toml") && name != "missing.toml")
        .collect();
    files.sort();
    let mut answers = String::new();
    for file in files {
        said(folder.path(), &format!("sweep {file} --quiet --no-report"));
        let answer = answer(folder.path(), &file);
        for wrong in ["  ", " ,", " .", "NaN", "–", " : ", "is no "] {
            assert!(!answer.contains(wrong), "{file}: `{wrong}` in {answer}");
        }
        assert!(answer.ends_with('.') && !answer.starts_with(' '), "{file}: {answer}");
        answers += &format!("{file}\n  {}\n", answer.replace(". ", ".\n  "));
    }
    insta::assert_snapshot!(answers);
}

#[test]
fn a_missing_part_of_a_sweep_drops_no_value_from_the_answer() {
    let folder = designs();
    said(folder.path(), "sweep missing.toml --quiet --no-report --max-runs 31");
    let answer = answer(folder.path(), "missing.toml");
    assert!(answer.contains("adam") && answer.contains("sgd"), "{answer}");
}

#[test]
fn the_order_of_values_in_a_file_decides_nothing() {
    let folder = designs();
    let told = ["ceiling_facets.toml", "ceiling_facets2.toml"].map(|file| {
        tallow(folder.path(), &format!("sweep {file} --quiet --no-report")).status().expect("starts");
        let answer = answer(folder.path(), file);
        let best = |name: &str| answer.contains(&format!("{name} is best"));
        ["adam", "rmsprop", "sgd", "adagrad"].map(best)
    });
    assert_eq!(told[0], told[1]);
}
