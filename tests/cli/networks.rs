//! A trained network leaves: it predicts rows of new files by the preprocessing of its training rows, and is saved whole.
//!
//! PyTorch and ONNX Runtime are asked where Python has them, skipped with a word elsewhere; `TALLOW_PYTHON` names another
//! Python.

use std::path::Path;
use std::process::Command;

use crate::command::{ended, said, tallow, told};
use tallow::dataset::{Dataset, Table};
use tallow::measure::{Measure, Measures, Metric, Split};
use tallow::plan::RunId;
use tallow::predictor::{Predictions, Predictor};
use tallow::spec::RunConfig;
use tallow::store::{Record, Store, StoreError};

/// A folder with files of `tests/data`, and an experiment.
fn project(files: &[&str], experiment: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in files {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
        std::fs::copy(from, folder.path().join(name)).expect("copies");
    }
    std::fs::write(folder.path().join("e.toml"), experiment).expect("writes");
    folder
}

/// The same, trained.
fn trained(files: &[&str], experiment: &str) -> tempfile::TempDir {
    let folder = project(files, experiment);
    said(folder.path(), "sweep e.toml --quiet --no-report");
    folder
}

fn records(folder: &Path) -> Vec<Record> {
    let store = Store::read(&folder.join(".tallow/store.db")).expect("a store");
    let mut records = Vec::new();
    let visited = store.visit(|record| {
        records.push(record);
        Ok::<_, StoreError>(())
    });
    visited.expect("sound");
    records
}

fn ids(folder: &Path) -> Vec<RunId> {
    records(folder).into_iter().map(|record| record.id).collect()
}

/// A run's data, as they were for training.
fn dataset(folder: &Path, record: &Record) -> (RunConfig, Dataset) {
    let config = RunConfig::try_from(&record.description).expect("readable");
    let mut at = record.provenance.source.clone().expect("a file");
    at.path = folder.join(&at.path).to_string_lossy().into_owned();
    let dataset = config.dataset.clone().at(&at).open(Path::new("")).expect("opens");
    (config, dataset)
}

/// What is printed as CSV: the header, and the rows.
fn table(csv: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let cells = |row: &csv::StringRecord| row.iter().map(str::to_owned).collect::<Vec<String>>();
    let header = cells(reader.headers().expect("a header"));
    (header, reader.records().map(|row| cells(&row.expect("a row"))).collect())
}

const PENGUINS: &str = "\
seeds = 2
[train]
test = 0.25
validation = 0.2
epochs = 8
[train.dataset]
name = 'csv'
path = 'penguins.csv'
target = 'species'
columns = { year = 'drop' }
[grid]
learning_rate = [0.003, 0.03]
";

const HOUSES: &str = "\
[train]
test = 0.25
epochs = 20
dataset = { name = 'csv', path = 'house_prices.csv', target = 'price' }
[grid]
seed = [0, 1]
";

#[test]
fn predictions_on_a_runs_own_rows_reproduce_its_stored_measures_exactly() {
    let houses = "\
seeds = 2
[train]
test = 0.25
epochs = 20
[grid]
dataset = { name = 'csv', path = 'house_prices.csv', target = 'price', scale = ['standard', 'robust', 'quantile', 'none'] }
";
    let cases = [("penguins.csv", PENGUINS.to_owned()), ("house_prices.csv", houses.to_owned())];
    for (file, experiment) in cases {
        let folder = trained(&[file], &experiment);
        let at = folder.path();
        let store = Store::read(&at.join(".tallow/store.db")).expect("a store");
        for record in records(at) {
            let (config, dataset) = dataset(at, &record);
            let kept = store.preprocessing(&record.description).expect("sound").expect("kept");
            assert_eq!(
                kept,
                dataset.preprocessing(config.seed).expect("splits"),
                "what is kept is what was trained by"
            );
            let predictor = Predictor::new(record.id, &record.description, record.outcome.layers.clone(), kept.clone());
            let predictor = predictor.expect("whole");
            let fitted = &kept.fitted;
            let rows = fitted.read_file(&at.join(file), &kept.reading).expect("reads");
            let parts = dataset.parts(config.seed).expect("a file").expect("splits");
            let mut measures = Measures::new();
            for (split, rows_of) in
                [(Split::Train, &parts.train), (Split::Validation, &parts.validation), (Split::Test, &parts.test)]
            {
                if rows_of.is_empty() {
                    continue;
                }
                let matrix = fitted.transform(&rows, Some(rows_of)).expect("the same cells");
                let own = Table::new(matrix.x.clone(), matrix.y);
                measures.extend(predictor.network.evaluate(&own, true).measures(split, Measure::ALL));

                // Every row alike, whichever others are asked about.
                let printed = ended(0, &mut tallow(at, &format!("predict {} {file}", record.id)));
                let (_, printed) = table(&printed);
                match predictor.predict(&matrix_of(&rows, fitted, rows_of)) {
                    Predictions::Values(values) => {
                        for (&row, value) in rows_of.iter().zip(values) {
                            assert_eq!(printed[row as usize][0].parse(), Ok(value));
                        }
                    }
                    Predictions::Classes { classes, probabilities } => {
                        let width = fitted.classes.len();
                        for (at, &row) in rows_of.iter().enumerate() {
                            let printed = &printed[row as usize];
                            assert_eq!(Some(&printed[0]), classes[at].map(|class| &fitted.classes[class]));
                            let own = &probabilities[at * width..(at + 1) * width];
                            assert!(printed[1..].iter().zip(own).all(|(cell, p)| cell.parse() == Ok(*p)));
                        }
                    }
                }
            }
            let unit = 1.0 / (fitted.target_scale.scale * fitted.target_scale.scale);
            for metric in Metric::all() {
                let Some(stored) = record.outcome.value(metric) else { continue };
                let mut ours = measures[metric.name()];
                if let Some(factor) = metric.measure.unit.factor(unit).filter(|_| unit != 1.0) {
                    ours = (f64::from(ours) * factor) as f32;
                }
                assert_eq!(ours.to_bits(), stored.to_bits(), "{} of run {}", metric.name(), record.id);
            }
        }
    }
}

fn matrix_of(rows: &tallow::table::Table, fitted: &tallow::table::Fitted, which: &[u32]) -> tallow::table::Matrix {
    fitted.transform(rows, Some(which)).expect("the same cells")
}

#[test]
fn a_file_to_predict_needs_the_columns_trained_on_in_any_order_and_no_target() {
    let folder = trained(&["penguins.csv"], PENGUINS);
    let at = folder.path();
    let run = ids(at)[0];
    let write = |text: &str| std::fs::write(at.join("new.csv"), text).expect("writes");
    write(
        "note,sex,island,body_mass_g,flipper_length_mm,bill_depth_mm,bill_length_mm\n\
         x,male,Torgersen,3750,181,18.7,39.1\n",
    );
    let (code, out, told_) = told(at, &format!("predict {run} new.csv"));
    assert_eq!(code, Some(0), "{told_}");
    let (header, rows) = table(&out);
    assert_eq!(header, ["prediction", "p_Adelie", "p_Chinstrap", "p_Gentoo"]);
    let own = table(&said(at, &format!("predict {run} penguins.csv"))).1.swap_remove(0);
    assert_eq!(rows, [own], "the first penguin of the file, whatever the order of the columns");
    assert!(told_.contains("does not use `note`: such column is not looked at"), "{told_}");

    // What is missing is the training rows' mean or most frequent word; an unseen word is none of the column's.
    write(
        "island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,species\n\
         Atlantis,NA,,181,3750,male,no penguin\n",
    );
    let (code, out, told_) = told(at, &format!("predict {run} new.csv"));
    assert_eq!((code, table(&out).1.len()), (Some(0), 1), "{told_}");
    assert!(
        told_.contains("column `island`: 1 cell with a word that no training row has, such as `Atlantis`"),
        "{told_}"
    );

    for (text, word) in [
        ("island,bill_length_mm,bill_depth_mm,flipper_length_mm,sex\nDream,1,2,3,male\n", "no column `body_mass_g`"),
        (
            "island,bill_len_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex\nDream,1,2,3,4,male\n",
            "did you mean `bill_len_mm`?",
        ),
        (
            "island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex\nDream,long,2,3,4,male\n",
            "`new.csv`, line 2, column `bill_length_mm`: `long` is not a number",
        ),
    ] {
        write(text);
        let (code, out, told_) = told(at, &format!("predict {run} new.csv"));
        assert!(code == Some(2) && out.is_empty() && told_.contains(word), "{word}\n{told_}");
    }
    let (code, _, told_) = told(at, &format!("predict {run} absent.csv"));
    assert!(code == Some(2) && told_.contains("cannot read `absent.csv`"), "{told_}");
}

#[test]
fn a_file_to_predict_is_read_as_the_training_file_was() {
    let experiment = "[grid]\nepochs = 5\ndataset = { name = 'csv', path = 'decimal_comma.csv', decimal = ',', missing = 'refuse' }\n";
    let folder = trained(&["decimal_comma.csv"], experiment);
    let at = folder.path();
    let run = ids(at)[0];
    std::fs::write(at.join("new.csv"), "age;rooms\n9,5;3\n").expect("writes");
    let out = said(at, &format!("predict {run} new.csv"));
    let (header, rows) = table(&out);
    assert_eq!(header, ["prediction"]);
    let value: f64 = rows[0][0].parse().expect("a number");
    assert!((1.0..100.0).contains(&value), "in the target's own unit: {value}");
    std::fs::write(at.join("new.csv"), "age;rooms\n9,5;\n").expect("writes");
    let (code, _, told_) = told(at, &format!("predict {run} new.csv"));
    assert!(code == Some(2) && told_.contains("line 2, column `rooms`: the cell is missing"), "{told_}");
}

#[test]
fn a_file_without_a_header_has_its_columns_by_place_with_the_target_or_without() {
    for said_of_it in ["header = false, target = 'c4'", "names = ['a', 'b', 'c', 'kind'], target = 'kind'"] {
        let file = format!("[grid]\nepochs = 5\ndataset = {{ name = 'csv', path = 'trees.data', {said_of_it} }}\n");
        let folder = trained(&["trees.data"], &file);
        let at = folder.path();
        let run = ids(at)[0];
        let all = said(at, &format!("predict {run} trees.data"));
        let text = std::fs::read_to_string(at.join("trees.data")).expect("reads");
        let without = |line: &str| line.rsplit_once(',').expect("cells").0.to_owned() + "\n";
        std::fs::write(at.join("new.csv"), text.lines().map(without).collect::<String>()).expect("writes");
        assert_eq!(said(at, &format!("predict {run} new.csv")), all);
        std::fs::write(at.join("new.csv"), "1.0,2.0,high\n").expect("writes");
        let (code, _, told_) = told(at, &format!("predict {run} new.csv"));
        assert!(
            code == Some(2) && told_.contains("line 1, column") && told_.contains("`high` is not a number"),
            "{told_}"
        );
    }
}

#[test]
fn a_network_of_generated_points_takes_numbers_as_they_are_and_its_store_keeps_nothing_more() {
    let folder = trained(&[], "[train]\nepochs = 5\n[grid]\ndataset = 'xor'\n");
    let at = folder.path();
    std::fs::write(at.join("new.csv"), "x2,x1\n1.5,-2\n").expect("writes");
    let out = said(at, &format!("predict {} new.csv", ids(at)[0]));
    assert_eq!(table(&out).0, ["prediction", "p_0", "p_1"]);
    std::fs::write(at.join("new.csv"), "x2,x1\n1.5,\n").expect("writes");
    let (code, _, told_) = told(at, &format!("predict {} new.csv", ids(at)[0]));
    assert!(code == Some(2) && told_.contains("the cell is missing"), "{told_}");
    let connection = rusqlite::Connection::open(at.join(".tallow/store.db")).expect("opens");
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'table'", [], |row| row.get(0));
    assert_eq!(tables, Ok(3), "runs, observations, failures");
}

#[test]
fn the_best_setting_and_an_ensemble_of_its_seeds_are_chosen_from_an_experiment() {
    let folder = trained(&["penguins.csv"], PENGUINS);
    let at = folder.path();
    let (code, out, told_) = told(at, "predict e.toml penguins.csv");
    assert!(code == Some(2) && out.is_empty() && told_.contains("--best takes the best setting"), "{told_}");

    let (code, best, told_) = told(at, "predict e.toml penguins.csv --best");
    assert!(code == Some(0) && told_.contains("the best of 2 settings by validation_loss"), "{told_}");
    let run = told_.split("; run ").nth(1).and_then(|rest| rest.split(',').next()).expect("its name");
    assert_eq!(best, said(at, &format!("predict {run} penguins.csv")));

    let (code, ensemble, told_) = told(at, "predict e.toml penguins.csv --best --ensemble seeds");
    assert_eq!(code, Some(0), "{told_}");
    let rate = if told_.contains("learning_rate 0.03") { "0.03" } else { "0.003" };
    let one = |seed: u64| {
        let out = said(at, &format!("predict e.toml penguins.csv --only learning_rate={rate},seed={seed}"));
        table(&out).1
    };
    let numbers = |row: &[String]| row[1..].iter().map(|cell| cell.parse().expect("a number")).collect::<Vec<f64>>();
    for ((mean, a), b) in table(&ensemble).1.iter().zip(one(0)).zip(one(1)) {
        let (mean, a, b) = (numbers(mean), numbers(&a), numbers(&b));
        assert!(mean.iter().zip(a.iter().zip(&b)).all(|(mean, (a, b))| (mean - (a + b) / 2.0).abs() < 1e-7));
    }
    let (code, _, told_) = told(at, "predict e.toml penguins.csv --ensemble seeds");
    assert!(code == Some(2) && told_.contains("4 runs of `e` are meant, and one is needed"), "{told_}");
    let (code, _, told_) = told(at, &format!("predict {run} penguins.csv --ensemble seeds"));
    assert!(code == Some(2) && told_.contains("an ensemble is of all seeds of a setting"), "{told_}");
    let (code, _, told_) = told(at, &format!("predict {run} penguins.csv --best"));
    assert!(code == Some(2) && told_.contains("leave out --best"), "{told_}");
    let (code, _, told_) = told(at, "predict 0123456789 penguins.csv");
    assert!(code == Some(2) && told_.contains("no run in `.tallow/store.db` begins with `0123456789`"), "{told_}");
}

#[test]
fn test_rows_that_have_chosen_are_told_and_values_of_an_ensemble_are_averaged() {
    let houses = HOUSES.replace("[grid]\nseed = [0, 1]\n", "");
    let folder = trained(&["house_prices.csv"], &format!("seeds = 3\n{houses}[grid]\nlearning_rate = [0.001, 0.01]\n"));
    let at = folder.path();
    let (code, _, told_) = told(at, "predict e.toml house_prices.csv --best");
    assert!(
        code == Some(0)
            && told_.contains("best of 2 settings by test_loss")
            && told_.contains("the test rows have chosen it"),
        "{told_}"
    );
    let of = |arguments: &str| {
        let out = said(at, &format!("predict e.toml house_prices.csv {arguments}"));
        table(&out).1.iter().map(|row| row[0].parse().expect("a number")).collect::<Vec<f64>>()
    };
    let members: Vec<Vec<f64>> = (0..3).map(|seed| of(&format!("--only learning_rate=0.01,seed={seed}"))).collect();
    for (row, mean) in of("--only learning_rate=0.01 --ensemble seeds").into_iter().enumerate() {
        let sum: f64 = members.iter().map(|member| member[row]).sum();
        assert!((mean - sum / 3.0).abs() <= 1e-12 * mean.abs(), "{mean} {sum}");
    }
}

#[test]
fn a_run_that_diverged_predicts_nothing() {
    let folder = project(
        &["house_prices.csv"],
        "[train]\nepochs = 30\n[grid]\noptimizer = 'sgd'\nlearning_rate = 1e9\ndataset = { name = 'csv', path = 'house_prices.csv', target = 'price' }\n",
    );
    let at = folder.path();
    let (_, _, _) = told(at, "sweep e.toml --quiet --no-report");
    for arguments in ["predict e.toml house_prices.csv", "save e.toml --format json"] {
        let (code, out, told_) = told(at, arguments);
        assert!(code == Some(2) && out.is_empty() && told_.contains("diverged in epoch"), "{told_}");
    }
    let (code, _, told_) = told(at, "predict e.toml house_prices.csv --best");
    assert!(code == Some(2) && told_.contains("every stored run of `e` diverged"), "{told_}");
}

#[test]
fn a_store_without_the_preprocessing_fits_it_again_while_the_data_are_the_same() {
    let folder = trained(&["penguins.csv"], PENGUINS);
    let at = folder.path();
    let run = ids(at)[0];
    let before = said(at, &format!("predict {run} penguins.csv"));
    let connection = rusqlite::Connection::open(at.join(".tallow/store.db")).expect("opens");
    connection.execute_batch("DROP TABLE preprocessing").expect("as an older tallow left it");
    drop(connection);
    assert_eq!(said(at, &format!("predict {run} penguins.csv")), before);
    assert!(said(at, "store check").contains("sound"));
    std::fs::copy(at.join("penguins.csv"), at.join("new.csv")).expect("copies");
    let text = std::fs::read_to_string(at.join("penguins.csv")).expect("reads");
    std::fs::write(at.join("penguins.csv"), text.replace("39.1", "39.2")).expect("writes");
    let (code, _, told_) = told(at, &format!("predict {run} new.csv"));
    assert!(
        code == Some(2) && told_.contains("does not say how the columns of run") && told_.contains("--rerun"),
        "{told_}"
    );
    std::fs::remove_file(at.join("penguins.csv")).expect("removes");
    let (code, _, told_) = told(at, &format!("predict {run} new.csv"));
    assert!(code == Some(2) && told_.contains("cannot read"), "{told_}");
}

#[test]
fn what_is_kept_once_for_many_runs_needs_no_data_file_and_goes_along_with_a_merge_and_a_rescue() {
    let folder = trained(&["penguins.csv"], PENGUINS);
    let at = folder.path();
    let run = ids(at)[0];
    let before = said(at, &format!("predict {run} penguins.csv"));
    std::fs::rename(at.join("penguins.csv"), at.join("new.csv")).expect("moves");
    said(at, "store merge .tallow/store.db --into merged.db");
    for store in [".tallow/store.db", "merged.db"] {
        let count = rusqlite::Connection::open(at.join(store))
            .and_then(|store| store.query_row("SELECT count(*) FROM preprocessing", [], |row| row.get::<_, i64>(0)));
        assert_eq!(count, Ok(2), "one for each seed");
        assert_eq!(said(at, &format!("predict {run} new.csv --store {store}")), before);
    }
    let damage = "UPDATE preprocessing SET document = replace(document, '0', '1') WHERE rowid = 1";
    rusqlite::Connection::open(at.join("merged.db")).and_then(|store| store.execute_batch(damage)).expect("damaged");
    let (code, out, _) = told(at, "store check --store merged.db --salvage saved.db");
    assert!(code == Some(1) && out.contains("the preprocessing of data") && out.contains("4 runs saved"), "{out}");
    let kept = rusqlite::Connection::open(at.join("saved.db"))
        .and_then(|store| store.query_row("SELECT count(*) FROM preprocessing", [], |row| row.get::<_, i64>(0)));
    assert_eq!(kept, Ok(1));
    let (code, _, told_) = told(at, "store merge merged.db --into other.db");
    assert!(code != Some(0) && told_.contains("the preprocessing of data"), "{told_}");
}

#[test]
fn a_network_is_saved_whole_and_in_one_step() {
    let folder = trained(&["penguins.csv"], PENGUINS);
    let at = folder.path();
    let run = ids(at)[0];
    let json = said(at, &format!("save {run} --format json"));
    let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let record = records(at).swap_remove(0);
    assert_eq!(read["run"], record.id.full());
    assert_eq!(read["preprocessing"]["fitted"]["classes"], serde_json::json!(["Adelie", "Chinstrap", "Gentoo"]));
    for (layer, read) in record.outcome.layers.iter().zip(read["layers"].as_array().expect("a list")) {
        let numbers = |value: &serde_json::Value| -> Vec<f32> {
            match value.as_array() {
                Some(list) => list.iter().map(|x| x.as_f64().expect("a number") as f32).collect(),
                None => Vec::new(),
            }
        };
        let rows = read["weight"].as_array().expect("rows");
        assert_eq!(rows.iter().flat_map(numbers).collect::<Vec<f32>>(), layer.weight);
        assert_eq!(numbers(&read["bias"]), layer.bias);
    }
    for format in ["safetensors", "onnx", "json"] {
        let piped = tallow(at, &format!("save {run} --format {format}")).output().expect("runs").stdout;
        assert!(piped.len() > 1000);
        said(at, &format!("save {run} --format {format} -o network"));
        assert_eq!(std::fs::read(at.join("network")).expect("there"), piped, "in place of the one before");
    }
    let left = std::fs::read_dir(at).expect("a folder").filter(|entry| {
        let name = entry.as_ref().expect("an entry").file_name();
        name.to_string_lossy().starts_with(".tallow-")
    });
    assert_eq!(left.count(), 0, "nothing unfinished is left");
    for (output, word) in [("absent/network", "cannot write `absent/network`"), (".", "cannot write `.`")] {
        let (code, _, told_) = told(at, &format!("save {run} --format json -o {output}"));
        assert!(code == Some(1) && told_.contains(word), "{told_}");
    }
    let (code, _, told_) = told(at, &format!("save {run} --format pickle"));
    assert!(code == Some(2) && told_.contains("safetensors, onnx, json"), "{told_}");
}

/// A Python that has these modules.
fn python(modules: &str) -> Option<String> {
    let python = std::env::var("TALLOW_PYTHON").unwrap_or_else(|_| "python3".into());
    let has = Command::new(&python).args(["-c", &format!("import {modules}")]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        println!("skipped: no Python with {modules}");
        return None;
    }
    Some(python)
}

/// The Python of the page on networks, which begins so.
fn documented(first: &str) -> String {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/networks.md")).expect("the page");
    let block = page.split("```python\n").find(|block| block.starts_with(first)).expect("a block of Python");
    block.split("```").next().expect("its end").to_owned()
}

/// Saves every run and what it says of its file's rows, in a folder each.
fn saved(folder: &Path, file: &str) {
    for id in ids(folder) {
        let out = folder.join("saved").join(id.to_string());
        std::fs::create_dir_all(&out).expect("made");
        std::fs::copy(folder.join(file), out.join("new.csv")).expect("copies");
        for format in ["onnx", "safetensors"] {
            said(folder, &format!("save {id} --format {format} -o saved/{id}/network.{format}"));
        }
        std::fs::write(out.join("predictions.csv"), said(folder, &format!("predict {id} {file}"))).expect("writes");
    }
}

/// Every activation, and tables with numbers, words, truth values and missing cells, of every task and scale.
fn networks() -> Vec<tempfile::TempDir> {
    let activations: Vec<String> =
        tallow::activation::Activation::NAMES.iter().map(|name| format!("'{name}'")).collect();
    let all = activations.join(", ");
    // Of each: the file, what is said of it, and the rest of the experiment.
    let scales = "scale = ['standard', 'robust', 'quantile', 'none']";
    let bent = "{ name = 'leaky_relu', negative_slope = 0.2 }, { name = 'elu', elu_alpha = 0.5 }";
    let cases = [
        ("penguins.csv", "target = 'species'".to_owned(), format!("test = 0.25\nactivation = [{all}]")),
        (
            "penguins.csv",
            format!("target = 'island', columns = {{ year = 'category' }}, {scales}"),
            "validation = 0.2".into(),
        ),
        ("house_prices.csv", format!("target = 'price', {scales}"), "hidden = [[8, 4]]".into()),
        ("mixed.csv", format!("target = 'bought', {scales}"), format!("activation = [{bent}]")),
    ];
    cases
        .into_iter()
        .map(|(file, said_of_it, rest)| {
            let experiment =
                format!("[grid]\nepochs = 12\ndataset = {{ name = 'csv', path = '{file}', {said_of_it} }}\n{rest}\n");
            let files: Vec<&str> = [file].into_iter().filter(|file| *file != "mixed.csv").collect();
            let folder = project(&files, &experiment);
            if file == "mixed.csv" {
                let row = |i: usize| {
                    let colour = ["red", "blue", "", "green"][i % 4];
                    let member = ["yes", "No", ""][i % 3];
                    let age = if i.is_multiple_of(7) { String::new() } else { format!("{}.5", 20 + 3 * i % 47) };
                    format!("{colour},{age},{member},{},{}\n", i * i % 31, if (i * 7) % 5 < 2 { "yes" } else { "no" })
                };
                let rows: String = (0..60).map(row).collect();
                let text = format!("colour,age,member,visits,bought\n{rows}");
                std::fs::write(folder.path().join(file), text).expect("writes");
            }
            said(folder.path(), "sweep e.toml --quiet --no-report");
            saved(folder.path(), file);
            folder
        })
        .collect()
}

/// Reads what tallow printed, and compares.
const COMPARE: &str = r#"
import csv, glob, json, os, sys
import numpy

def predicted():
    rows = list(csv.reader(open("predictions.csv")))
    header, rows = rows[0], rows[1:]
    if len(header) == 1:
        return None, numpy.array([[float(row[0])] for row in rows])
    return [row[0] for row in rows], numpy.array([[float(cell) for cell in row[1:]] for row in rows])

def compare(about, what, ours, theirs, scale):
    worst = numpy.abs(ours - theirs).max() / scale
    # In f32 the order of a sum over inputs of thousands shows in the fifth digit.
    is_scaled = '"scale":{"affine":{"offset":0.0,"scale":1.0}}' not in json.dumps(about, separators=(",", ":"))
    assert ours.shape == theirs.shape, f"{os.getcwd()}: {ours.shape} {theirs.shape}"
    assert worst < (1e-6 if is_scaled else 1e-4), f"{os.getcwd()}: {what} differ by {worst}"
    return worst if is_scaled else 0
"#;

const WITH_ONNX: &str = r#"
worst = 0
for folder in sorted(folder for given in sys.argv[1:] for folder in glob.glob(os.path.join(given, "saved", "*"))):
    os.chdir(folder)
    scope = {}
    exec(DOCUMENTED, scope)
    outputs, (labels, numbers) = scope["outputs"], predicted()
    about = json.loads(scope["about"]["tallow"])
    if labels is None:
        worst = max(worst, compare(about, "values", outputs[0], numbers, numpy.ptp(numbers)))
    else:
        assert list(outputs[0]) == labels, f"{folder}: labels differ"
        worst = max(worst, compare(about, "probabilities", outputs[1], numbers, 1))
print("the largest difference is", worst)
"#;

#[test]
fn onnx_runtime_says_of_all_rows_what_tallow_says() {
    let Some(python) = python("numpy, onnxruntime, pandas") else { return };
    let load = documented("import json, onnxruntime").replace("houses.onnx", "network.onnx");
    compared(&python, &format!("{COMPARE}\nDOCUMENTED = '''{load}'''\n{WITH_ONNX}"));
}

/// Runs a script on all networks; it ends well if they agree.
fn compared(python: &str, script: &str) {
    let folders = networks();
    let mut command = Command::new(python);
    command.args(["-c", script]).args(folders.iter().map(tempfile::TempDir::path));
    let read = command.output().expect("runs");
    let (out, err) = (String::from_utf8_lossy(&read.stdout), String::from_utf8_lossy(&read.stderr));
    assert!(read.status.success() && out.contains("the largest difference is"), "{out}{err}");
    print!("{out}");
}

const WITH_TORCH: &str = r#"
PARTS = {
    "relu": torch.nn.ReLU, "leaky_relu": lambda negative_slope: torch.nn.LeakyReLU(negative_slope),
    "elu": lambda elu_alpha: torch.nn.ELU(elu_alpha), "selu": torch.nn.SELU, "gelu": torch.nn.GELU,
    "silu": torch.nn.SiLU, "mish": torch.nn.Mish, "softplus": torch.nn.Softplus, "softsign": torch.nn.Softsign,
    "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid, "linear": torch.nn.Identity,
    "gelu_tanh": lambda: torch.nn.GELU(approximate="tanh"), "relu6": torch.nn.ReLU6, "hardtanh": torch.nn.Hardtanh,
}

def prepared(about, rows):
    columns = []
    for feature in about["preprocessing"]["fitted"]["features"]:
        cells = [row[feature["name"]] for row in rows]
        missing = numpy.array([cell in ("", "NA") for cell in cells])
        (kind, how), = feature["encoding"].items()
        if kind == "words":
            levels = [word if known else None for word, known in how["levels"]]
            own = [[float(cell == level) for level in levels] for cell in cells]
            fill = [float(place == how["fill"]) for place in range(len(levels))]
            columns += list(numpy.array([fill if gone else one for one, gone in zip(own, missing)]).T)
        else:
            truths = {word.lower(): yes for word, yes in how.get("words", [])}
            number = (lambda cell: float(truths[cell.lower()])) if kind == "boolean" else float
            numbers = numpy.array([how["fill"] if gone else number(cell) for cell, gone in zip(cells, missing)])
            scale = how["scale"]["affine"]
            columns.append((numbers - scale["offset"]) * scale["scale"])
        if feature["indicator"] is not None:
            columns.append(missing * float(feature["indicator"]))
    return torch.tensor(numpy.stack(columns, 1).astype("float32"))

worst, count = 0, 0
for folder in sorted(folder for given in sys.argv[1:] for folder in glob.glob(os.path.join(given, "saved", "*"))):
    os.chdir(folder)
    about = json.loads(safe_open("network.safetensors", "pt").metadata()["tallow"])
    if "quantile" in json.dumps(about):
        continue
    scope = {"activation": lambda: PARTS[about["activation"]["name"]](**about["activation"]["settings"])}
    exec(DOCUMENTED, scope)
    network, (labels, numbers) = scope["network"], predicted()
    with torch.no_grad():
        raw = network(prepared(about, list(csv.DictReader(open("new.csv")))))
    count += 1
    if labels is None:
        scale = about["preprocessing"]["fitted"]["target_scale"]
        theirs = raw.double().numpy() / scale["scale"] + scale["offset"]
        worst = max(worst, compare(about, "values", theirs, numbers, numpy.ptp(numbers)))
    else:
        theirs = raw.softmax(1) if raw.shape[1] > 1 else torch.cat([1 - raw.sigmoid(), raw.sigmoid()], 1)
        worst = max(worst, compare(about, "probabilities", theirs.numpy(), numbers, 1))
assert count > 0
print("the largest difference is", worst)
"#;

#[test]
fn pytorch_loads_the_weights_and_says_of_all_rows_what_tallow_says() {
    let Some(python) = python("numpy, safetensors, torch") else { return };
    let load = documented("import json, torch").replace("houses.safetensors", "network.safetensors");
    // The network's own activation is handed in.
    let load = load.replace("activation = torch.nn.ReLU\n", "");
    let imports = "import torch\nfrom safetensors import safe_open";
    compared(&python, &format!("{imports}\n{COMPARE}\nDOCUMENTED = '''{load}'''\n{WITH_TORCH}"));
}
