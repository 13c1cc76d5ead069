//! A file as a dataset: its samples, splits and scales by replicate, its identity.

use std::sync::Arc;

use tallow::dataset::{Cache, Csv, Data, Dataset, Kind};
use tallow::param::{Settings, Value};

fn text(s: &str) -> Value {
    Value::Text(s.into())
}

fn with(settings: &[(&str, Value)]) -> Csv {
    let mut csv = Csv { path: "data.csv".into(), ..Csv::default() };
    for (name, value) in settings {
        csv.set(name, value).expect("an accepted value");
    }
    csv
}

/// A dataset of a file of that content, opened.
fn opened(csv: Csv, content: &str) -> Dataset {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(&csv.path), content).expect("written");
    Dataset::new(Kind::Csv(csv)).open(folder.path()).expect("a good file")
}

fn made(set: &Dataset, seed: u64) -> Data {
    set.generate(seed).expect("made")
}

/// Rows `i, 7, i / 4`.
fn fifty() -> String {
    "a,b,y\n".to_owned() + &(0..50).map(|i| format!("{i},7,{}\n", f64::from(i) / 4.0)).collect::<String>()
}

#[test]
fn a_file_makes_a_dataset_that_is_split_and_scaled_by_its_training_rows() {
    let mut set = opened(with(&[]), &fifty());
    (set.sampling.test, set.sampling.validation) = (0.2, 0.1);
    let data = made(&set, 3);
    assert_eq!((data.train.len(), data.validation.len(), data.test.len()), (35, 5, 10));
    assert_eq!((data.features, set.train_len(3), set.len()), (2, 35, 50));
    assert_eq!(set.feature_names(), ["a", "b"]);
    let moments = |values: Vec<f64>| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (mean, values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / values.len() as f64)
    };
    let column = |i: usize| data.train.x.iter().skip(i).step_by(2).map(|&x| f64::from(x)).collect::<Vec<_>>();
    let targets = data.train.y.iter().map(|&y| f64::from(y)).collect();
    for (mean, square) in [moments(column(0)), moments(targets)] {
        assert!(mean.abs() < 1e-6 && (square - 1.0).abs() < 1e-6, "{mean} {square}");
    }
    assert!(column(1).iter().all(|&x| x == 0.0), "a constant input says nothing");
    assert_ne!(data.train, made(&set, 4).train, "the split varies with the replicate");
    let before = data.test.y.iter().map(|&y| data.target.original(f64::from(y)));
    assert!(before.map(|y| (y * 4.0 - (y * 4.0).round()).abs()).all(|away| away < 1e-4), "targets are quarters");
}

#[test]
fn more_validation_leaves_the_test_rows_alone() {
    let test = |validation: f64| {
        let mut set = opened(with(&[("target_scale", text("none"))]), &fifty());
        (set.sampling.test, set.sampling.validation) = (0.2, validation);
        made(&set, 3).test.y
    };
    assert_eq!(test(0.0), test(0.3));
}

#[test]
fn a_file_used_as_it_stands_is_kept_once_for_all_replicates() {
    let mut set = opened(with(&[]), "a,y\n1,0.5\n2,0.25\n3,0.125\n");
    let cache = Cache::default();
    let same = |set: &Dataset| Arc::ptr_eq(&cache.get(set, 1).expect("made"), &cache.get(set, 2).expect("made"));
    assert!(same(&set));
    set.sampling.test = 0.5;
    assert!(!same(&set));
}

#[test]
fn the_split_does_not_move_with_the_place_the_columns_or_the_scale() {
    let targets = |path: &str, settings: &[(&str, Value)]| {
        let csv = Csv { path: path.into(), ..with(&[settings, &[("target_scale", text("none"))]].concat()) };
        let mut set = opened(csv, &fifty());
        set.sampling.test = 0.5;
        made(&set, 1).test.y
    };
    let features = ("features", Value::List(vec![text("b")]));
    assert_eq!(targets("data.csv", &[]), targets("elsewhere.csv", &[features, ("scale", text("robust"))]));
}

#[test]
fn test_rows_may_have_a_file_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("train.csv"), "a,kind\n1,no\n2,yes\n4,no\n5,yes\n").expect("written");
    let open = |test: &str| {
        std::fs::write(folder.path().join("test.csv"), test).expect("written");
        let csv = Csv { path: "train.csv".into(), ..with(&[("test_path", text("test.csv"))]) };
        Dataset::new(Kind::Csv(csv)).open(folder.path())
    };
    let set = open("kind;a;more\nyes;3;x\n").expect("another order, another delimiter");
    let data = made(&set, 0);
    assert_eq!((data.train.len(), &data.test.y[..], &data.test.x[..]), (4, &[1.0][..], &[0.0][..]));
    let other = open("kind;a;more\nyes;4;x\n").expect("a good file");
    assert_ne!(set.content_hash(), other.content_hash(), "another test row");
    let error = |test: &str| open(test).expect_err("a bad file").to_string();
    assert!(error("a\n3\n").contains("has no column `kind`"), "{}", error("a\n3\n"));
    assert!(error("kind\nyes\n").contains("has no column `a`"));
    assert!(error("a,kind\n3,maybe\n").contains("`maybe` is not a class of the training rows"));
    let mut set = set;
    set.sampling.test = 0.5;
    assert!(set.generate(0).expect_err("two kinds of test rows").to_string().contains("a file of their own"));
}

#[test]
fn the_hash_follows_the_content_and_its_reading_and_not_the_place() {
    let hash = |path: &str, settings: &[(&str, Value)], content: &str| {
        opened(Csv { path: path.into(), ..with(settings) }, content).content_hash().expect("a file").to_owned()
    };
    let table = "a,b,y\n1,8,0.5\n2,9,0.25\n3,7,1\n";
    let same = hash("data.csv", &[], table);
    assert_eq!(same, hash("moved.csv", &[], &table.replace(',', ";").replace('\n', "\r\n")));
    assert_ne!(same, hash("data.csv", &[], &table.replace("0.25", "0.26")));
    assert_ne!(same, hash("data.csv", &[("target", text("b"))], table));
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = |path: &str| {
        let csv = Csv { path: path.into(), ..Csv::default() };
        Dataset::new(Kind::Csv(csv)).open(folder.path()).expect_err("no file").to_string()
    };
    assert!(error("none.csv").starts_with("cannot read `none.csv`: "));
    assert_eq!(error("."), "`.`: is not a regular file");
    assert_eq!(error(""), "dataset `csv` needs the `path` of a file");
    let unopened = Dataset::new(Kind::Csv(with(&[]))).generate(0).expect_err("not opened").to_string();
    assert_eq!(unopened, "`data.csv` has not been opened");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("data.csv"), fifty()).expect("written");
    let error = |settings: &[(&str, Value)]| {
        Dataset::new(Kind::Csv(with(settings))).open(folder.path()).expect_err("a contradiction").to_string()
    };
    let off = ("standardize", Value::Bool(false));
    assert_eq!(
        error(&[off, ("scale", text("robust"))]),
        "`standardize = false` and `scale = \"robust\"` contradict each other"
    );
    assert!(error(&[("split", text("group"))]).contains("needs the column"));
    assert!(error(&[("split_column", text("a"))]).contains("has no column"));
    assert!(error(&[("delimiter", text("ab"))]).contains("one ASCII character"));
    assert!(error(&[("decimal", text(",")), ("thousands", text(","))]).contains("both `,`"));
}

#[test]
fn what_was_understood_is_said() {
    let rows: String = (0..40).map(|i| format!("{i},{},{}\n", i % 3, ["no", "yes"][usize::from(i > 20)])).collect();
    let mut set = opened(with(&[]), &format!("a,b,kind\n{rows}"));
    set.sampling.test = 0.25;
    let statement = set.statement((0..3).map(|seed| (seed, None))).expect("a file").expect("splits").to_string();
    for said in [
        "data.csv, CSV, cells parted by `,`, names on line 1",
        "40: 30 to train, 10 to test",
        "2 columns (2 numbers), 2 inputs",
        "`kind`: 2 classes no (21), yes (19) (binary, inferred)",
        "on the test rows without looking at the inputs",
        "`a` alone tells the target",
        "the rows are sorted by the target",
    ] {
        assert!(statement.contains(said), "{said}\n{statement}");
    }
}

#[test]
fn classes_that_a_part_lacks_are_told_with_how_often() {
    let rows: String = (0..60).map(|i| format!("{i},{}\n", if i == 7 { "rare" } else { "plain" })).collect();
    let mut set = opened(with(&[]), &format!("a,kind\n{rows}"));
    set.sampling.test = 0.25;
    let statement = set.statement((0..10).map(|seed| (seed, None))).expect("a file").expect("splits").to_string();
    assert!(statement.contains("class `rare` has no row among the test rows in 10 of 10 replicates"), "{statement}");
}
