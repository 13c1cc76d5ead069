//! A table of the user's own, from the first look at it to the report: what is said, what is trained, what it is called.

use std::path::Path;

use crate::command::{said, told};

/// A folder with files of `tests/data`, and an experiment.
pub fn project(files: &[&str], experiment: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in files {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
        std::fs::copy(from, folder.path().join(name)).expect("copies");
    }
    std::fs::write(folder.path().join("e.toml"), experiment).expect("writes");
    folder
}

/// One column of all runs.
fn column(folder: &Path, name: &str) -> Vec<f64> {
    let table = said(folder, "export e.toml --table runs");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let at = reader.headers().expect("a header").iter().position(|column| column == name).expect("the column");
    reader.records().map(|row| row.expect("a row")[at].parse().expect("a number")).collect()
}

#[test]
fn a_table_is_shown_column_by_column_with_what_it_was_taken_for() {
    let folder = project(&["penguins.csv", "inf.csv"], "");
    let shown = said(folder.path(), "data penguins.csv --target species");
    for said in
        ["bill_length_mm", "words", "32.1 to 59.6", "3 classes Adelie (152), Chinstrap (68), Gentoo (124)", "sorted"]
    {
        assert!(shown.contains(said), "{said}\n{shown}");
    }
    let (code, shown, error) = told(folder.path(), "data inf.csv");
    assert_eq!(code, Some(2));
    assert!(shown.contains("mixed"), "the columns are shown all the same: {shown}");
    assert!(error.contains("line 6, column `d`: `inf` is not a finite number"), "{error}");
}

#[test]
fn scales_that_are_far_apart_are_shown_though_files_are_scaled() {
    let folder = project(&["scale1e4.csv"], "[grid]\ndataset = { name = 'csv', path = 'scale1e4.csv' }\n");
    assert!(said(folder.path(), "data scale1e4.csv").contains("the scales are far apart"));
    assert!(!said(folder.path(), "plan e.toml").contains("the scales are far apart"), "they are evened out");
}

#[test]
fn how_a_table_is_read_may_be_said() {
    let folder = project(&["trees.data", "decimal_comma.csv"], "");
    let (code, _, error) = told(folder.path(), "data trees.data");
    assert!(code == Some(2) && error.contains("say `header = false`"), "{error}");
    let shown = said(folder.path(), "data trees.data --set header=false");
    assert!(shown.contains("no header") && shown.contains("24 rows"), "{shown}");
    let shown = said(folder.path(), "data decimal_comma.csv --set decimal=,");
    assert!(shown.contains("regression"), "{shown}");
    let (code, _, error) = told(folder.path(), "data trees.data --set heder=false");
    assert!(
        code == Some(2) && error.contains("has no setting `heder`") && error.contains("did you mean `header`?"),
        "{error}"
    );
}

#[test]
fn settings_said_on_the_command_line_agree_as_those_of_a_file_do() {
    let folder = project(&["stamps.csv"], "");
    assert!(!said(folder.path(), "data stamps.csv").contains("32 bits round"), "scaling keeps them apart");
    for unscaled in ["scale=none", "standardize=false"] {
        let shown = said(folder.path(), &format!("data stamps.csv --set {unscaled}"));
        assert!(shown.contains("400 distinct numbers, which 32 bits round to 23"), "{shown}");
        let file = said(folder.path(), &format!("init stamps.csv --set {unscaled}"));
        assert!(file.contains("\nscale = \"none\"\n") && !file.contains("\nstandardize"), "{file}");
    }
    for (settings, word) in
        [("standardize=false --set scale=robust", "contradict"), ("split=group", "needs the column")]
    {
        for command in ["data", "init"] {
            let (code, _, error) = told(folder.path(), &format!("{command} stamps.csv --set {settings}"));
            assert!(code == Some(2) && error.contains(word), "{error}");
        }
    }
}

#[test]
fn init_writes_an_experiment_that_runs_at_once_and_overwrites_nothing() {
    let folder = project(&["penguins.csv"], "");
    std::fs::create_dir(folder.path().join("below")).expect("creates");
    said(folder.path(), "init penguins.csv --target species -o below/mine.toml");
    let plan = said(folder.path(), "plan below/mine.toml");
    assert!(plan.contains("50 runs") && plan.contains("258 to train, 86 to test"), "{plan}");
    said(folder.path(), "sweep below/mine.toml --set epochs=2 --quiet --no-report");
    let (code, _, error) = told(folder.path(), "init penguins.csv --target species -o below/mine.toml");
    assert!(code == Some(2) && error.contains("is there already"), "{error}");
    let shown = said(folder.path(), "init penguins.csv --target species");
    assert!(shown.contains("path = \"penguins.csv\""), "{shown}");
}

#[test]
fn init_drops_columns_that_are_of_no_use_and_says_so() {
    let folder = project(&[], "");
    let row = |i: usize| format!("2026-01-{:02},name {i},{},{}\n", 1 + i % 28, i % 7, i % 3);
    let rows: String = (0..150).map(row).collect();
    std::fs::write(folder.path().join("t.csv"), format!("day,who,a,y\n{rows}")).expect("writes");
    said(folder.path(), "init t.csv --target y -o t.toml");
    let file = std::fs::read_to_string(folder.path().join("t.toml")).expect("written");
    assert!(file.contains("`day` is dropped") && file.contains("\"who\" = \"drop\""), "{file}");
    said(folder.path(), "sweep t.toml --set epochs=2 --quiet --no-report");
    let (code, _, error) = told(folder.path(), "init t.csv --target who");
    assert!(code == Some(2) && !error.is_empty(), "a target that cannot be used is an error: {error}");
}

#[test]
fn what_was_understood_is_in_plan_sweep_readme_and_page() {
    let experiment = "seeds = 3\n[train]\nepochs = 3\ntest = 0.25\n[grid]\n\
                      dataset = { name = 'csv', path = 'penguins.csv', target = 'species' }\n";
    let folder = project(&["penguins.csv"], experiment);
    let plan = said(folder.path(), "plan e.toml");
    let (code, _, sweep) = told(folder.path(), "sweep e.toml");
    assert_eq!(code, Some(0), "{sweep}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join("reports/e").join(name)).expect("written");
    for text in [plan, sweep, read("README.md"), read("index.html")] {
        for said in
            ["344: 258 to train, 86 to test", "15 inputs", "3 classes Adelie (152)", "accuracy 44.2 %", "9 steps"]
        {
            assert!(text.contains(said), "{said}\n{text}");
        }
    }
    let json = said(folder.path(), "plan e.toml --format json");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["files"][0]["facts"]["rows"], "344: 258 to train, 86 to test");
    assert!(said(folder.path(), "compare e.toml").contains("test loss"));
    let runs = read("runs.csv");
    assert!(runs.contains(",penguins,"), "reports call a file by its name: {runs}");
}

#[test]
fn every_row_takes_part_by_default() {
    let dataset = "dataset = { name = 'csv', path = 'sorted_by_class.csv' }";
    let folder = project(&["sorted_by_class.csv"], &format!("seeds = 5\n[train]\n{dataset}\nepochs = 200\n"));
    said(folder.path(), "sweep e.toml --quiet --no-report");
    let accuracies = column(folder.path(), "train_accuracy");
    assert!(accuracies.iter().all(|&accuracy| accuracy > 0.97), "{accuracies:?}");
    let drop = said(folder.path(), "plan e.toml --set batch_size=100 --set last_batch=drop");
    assert!(
        drop.contains("leaves out 50 of the 150 training rows") && drop.contains("last_batch = \"train\""),
        "{drop}"
    );
    let one = said(folder.path(), "plan e.toml --set batch_size=1000");
    assert!(one.contains("is above the 150 training rows") && one.contains("1 step"), "{one}");
}

#[test]
fn time_stamps_keep_their_differences() {
    let file = |name: &str| format!("{{ name = 'csv', path = '{name}.csv', target = 'y' }}");
    let experiment = format!(
        "seeds = 3\n[train]\nhidden = [32]\nactivation = 'tanh'\nlearning_rate = 0.01\ntest = 0.25\nepochs = 100\n[grid]\ndataset = [{}, {}]\n",
        file("stamps"),
        file("shifted")
    );
    let folder = project(&["stamps.csv", "shifted.csv"], &experiment);
    said(folder.path(), "sweep e.toml --quiet --no-report");
    let losses = column(folder.path(), "test_loss");
    for seed in 0..3 {
        let (stamps, shifted) = (losses[seed], losses[seed + 3]);
        assert!((stamps - shifted).abs() < 0.05 * stamps, "a constant that scaling removes: {stamps} {shifted}");
        assert!(stamps < 0.01, "400 stamps stay 400: {stamps}");
    }
}

#[test]
fn losses_are_told_in_the_targets_own_units() {
    let experiment = "seeds = 3\n[train]\ntest = 0.25\nepochs = 100\n[grid]\n\
                      dataset = { name = 'csv', path = 'house_prices.csv', target_scale = ['standard', 'none'] }\n";
    let folder = project(&["house_prices.csv"], experiment);
    let plan = said(folder.path(), "plan e.toml");
    let constant = plan.lines().find(|line| line.contains("constant")).expect("said").to_owned();
    let constant: f64 =
        constant.split("loss ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).expect("a loss");
    said(folder.path(), "sweep e.toml --quiet --no-report");
    let losses = column(folder.path(), "test_loss");
    let (scaled, raw) = losses.split_at(3);
    assert!(scaled.iter().all(|&loss| loss < 0.5 * constant && loss > 1e3), "{constant} {scaled:?}");
    assert!(raw.iter().all(|&loss| loss > constant), "unscaled prices are not learned: {constant} {raw:?}");
}

#[test]
fn a_changed_cell_is_new_and_a_moved_file_is_not() {
    let dataset = |path: &str| format!("[grid]\ndataset = {{ name = 'csv', path = '{path}' }}\nepochs = 2\n");
    let folder = project(&["before.csv", "after.csv"], &dataset("t.csv"));
    let copy = |from: &str, to: &str| std::fs::copy(folder.path().join(from), folder.path().join(to)).expect("copies");
    let plan = |experiment: &str| {
        std::fs::write(folder.path().join("e.toml"), experiment).expect("writes");
        said(folder.path(), "plan e.toml")
    };
    copy("before.csv", "t.csv");
    said(folder.path(), "sweep e.toml --quiet --no-report");
    assert!(plan(&dataset("t.csv")).contains("0 new · 1 cached"));
    assert!(plan(&dataset("./t.csv")).contains("0 new · 1 cached"), "another way to say the path");
    assert!(plan(&dataset("before.csv")).contains("0 new · 1 cached"), "the same content under another name");
    assert!(plan(&dataset("after.csv")).contains("1 new · 0 cached"), "another cell");
    let spelled = dataset("t.csv").replace(" }", ", standardize = false }");
    assert!(plan(&spelled).contains("1 new"), "another scale");
    let again = dataset("t.csv").replace(" }", ", label = 'wine', scale = 'standard' }");
    assert!(plan(&again).contains("0 new · 1 cached"), "a default that is said, and another label");
}

#[test]
fn a_dataset_that_cannot_be_had_is_one_error() {
    let folder = project(&["inf.csv"], "seeds = 2\n[train]\ndataset = { name = 'csv', path = 'gone.csv' }\n");
    let (code, _, error) = told(folder.path(), "plan e.toml");
    assert_eq!((code, error.matches("error").count()), (Some(2), 2), "one, and the system's `os error`: {error}");
    std::fs::write(
        folder.path().join("e.toml"),
        "[train]\ndataset = { name = 'csv', path = 'inf.csv' }\n[[grid]]\nepochs = 1\n[[grid]]\nepochs = 2\n",
    )
    .expect("writes");
    let (code, _, error) = told(folder.path(), "plan e.toml");
    assert_eq!((code, error.matches("error").count()), (Some(2), 1), "{error}");
    assert!(error.contains("line 6, column `d`") && error.contains("na_values"), "{error}");
}

#[test]
fn all_bad_columns_are_told_at_once() {
    let rows: String = (0..30).map(|i| format!("$12.{i:02},2026-01-{:02},{i},{}\n", 1 + i % 28, i % 2)).collect();
    let folder = project(&[], "[grid]\ndataset = { name = 'csv', path = 't.csv' }\n");
    std::fs::write(folder.path().join("t.csv"), format!("price,day,n,y\n{rows}")).expect("writes");
    let (code, _, error) = told(folder.path(), "plan e.toml");
    assert_eq!((code, error.matches("error: ").count()), (Some(2), 2), "{error}");
    for said in ["column `price`", "price = \"number\"", "column `day`", "day = \"drop\""] {
        assert!(error.contains(said), "{said}\n{error}");
    }
}

#[test]
fn a_run_of_a_file_is_shown_verified_and_trained_again() {
    let experiment = "[train]\ntest = 0.25\nepochs = 4\n[grid]\n\
                      dataset = { name = 'csv', path = 'penguins.csv', target = 'species', columns = { year = 'drop' } }\n";
    let folder = project(&["penguins.csv"], experiment);
    said(folder.path(), "sweep e.toml --quiet --no-report");
    let list = said(folder.path(), "plan e.toml --list --format csv");
    let id = list.lines().nth(1).and_then(|line| line.split(',').next()).expect("a run").to_owned();
    let shown = said(folder.path(), &format!("show {id}"));
    assert!(shown.contains("`penguins.csv` as `penguins`") && shown.contains("year = drop"), "{shown}");
    assert!(!shown.contains("na_values"), "what is at its default is not told: {shown}");
    assert!(said(folder.path(), &format!("verify {id}")).contains("1 equal to the bit"));
    let again = shown.lines().find_map(|line| line.strip_prefix("again     ")).expect("a command");
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", &again.replacen("tallow", &crate::command::program().to_string_lossy(), 1)])
        .current_dir(folder.path())
        .output()
        .expect("runs");
    let trained = String::from_utf8_lossy(&output.stdout).into_owned();
    let loss = |text: &str| text.lines().find(|line| line.starts_with("test loss")).map(str::to_owned);
    assert!(output.status.success() && loss(&trained).is_some(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(loss(&trained), loss(&shown));
}

#[test]
fn a_run_of_a_file_is_trained_in_a_process_of_its_own_too() {
    let experiment =
        "[train]\nepochs = 3\n[grid]\ndataset = { name = 'csv', path = '../penguins.csv', target = 'species' }\n";
    let folder = project(&["penguins.csv"], "");
    std::fs::create_dir(folder.path().join("below")).expect("creates");
    std::fs::write(folder.path().join("below/e.toml"), experiment).expect("writes");
    said(folder.path(), "sweep below/e.toml --quiet --no-report --isolate");
    assert!(said(folder.path(), "verify below/e.toml --all").contains("1 equal to the bit"));
}

#[test]
fn the_estimate_of_a_file_is_drawn_over_its_data() {
    let folder = project(&[], "");
    let rows: String = (0..40).map(|i| format!("{},{},{}\n", 150 + i, 40.0 + f64::from(i) * 1.5, i % 2)).collect();
    std::fs::write(folder.path().join("f.csv"), format!("cm,kg,fit\n{rows}")).expect("writes");
    let out = std::process::Command::new(crate::command::program())
        .args(["train", "--dataset", "{ name = \"csv\", path = \"f.csv\" }", "--epochs", "5"])
        .current_dir(folder.path())
        .output()
        .expect("runs");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains("estimate over cm from 140.2 to 198.8 across"), "{text}");
}

#[test]
fn groups_stay_together_and_folds_are_replicates() {
    let rows: String = (0..60).map(|i| format!("{},p{},{}\n", i % 11, i / 5, i % 2)).collect();
    let experiment = "folds = 4\n[train]\nepochs = 2\n[grid]\n\
                      dataset = { name = 'csv', path = 't.csv', split = { name = 'group', column = 'patient' } }\n";
    let folder = project(&[], experiment);
    std::fs::write(folder.path().join("t.csv"), format!("a,patient,y\n{rows}")).expect("writes");
    let plan = said(folder.path(), "plan e.toml");
    assert!(
        plan.contains("4 runs, 1 grid point × 1 seed × 4 folds") && plan.contains("1 column (1 number), 1 input"),
        "{plan}"
    );
    said(folder.path(), "sweep e.toml --quiet");
    assert_eq!(column(folder.path(), "fold"), [0.0, 1.0, 2.0, 3.0]);
}

#[test]
fn the_classes_of_a_run_are_told_apart_as_long_as_its_data_are_there() {
    let experiment =
        "seeds = 1\n[train]\ndataset = { name = 'csv', path = 'penguins.csv', target = 'species' }\ntest = 0.25\n";
    let folder = project(&["penguins.csv"], experiment);
    said(folder.path(), "sweep e.toml --quiet --no-report");
    let runs = said(folder.path(), "export e.toml --table runs");
    let id = runs.lines().nth(1).and_then(|line| line.split(',').next()).expect("a run");
    let accuracy = column(folder.path(), "test_accuracy")[0];
    let shown = said(folder.path(), &format!("show {id}"));
    let table = shown.split_once("classes of the 86 test rows\n").expect("the classes").1;
    let rows: Vec<Vec<&str>> = table.lines().take(4).map(|line| line.split_whitespace().collect()).collect();
    let diagonal: f64 = (1..4).map(|class| rows[class][class].parse::<f64>().expect("a count")).sum();
    assert!((diagonal / 86.0 - accuracy).abs() < 1e-6, "{table}");
    std::fs::remove_file(folder.path().join("penguins.csv")).expect("removes");
    let shown = said(folder.path(), &format!("show {id}"));
    assert!(
        shown.contains("The classes cannot be told apart: ") && shown.contains("again     tallow train"),
        "{shown}"
    );
}

#[test]
fn nothing_that_is_said_of_folds_calls_them_seeds() {
    let rows: String = (0..60).map(|i| format!("{},{},{}\n", i % 11, i % 7, i % 2)).collect();
    let experiment = "folds = 6\n[train]\nepochs = 4\n[grid]\nlearning_rate = [0.01, 0.1]\noptimizer = ['adam', 'sgd']\n\
                      dataset = { name = 'csv', path = 't.csv' }\n";
    let folder = project(&[], experiment);
    std::fs::write(folder.path().join("t.csv"), format!("a,b,y\n{rows}")).expect("writes");
    said(folder.path(), "sweep e.toml --quiet");
    let report = folder.path().join("reports/e");
    let mut texts = vec![("compare".to_owned(), said(folder.path(), "compare e.toml"))];
    texts.push(("README.md".into(), std::fs::read_to_string(report.join("README.md")).expect("reads")));
    for entry in std::fs::read_dir(report.join("plots")).expect("plots") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "svg") {
            texts.push((path.display().to_string(), std::fs::read_to_string(&path).expect("reads")));
        }
    }
    assert!(texts.len() > 5, "a report has plots");
    for (name, text) in texts {
        // More seeds, each of all folds, are what would decide.
        let text = text.to_lowercase().replace("seeds of 6 folds", "").replace("more seeds would not decide", "");
        if let Some(at) = text.find("seed") {
            let around: String = text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
            panic!("{name}: {around}{}", text[at..].chars().take(60).collect::<String>());
        }
        assert!(text.contains("fold") || name.ends_with(".svg"), "{name}");
    }
}
