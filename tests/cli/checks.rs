//! What `verify` and `report --check` find, and what becomes of a report that cannot be written.
#![cfg(unix)]

use std::path::{Path, PathBuf};

use crate::command::{end, files, limited, said, told};
use tallow::engine::Outcome;
use tallow::plan::RunId;
use tallow::store::{Record, Store, StoreError};

const SMALL: &str = "\
seeds = 4
[train]
dataset = 'xor'
hidden = [3]
points = 100
epochs = 10
batch_size = 25
[grid]
learning_rate = [0.01, 0.1]
";

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("small.toml"), SMALL).expect("writes");
    folder
}

fn store(folder: &Path) -> PathBuf {
    folder.join(".tallow/store.db")
}

/// Changes the outcome of one stored run; the store stays sound.
fn alter(folder: &Path, change: impl FnOnce(&mut Outcome)) -> RunId {
    let mut records: Vec<Record> = Vec::new();
    let mut store = Store::open(&store(folder), "test").expect("opens");
    let visited = store.visit(|record| {
        records.push(record);
        Ok::<_, StoreError>(())
    });
    visited.expect("sound rows");
    let mut record = records.swap_remove(3);
    change(&mut record.outcome);
    store.remove(&[record.id]).and_then(|_| store.append(std::slice::from_ref(&record))).expect("stores");
    record.id
}

#[test]
fn verify_names_the_first_entry_that_differs_and_its_step() {
    let folder = project();
    said(folder.path(), "sweep small.toml --no-report");
    assert!(said(folder.path(), "verify small.toml --all").contains("8 equal to the bit, 0 differ"));

    let id = alter(folder.path(), |outcome| outcome.layers[1].bias[0] += 1.0);
    let (code, stdout, _) = told(folder.path(), "verify small.toml --all");
    assert_eq!(code, Some(1), "{stdout}");
    // Ten epochs of four batches.
    assert!(stdout.contains(&format!("{id} differs: bias 1 of layer 2, after step 40, is ")), "{stdout}");
    assert!(stdout.contains("7 equal to the bit, 1 differ"), "{stdout}");
    assert!(stdout.contains("verified so far: 7 of 8 stored runs (87.5 %)"), "{stdout}");

    let id = alter(folder.path(), |outcome| {
        outcome.series.get_mut("loss_mean").expect("a series")[2] =
            f32::from_bits(outcome.series["loss_mean"][2].to_bits() ^ 1);
        outcome.series.get_mut("loss_last").expect("a series")[6] = 7.0;
    });
    let (code, stdout, _) = told(folder.path(), &format!("verify {id}"));
    assert_eq!(code, Some(1), "{stdout}");
    assert!(stdout.contains("mean loss of epoch 3, after step 12, is 0."), "{stdout}");
    assert!(said(folder.path(), "store check").contains("sound, 8 runs"), "what verify finds no checksum does");
}

#[test]
fn samples_of_verify_rotate_until_every_run_is_covered() {
    let folder = project();
    said(folder.path(), "sweep small.toml --no-report");
    let sample = || said(folder.path(), "verify small.toml --sample 3");
    for covered in
        ["3 of 8 stored runs (37.5 %)", "6 of 8 stored runs (75 %)", "all 8 stored runs", "3 of 8 stored runs"]
    {
        let told = sample();
        assert!(told.contains("3 of 8 stored runs trained again: 3 equal"), "{told}");
        assert!(told.contains(&format!("verified so far: {covered}")), "{told}");
    }
    // What another version or another machine has found does not count, and neither does a damaged line.
    let known = folder.path().join(".tallow/store.db-verified");
    let text = std::fs::read_to_string(&known).expect("reads");
    std::fs::write(&known, format!("{}damaged\n", text.replacen("tallow", "another", 1))).expect("writes");
    assert!(sample().contains("verified so far: 3 of 8"));
    std::fs::write(&known, std::fs::read_to_string(&known).expect("reads") + "damaged\n").expect("writes");
    assert!(sample().contains("verified so far: 6 of 8"));
    assert!(said(folder.path(), "verify small.toml --all").contains("verified so far: all 8"));
    // A run of its own has no round.
    let id =
        said(folder.path(), "plan small.toml --list --format csv").lines().nth(1).map(|line| line[..16].to_owned());
    let one = said(folder.path(), &format!("verify {}", id.expect("a run")));
    assert!(one.contains("1 of 1 stored runs trained again") && !one.contains("so far"), "{one}");
}

#[test]
fn verify_of_candle_runs_states_the_tolerance_and_keeps_to_it() {
    let folder = project();
    let sweep = |command: &str| format!("{command} small.toml --set lib=candle-nn");
    said(folder.path(), &format!("{} --no-report", sweep("sweep")));
    let scale = |by: f32| {
        alter(folder.path(), |outcome| {
            let largest = outcome.layers[0].weight.iter_mut().max_by(|a, b| a.abs().total_cmp(&b.abs()));
            *largest.expect("weights") *= by;
        })
    };
    scale(1.00005);
    let stdout = said(folder.path(), &format!("{} --all", sweep("verify")));
    assert!(stdout.contains("8 equal (fused: to the bit; candle-nn: within 1e-4 relative or 1e-6), 0 differ"));
    let id = scale(1.001);
    let (code, stdout, _) = told(folder.path(), &format!("{} --all", sweep("verify")));
    assert_eq!(code, Some(1), "{stdout}");
    assert!(stdout.contains(&format!("{id} differs: weight ")) && stdout.contains("7 equal ("), "{stdout}");
}

#[test]
fn a_report_that_was_changed_cut_or_added_to_is_told_file_by_file() {
    let folder = project();
    said(folder.path(), "sweep small.toml");
    let report = folder.path().join("reports/small");
    let whole = files(&report);
    let check = || told(folder.path(), "report small.toml --check");
    let (code, stdout, _) = check();
    assert!(code == Some(0) && stdout.contains("as the store says"), "{stdout}");

    let runs = String::from_utf8(whole["runs.csv"].clone()).expect("text");
    std::fs::write(report.join("runs.csv"), runs.replacen("done", "Done", 1)).expect("writes");
    let (code, stdout, _) = check();
    assert_eq!(code, Some(1), "{stdout}");
    let head = format!("reports/small: 1 of {} files differ\n  runs.csv: line 2: ", whole.len());
    assert!(stdout.starts_with(&head) && stdout.contains("Done") && stdout.contains("` made"), "{stdout}");
    std::fs::write(report.join("runs.csv"), runs).expect("writes");

    std::fs::remove_file(report.join("summary.csv")).expect("removes");
    let (code, stdout, _) = check();
    assert!(code == Some(1) && stdout.contains("1 of ") && stdout.contains("  summary.csv: is missing\n"), "{stdout}");
    std::fs::write(report.join("summary.csv"), &whole["summary.csv"]).expect("writes");

    // As an older tallow would have left it: a file of a report that is none of this.
    let list = String::from_utf8(whole["files.b3"].clone()).expect("text");
    std::fs::write(report.join("plots/old.svg"), "<svg/>").expect("writes");
    std::fs::write(report.join("files.b3"), format!("{list}{}  plots/old.svg\n", blake3::hash(b"<svg/>")))
        .expect("writes");
    let (code, stdout, _) = check();
    assert!(code == Some(1) && stdout.contains("  plots/old.svg: is not of this report\n"), "{stdout}");
    assert!(stdout.contains("  files.b3: lists other files\n"), "{stdout}");
    said(folder.path(), "report small.toml");
    assert!(files(&report) == whole, "a report written anew takes away what an older one left");

    let index = folder.path().join("reports/index.md");
    for (text, wrong) in [(Some("# Reports\n"), "is not what the reports beside it say"), (None, "is missing")] {
        match text {
            Some(text) => std::fs::write(&index, text).expect("writes"),
            None => std::fs::remove_file(&index).expect("removes"),
        }
        let (code, stdout, _) = check();
        assert_eq!((code, stdout), (Some(1), format!("reports: index.md {wrong}\n")));
    }
    said(folder.path(), "report small.toml");
    assert_eq!(check().0, Some(0));
}

#[test]
fn a_report_without_room_is_one_clear_error_and_leaves_the_older_one_as_it_was() {
    let folder = project();
    said(folder.path(), "sweep small.toml");
    said(folder.path(), "sweep small.toml --set seeds=6 --no-report");
    let before = files(&folder.path().join("reports"));
    let page = before["small/index.html"].len();
    // More than what readers of a store need beside it, less than the page.
    let blocks = 80;
    assert!(page > blocks * 1024, "a page of {page} bytes");
    let report = "report small.toml --set seeds=6";
    let (code, stdout, stderr) = end(&mut limited(folder.path(), blocks as u32, report));
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.starts_with("error: cannot write `reports/small/") && stderr.lines().count() == 1, "{stderr}");
    assert!(files(&folder.path().join("reports")) == before, "not half of it is new");
    assert!(said(folder.path(), "store check").contains("sound, 12 runs"));
    said(folder.path(), report);
    assert!(said(folder.path(), &format!("{report} --check")).contains("as the store says"));
}

#[test]
fn a_report_that_has_no_folder_to_go_to_is_one_clear_error_and_costs_no_run() {
    let folder = project();
    for (place, blocked) in [("reports", "reports"), ("reports/small", "reports/small")] {
        let blocked = folder.path().join(blocked);
        std::fs::create_dir_all(blocked.parent().expect("a folder")).expect("creates");
        std::fs::write(&blocked, "a file").expect("writes");
        let (code, stdout, stderr) = told(folder.path(), "sweep small.toml --quiet");
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
        assert!(
            stderr.starts_with("error: cannot ") && stderr.contains(place) && stderr.lines().count() == 1,
            "{stderr}"
        );
        assert_eq!(std::fs::read(&blocked).expect("there"), b"a file");
        std::fs::remove_file(&blocked).expect("removes");
    }
    let (code, _, stderr) = told(folder.path(), "sweep small.toml");
    assert!(code == Some(0) && stderr.contains("0 trained, 8 cached"), "{stderr}");
}

#[test]
fn what_files_are_named_and_say_reaches_terminal_and_page_as_text() {
    let folder = project();
    let at = |name: &str| folder.path().join(name);
    let rows: String = (0..40).map(|i| format!("{i},{},{}\n", i * i % 7, ["=1+1", "<b>"][i % 2])).collect();
    std::fs::write(at("data.csv"), format!("=cmd|a,<i>,y\n{rows}")).expect("writes");
    let hostile = "question = \"<script>alert(1)</script> \\u001b[2J\\u202e\"\nseeds = 2\n[grid]\n\
        dataset = { name = 'csv', path = 'data.csv' }\nepochs = 2\nbatch_size = 10\nlearning_rate = [0.1, 0.01]\n";
    std::fs::write(at("\u{1b}[31m<b>.toml"), hostile).expect("writes");
    for arguments in ["sweep \u{1b}[31m<b>.toml --max-runs 1", "sweep \u{1b}[31m<b>.toml", "compare \u{1b}[31m<b>.toml"]
    {
        let (code, stdout, stderr) = told(folder.path(), arguments);
        assert_eq!(code, Some(0), "{stderr}");
        let said = stdout + &stderr;
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
    }
    let (code, _, stderr) = told(folder.path(), "sweep \u{1b}[2J.toml");
    assert!(code == Some(2) && !stderr.contains('\u{1b}') && stderr.contains("[2J.toml"), "{stderr:?}");
    let names: Vec<_> =
        std::fs::read_dir(at("reports")).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains(['\u{1b}', '<', '/'])), "{names:?}");
    for (name, bytes) in files(&at("reports")).iter().filter(|(name, _)| !name.ends_with(".png")) {
        let text = std::str::from_utf8(bytes).expect("text");
        assert!(!text.contains('\u{1b}'), "{name} has an escape character");
        assert!(name.ends_with(".csv") || !text.contains("<script>alert"), "{name} has a stranger's markup");
        let formula =
            name.ends_with(".csv") && text.split(['\n', ',']).any(|cell| cell.trim_matches('"').starts_with('='));
        assert!(!formula, "{name} has a formula");
    }
    for name in ["../../x", "/etc/x", "..", ".", "-rf", "a/b", "a\\\\b", ""] {
        let (code, _, stderr) = told(folder.path(), &format!("sweep small.toml --set name=\"{name}\""));
        assert!(code == Some(2) && stderr.contains("becomes the name of a folder"), "{name}: {stderr}");
    }
}

#[test]
fn a_store_without_an_outcome_of_the_experiment_is_no_ground_for_a_report() {
    let folder = project();
    said(folder.path(), "sweep small.toml");
    let before = files(&folder.path().join("reports"));
    let (code, _, stderr) = told(folder.path(), "report small.toml --set epochs=11");
    assert!(code == Some(2) && stderr.contains("holds no run of this experiment"), "{stderr}");
    assert!(files(&folder.path().join("reports")) == before, "the report that was there is left alone");
}

#[test]
fn what_is_no_file_is_no_store() {
    let folder = project();
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status();
    assert!(made.is_ok_and(|status| status.success()));
    for command in ["sweep small.toml", "report small.toml", "store check"] {
        let (code, _, stderr) = told(folder.path(), &format!("{command} --store pipe"));
        assert!(
            code == Some(2) && stderr.contains("cannot use `pipe` as a store: it is not a regular file"),
            "{stderr}"
        );
    }
}

#[test]
fn a_seed_beyond_the_whole_numbers_of_a_float_is_the_one_that_ran_wherever_it_stands() {
    let folder = project();
    let (first, second) = (9_007_199_254_740_992_u64, 9_007_199_254_740_993_u64);
    let text = SMALL.replace("seeds = 4", &format!("seeds = [{first}, {second}, 7]")).replace("[0.01, 0.1]", "0.1");
    std::fs::write(folder.path().join("seeds.toml"), text).expect("writes");
    said(folder.path(), "sweep seeds.toml");
    for (name, bytes) in files(&folder.path().join("reports/seeds")) {
        let text = String::from_utf8_lossy(&bytes);
        let table =
            name.ends_with(".csv") && text.lines().next().is_some_and(|head| head.split(',').any(|k| k == "seed"));
        if table || name == "index.html" {
            assert!(text.contains(&second.to_string()), "{name} lacks seed {second}");
        }
    }
    for format in ["csv", "json"] {
        let listed = said(folder.path(), &format!("plan seeds.toml --list --format {format}"));
        assert!([first, second, 7].iter().all(|seed| listed.contains(&seed.to_string())), "{listed}");
    }
    let runs = said(folder.path(), "export seeds.toml --table runs");
    assert!(runs.contains(&second.to_string()), "{runs}");
    for seed in [first, second, 7] {
        let plan = said(folder.path(), &format!("plan seeds.toml --only seed={seed}"));
        assert!(plan.starts_with("seeds: 1 run"), "{plan}");
    }
    let page = std::fs::read_to_string(folder.path().join("reports/seeds/index.html")).expect("a page");
    assert!(page.contains(&format!("{first},\"{second}\",7]")), "a script reads numbers as floats");
    for beyond in ["18446744073709551615", "-1"] {
        let (code, _, stderr) = told(folder.path(), &format!("plan small.toml --set seeds=[{beyond}]"));
        assert!(code == Some(2) && stderr.contains("from 0 to 9223372036854775807"), "{stderr}");
    }
}
