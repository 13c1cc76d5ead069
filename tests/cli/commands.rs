//! The commands as one types them: what they print where, what they leave behind, and how they end.

use std::process::{Command, Stdio};

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use tempfile::TempDir;

use crate::command::{end, ended, files, said, tallow, tallow_under, told, without_lists};

const SMALL: &str = "\
question = 'Which learns XOR best?'
seeds = 4
[train]
dataset = 'xor'
points = 100
hidden = [3]
epochs = 10
batch_size = 25
[grid]
optimizer = ['sgd', 'adam']
learning_rate = [0.01, 0.1]
";

fn project(text: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("small.toml"), text).expect("writes");
    folder
}

#[test]
fn a_sweep_prints_the_answer_on_stdout_and_its_progress_on_stderr() {
    let folder = project(SMALL);
    let (code, stdout, stderr) = told(folder.path(), "sweep small.toml");
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(stdout);
    assert!(stderr.contains("small: 16 runs: 16 trained in "), "{stderr}");
    assert!(!stderr.contains('\u{1b}'), "no colours and no bars where stderr is no terminal: {stderr}");
    let (_, again, stderr) = told(folder.path(), "sweep small.toml");
    assert_eq!(again, stdout);
    assert!(stderr.contains("0 trained"), "{stderr}");
}

#[test]
fn quiet_says_nothing_on_stderr() {
    let folder = project(SMALL);
    let (code, _, stderr) = told(folder.path(), "sweep small.toml --quiet");
    assert_eq!((code, &*stderr), (Some(0), ""));
}

#[test]
fn a_report_has_the_same_bytes_however_its_runs_were_trained() {
    let (one, two, parts) = (project(SMALL), project(SMALL), project(SMALL));
    said(one.path(), "sweep small.toml --jobs 1");
    said(two.path(), "sweep small.toml --jobs 2 --max-runs 5");
    said(two.path(), "sweep small.toml --jobs 2 --only optimizer=adam");
    said(two.path(), "sweep small.toml --jobs 2");
    for part in ["1/3", "2/3", "3/3"] {
        said(parts.path(), &format!("sweep small.toml --partition {part} --store part-{}.db", &part[..1]));
    }
    said(parts.path(), "store merge part-3.db part-1.db part-2.db --into .tallow/store.db");
    said(parts.path(), "report small.toml");
    let reports = [&one, &two, &parts].map(|folder| files(&folder.path().join("reports/small")));
    assert!(reports[0].len() > 20, "{:?}", reports[0].keys());
    for report in &reports[1..] {
        assert_eq!(report.keys().collect::<Vec<_>>(), reports[0].keys().collect::<Vec<_>>());
        for (name, bytes) in report {
            assert!(reports[0][name] == *bytes, "{name} differs");
        }
    }
}

#[test]
fn a_report_is_listed_beside_it_and_summed_up_where_a_job_shows_it() {
    let folder = project(SMALL);
    said(folder.path(), "sweep small.toml --quiet --summary=job.md");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("written");
    let (index, summary) = (read("reports/index.md"), read("job.md"));
    assert!(index.contains("(small/README.md)") && index.contains("(small/index.html)"), "{index}");
    assert!(summary.contains("## Comparison") && !summary.contains("]("), "{summary}");
    said(folder.path(), "report small.toml --summary=job.md");
    assert_eq!(read("job.md"), summary.repeat(2), "a summary is appended");
    let (code, _, stderr) = told(folder.path(), "report small.toml --summary");
    assert!(code == Some(2) && stderr.contains("GITHUB_STEP_SUMMARY"), "{stderr}");
}

#[test]
fn a_difference_of_reports_and_of_stores_is_told_and_fails() {
    let folder = project(SMALL);
    said(folder.path(), "sweep small.toml --quiet --store old.db --out old");
    let same = said(folder.path(), "diff old/small old.db --of small.toml");
    assert!(same.contains("0 changed, 0 beyond interval"), "{same}");
    said(folder.path(), "sweep small.toml --set epochs=1 --quiet --store new.db --out new");
    let moved = ended(1, &mut tallow(folder.path(), "diff old/small new/small"));
    assert!(moved.contains("worse by"), "{moved}");
    said(folder.path(), "diff old/small new/small --tolerance 1e9");
    let (code, _, stderr) = told(folder.path(), "diff old.db new.db");
    assert!(code == Some(2) && stderr.contains("--of FILE"), "{stderr}");
}

#[test]
fn the_tables_of_a_report_have_a_row_per_run_and_one_per_grid_point() {
    let folder = project(SMALL);
    said(folder.path(), "sweep small.toml");
    let table = |name: &str| std::fs::read_to_string(folder.path().join("reports/small").join(name)).expect("a table");
    let (runs, summary, history) = (table("runs.csv"), table("summary.csv"), table("history.csv"));
    assert_eq!((runs.lines().count(), summary.lines().count(), history.lines().count()), (17, 5, 161));
    let head = |table: &str| table.lines().next().expect("a header").to_owned();
    insta::assert_snapshot!([head(&runs), head(&summary), head(&history)].join("\n"));
}

#[test]
fn what_is_wrong_with_a_request_is_told_and_nothing_is_made() {
    let folder = project("[grid]\ndataset = 'xorr'\noptimizer = 'adm'\nlearning_rate = [-1, 0.1]\nepochs = []\n");
    std::fs::write(folder.path().join("latin.toml"), b"name = 'caf\xe9'\n").expect("writes");
    std::fs::write(folder.path().join("good.toml"), SMALL).expect("writes");
    let before = files(folder.path());
    let mut all = String::new();
    for arguments in [
        "sweep small.toml",
        "sweep latin.toml",
        "sweep nowhere.toml",
        "sweep good.toml --device cuda:x",
        "sweep good.toml --partition 3/2",
        "sweep good.toml --only optimiser=adam",
        "sweep",
        "sweeep",
        "show xyz",
        "train --lr -1",
        "train --dataset spiral",
        "verify good.toml --sample 0",
        "report good.toml --check",
        "store merge",
    ] {
        let (code, stdout, stderr) = told(folder.path(), arguments);
        assert_eq!(code, Some(2), "{arguments}\n{stderr}");
        assert!(stdout.is_empty() && !stderr.contains("panicked"), "{arguments}\n{stderr}");
        all += &format!("$ tallow {arguments}\n{stderr}\n");
    }
    assert_eq!(files(folder.path()), before, "nothing is created");
    insta::assert_snapshot!(without_lists(&all));
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let folder = project("[grid]\ndataset = 'xorr'\n");
    let (_, _, plain) = told(folder.path(), "plan small.toml");
    assert!(plain.starts_with("error: unknown dataset `xorr`"), "{plain}");
    let (_, _, forced) = end(tallow(folder.path(), "plan small.toml").env("CLICOLOR_FORCE", "1"));
    assert!(forced.contains('\x1b') && without_colours(&forced) == plain, "{forced}");
    // A terminal, as `script` of util-linux makes one.
    let line = "exec script -qec \"$*\" /dev/null";
    let terminal = || tallow_under(&["sh", "-c", line, "sh"], folder.path(), "plan small.toml");
    if !Command::new("script").arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("terminals skipped: no `script` of util-linux on this machine");
        return;
    }
    for (variable, is_coloured) in [("TERM=xterm", true), ("TERM=dumb", false), ("NO_COLOR=1", false)] {
        let (name, value) = variable.split_once('=').expect("written above");
        let mut command = terminal();
        command.env("TERM", "xterm").env(name, value).stdin(Stdio::null());
        let (code, shown, _) = end(&mut command);
        let shown = shown.replace("\r\n", "\n");
        assert_eq!((code, shown.contains('\x1b')), (Some(2), is_coloured), "{variable}: {shown}");
        assert_eq!(without_colours(&shown).trim_end(), plain.trim_end(), "{variable}");
    }
}

/// Without the sequences that colour what follows.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or(part, |(_, rest)| rest))
}

#[test]
#[cfg(not(feature = "cuda"))]
fn a_build_without_cuda_says_how_to_get_it() {
    let folder = project(SMALL);
    let (code, _, stderr) = told(folder.path(), "sweep small.toml --device cuda:1");
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(stderr, @"error: this build has no CUDA: rebuild with `cargo build --release --features cuda`, or use `--device cpu`");
}

#[test]
fn train_prints_one_network_as_the_tutorial_does() {
    let folder = project("");
    let arguments = "train --dataset circle --hidden 3 --epochs 20 --lr 0.03 --seed 1";
    insta::assert_snapshot!(said(folder.path(), arguments));
    assert_eq!(files(folder.path()).len(), 1, "no store");
}

#[test]
fn show_prints_a_stored_run_and_the_command_that_trains_it_again() {
    let folder = project(SMALL);
    said(folder.path(), "sweep small.toml --no-report");
    let list = said(folder.path(), "plan small.toml --list --format csv");
    let id = list.lines().nth(1).and_then(|line| line.split(',').next()).expect("an identity").to_owned();
    let shown = said(folder.path(), &format!("show {}", &id[..6]));
    let again = shown.lines().find_map(|line| line.strip_prefix("again     tallow ")).expect("a command");
    let trained = said(folder.path(), again);
    let layers =
        |text: &str| text.split("layer 1").nth(1).and_then(|rest| rest.split("history").next()).map(str::to_owned);
    assert_eq!(layers(&shown), layers(&trained));
    assert!(layers(&shown).is_some_and(|layers| layers.contains("loss")));
}

#[test]
fn plan_tells_what_would_run_in_every_format() {
    let folder = project(SMALL);
    insta::assert_snapshot!(said(folder.path(), "plan small.toml"));
    let json = said(folder.path(), "plan small.toml --format json");
    assert!(json.trim_start().starts_with('{') && json.contains("\"new\": 16"), "{json}");
    let csv = said(folder.path(), "plan small.toml --list --format csv");
    assert_eq!(csv.lines().count(), 17);
    assert!(!folder.path().join(".tallow").exists(), "a plan makes no store");
}

#[test]
fn diverged_runs_are_counted_and_stop_nothing() {
    let folder = project(&SMALL.replace("'xor'", "'prod'").replace("[0.01, 0.1]", "[0.01, 1e30]"));
    let (code, stdout, stderr) = told(folder.path(), "sweep small.toml");
    assert!(code == Some(0) && stderr.contains("16 trained"), "{stderr}");
    assert!(stdout.contains("diverged"), "{stdout}");
    let runs = std::fs::read_to_string(folder.path().join("reports/small/runs.csv")).expect("a table");
    assert!(runs.contains(",diverged,"), "{runs}");
}

#[test]
fn every_table_can_be_taken_out_in_every_format() {
    let folder = project(&SMALL.replace("seeds = 4", "seeds = 5"));
    said(folder.path(), "sweep small.toml --no-report");
    for (table, rows) in [("runs", 20), ("summary", 4), ("history", 200), ("comparison", 2), ("pairs", 1)] {
        let command = |format: &str| format!("export small.toml --table {table} --format {format}");
        let csv = said(folder.path(), &command("csv"));
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
        let csv: Vec<Vec<String>> = reader.deserialize().map(|row| row.expect("cells")).collect();
        assert_eq!(csv.len(), 1 + rows, "{table}");
        let json: Vec<serde_json::Map<String, serde_json::Value>> =
            serde_json::from_str(&said(folder.path(), &command("json"))).expect("objects");
        let parquet = tallow(folder.path(), &command("parquet")).output().expect("starts").stdout;
        let parquet = SerializedFileReader::new(bytes::Bytes::from(parquet)).expect("Parquet");
        let parquet: Vec<_> = parquet.get_row_iter(None).expect("rows").map(|row| row.expect("a row")).collect();
        assert_eq!((json.len(), parquet.len()), (rows, rows), "{table}");
        for (row, exact) in csv[1..].iter().enumerate() {
            assert_eq!(json[row].len(), exact.len(), "{table}");
            assert_eq!(parquet[row].len(), exact.len(), "{table}");
            for ((name, exact), (column, typed)) in csv[0].iter().zip(exact).zip(parquet[row].get_column_iter()) {
                let place = format!("{table}, row {row}, {name}");
                assert!(is_json(&json[row][name], exact), "{place}: {exact} and in JSON {}", json[row][name]);
                assert!(column == name && is_field(typed, exact), "{place}: {exact} and in Parquet {typed}");
            }
        }
        // What is for readers has fewer digits, and a comparison also other columns.
        let text = cells(&said(folder.path(), &command("text")), "text");
        for format in ["md", "latex"] {
            assert_eq!(cells(&said(folder.path(), &command(format)), format), text, "{table} as {format}");
        }
        assert_eq!(text.len(), csv.len(), "{table}");
        if ["comparison", "pairs"].contains(&table) {
            let columns: &[(&str, &str)] = match table {
                "pairs" => &[("a", "a"), ("b", "b"), ("a / b", "ratio"), ("n", "n")],
                _ => &[("optimizer", "optimizer"), ("final train loss", "iqm"), ("at default", "default"), ("n", "n")],
            };
            for (ours, theirs) in columns {
                let place =
                    |names: &[String], name: &str| names.iter().position(|other| other == name).expect("a column");
                let (ours, theirs) = (place(&text[0], ours), place(&csv[0], theirs));
                for (text, exact) in text[1..].iter().zip(&csv[1..]) {
                    assert!(is_read(&text[ours], &exact[theirs]), "{table}: {text:?}, {exact:?}");
                }
            }
        } else {
            assert_eq!(text[0], csv[0], "{table}");
            for (text, exact) in text[1..].iter().zip(&csv[1..]) {
                assert_eq!(text.len(), exact.len(), "{table}");
                let all = text.iter().zip(exact).all(|(text, exact)| is_read(text, exact));
                assert!(all, "{table}: {text:?}, {exact:?}");
            }
        }
    }
}

/// The cells of a table for readers, its header first; none of them may be empty.
fn cells(out: &str, format: &str) -> Vec<Vec<String>> {
    let cell = |cell: &str| cell.replace("$\\infty$", "∞").replace("$-$", "−").replace(['\\', '$'], "");
    let row = |line: &str| -> Vec<String> {
        let apart = match format {
            "text" => "  ",
            "md" => "|",
            _ => " & ",
        };
        let line = line.trim_start_matches('|').trim_end_matches('|').trim_end_matches("\\\\");
        line.split(apart).map(|text| cell(text.trim())).filter(|cell| !cell.is_empty()).collect()
    };
    let is_row = |line: &&str| !line.starts_with("|--") && (format != "latex" || line.ends_with("\\\\"));
    out.lines().filter(is_row).map(row).collect()
}

/// Whether a cell for readers is one of a CSV file: the same words, or the same number to four digits.
fn is_read(text: &str, exact: &str) -> bool {
    match (text.replace('∞', "inf").parse::<f64>(), exact.parse::<f64>()) {
        (Ok(text), Ok(exact)) => text == exact || (text - exact).abs() <= 5.01e-4 * exact.abs(),
        _ => text == exact,
    }
}

/// Whether a JSON value is a cell of a CSV file: what is missing or no finite number is null.
fn is_json(json: &serde_json::Value, exact: &str) -> bool {
    match json {
        serde_json::Value::Null => exact.is_empty() || exact.parse::<f64>().is_ok_and(|x| !x.is_finite()),
        serde_json::Value::String(text) => text == exact,
        serde_json::Value::Bool(truth) => exact.parse() == Ok(*truth),
        other => other.as_f64().is_some_and(|x| exact.parse() == Ok(x)),
    }
}

/// Whether a value of a Parquet file is a cell of a CSV file, where a column without a number begins with NaN.
fn is_field(field: &Field, exact: &str) -> bool {
    match field {
        Field::Null => ["", "NaN"].contains(&exact),
        Field::Bool(truth) => exact.parse() == Ok(*truth),
        Field::Long(whole) => exact.parse() == Ok(*whole),
        Field::Float(number) => exact.parse() == Ok(*number),
        Field::Double(number) => exact.parse() == Ok(*number),
        Field::Str(text) => text == exact,
        _ => false,
    }
}

#[test]
fn a_comparison_for_machines_holds_numbers_and_for_latex_mathematics() {
    let folder = project(&SMALL.replace("[0.01, 0.1]", "[1e-6, 0.1]").replace("seeds = 4", "seeds = 5"));
    said(folder.path(), "sweep small.toml --no-report");
    let json = said(folder.path(), "compare small.toml --format json");
    let rows: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let number = |key: &str| rows[0][key].as_f64().unwrap_or_else(|| panic!("no number {key} in {json}"));
    assert!(number("iqm_low") <= number("iqm") && number("iqm") <= number("iqm_high"));
    assert_eq!((number("rank"), number("n"), number("learning_rate")), (1.0, 5.0, 0.1));
    assert!(json.starts_with("[\n  {\"optimizer\": "), "columns keep their order: {json}");
    let csv = said(folder.path(), "export small.toml --table pairs");
    assert!(csv.starts_with("a,b,metric,n,ratio,ratio_low,ratio_high,wins,ties,losses,p,p_family"), "{csv}");
    let latex = said(folder.path(), "export small.toml --table summary --format latex");
    assert!(latex.contains("$1 \\times 10^{-6}$"), "{latex}");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = project(SMALL);
    said(folder.path(), "sweep small.toml --no-report");
    for (key, words) in [
        ("activation", "error: `activation` does not vary in `small`\nhelp: keys that do: optimizer, learning_rate\n"),
        ("seed", "error: seeds and folds are replicates and cannot be compared\n"),
    ] {
        let (code, _, stderr) = told(folder.path(), &format!("compare small.toml --by {key}"));
        assert_eq!((code, &*stderr), (Some(2), words));
    }
    ended(2, &mut tallow(folder.path(), "diff .tallow/store.db .tallow/store.db --tolerance nan"));
}

#[test]
fn only_what_is_new_is_trained_whatever_a_file_gains() {
    let folder = project(SMALL);
    let swept = |file: &str, experiment: &str| {
        std::fs::write(folder.path().join(file), experiment).expect("writes");
        let (_, _, stderr) = told(folder.path(), &format!("sweep {file} --no-report"));
        stderr.lines().next().unwrap_or_default().to_owned()
    };
    let says = |words: &str, told: String| assert!(told.contains(words), "{told}");
    says("16 runs: 16 trained", swept("small.toml", SMALL));
    let value = SMALL.replace("[0.01, 0.1]", "[0.01, 0.1, 1.0]");
    says("24 runs: 8 trained", swept("small.toml", &value));
    let seed = value.replace("seeds = 4", "seeds = 5");
    says("30 runs: 6 trained", swept("small.toml", &seed));
    let axis = format!("{seed}activation = ['relu', 'tanh']\n");
    says("60 runs: 30 trained", swept("small.toml", &axis));
    let turned = axis.replace("['sgd', 'adam']", "['adam', 'sgd']").replace("['relu', 'tanh']", "['tanh', 'relu']");
    says("60 runs: 0 trained", swept("small.toml", &turned));
    let other = SMALL.replace("Which learns", "Another file: which learns").replace("[0.01, 0.1]", "[0.1, 10.0]");
    says("16 runs: 8 trained", swept("other.toml", &other));
}

#[test]
fn a_filter_means_the_same_to_every_command() {
    let folder = project(SMALL);
    let run = |arguments: &str| told(folder.path(), arguments);
    let (code, _, stderr) = run("sweep small.toml --only optimizer=adam,learning_rate=0.1");
    assert!(code == Some(0) && stderr.contains("4 trained"), "{stderr}");
    assert!(stderr.contains("no report was written, because only some of the runs"), "{stderr}");
    let plan: serde_json::Value = serde_json::from_str(&run("plan small.toml --format json").1).expect("JSON");
    let count = |key: &str| plan[key].as_u64();
    assert_eq!((count("total"), count("cached"), count("new")), (Some(16), Some(4), Some(12)));
    assert!(run("plan small.toml --only optimizer=adam").1.contains("8 runs\n  4 new · 4 cached"));
    assert!(run("plan small.toml --only optimizer=adam --partition 2/2").1.contains("4 runs\n"));
    assert!(run("verify small.toml --only learning_rate=0.1 --sample 3 --quiet").1.contains("3 of 4 stored runs"));
    assert!(run("report small.toml --only optimizer=adam --out part").0 == Some(0));
    let runs = std::fs::read_to_string(folder.path().join("part/small/runs.csv")).expect("a table");
    assert_eq!(runs.lines().count(), 1 + 8);
    assert!(run("compare small.toml --only optimizer=adam").1.contains("learning_rate 0.1"));
    let (code, _, stderr) = run("plan small.toml --only optimizer=SGD");
    assert_eq!((code, &*stderr), (Some(2), "error: no run has optimizer `SGD`\nhelp: optimizer is one of sgd, adam\n"));
    assert!(run("plan small.toml --only hidden=[3],optimizer=adam").1.contains("8 runs"));
}

#[test]
fn help_shows_examples_for_every_command() {
    let folder = project("");
    let help = said(folder.path(), "--help");
    let commands = help.split("Commands:").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("commands");
    let named = commands.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let mut seen = 0;
    for command in named.filter(|name| !["", "help", "datasets"].contains(name)) {
        assert!(said(folder.path(), &format!("{command} --help")).contains("Examples:"), "{command}");
        seen += 1;
    }
    assert!(seen >= 11, "{commands}");
}

#[test]
fn the_page_carries_these_data() {
    let small = SMALL.replace("points = 100", "points = 25").replace("seeds = 4", "seeds = 2");
    let folder = project(&small);
    said(folder.path(), "sweep small.toml");
    let page = std::fs::read_to_string(folder.path().join("reports/small/index.html")).expect("the page");
    let data = page.split("<script type=\"application/json\" id=\"data\">").nth(1).expect("data");
    let data: serde_json::Value =
        serde_json::from_str(data.split("</script>").next().expect("an end")).expect("JSON in the page");
    // A list of numbers stands in a line.
    let text = serde_json::to_string_pretty(&data).expect("JSON");
    insta::assert_snapshot!(text);
}

#[test]
fn colours_stand_where_they_are_wanted_and_change_no_letter() {
    let folder = project(SMALL);
    said(folder.path(), "sweep small.toml --no-report");
    let compare = |variables: &[(&str, &str)]| {
        ended(0, tallow(folder.path(), "compare small.toml").envs(variables.iter().copied()))
    };
    let (plain, coloured) = (compare(&[]), compare(&[("CLICOLOR_FORCE", "1")]));
    assert!(!plain.contains('\x1b') && compare(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]) == plain);
    let looks = ["\x1b[1mWhich learns XOR best?\x1b[0m", "\x1b[1moptimizer ", "\x1b[32madam ", "\x1b[33m! "];
    assert!(looks.iter().all(|look| coloured.contains(look)), "{coloured}");
    let bare =
        ["\x1b[0m", "\x1b[1m", "\x1b[32m", "\x1b[33m"].iter().fold(coloured, |text, code| text.replace(code, ""));
    assert_eq!(bare, plain);
}
