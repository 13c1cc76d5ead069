use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::dataset::{Dataset, Kind};
use crate::param::{Settings, Value};

fn text(s: &str) -> Value {
    Value::Text(s.into())
}

fn texts(names: &[&str]) -> Value {
    Value::List(names.iter().map(|name| text(name)).collect())
}

fn with(settings: &[(&str, Value)]) -> Csv {
    let mut csv = Csv { path: "data.csv".into(), ..Csv::default() };
    for (name, value) in settings {
        csv.set(name, value).expect("an accepted value");
    }
    csv
}

fn read(settings: &[(&str, Value)], content: &str) -> CsvTable {
    with(settings).parse(Cursor::new(content)).expect("a good file")
}

#[track_caller]
fn refused(settings: &[(&str, Value)], content: impl AsRef<[u8]>, message: &str) {
    let error = with(settings).parse(Cursor::new(content)).expect_err("a bad file");
    assert_eq!(error.to_string(), message);
}

#[test]
fn marks_quotes_and_line_ends_do_not_matter() {
    let odd = read(&[], "\u{feff}a, b,kind\r\n1,2,red\r\n\r\n 3 ,\"4\",blue\r\n5,6,\"red\"");
    assert_eq!(odd.names(), ["a", "b"]);
    assert_eq!((odd.task(), odd.classes()), (Task::Binary, &["blue".to_owned(), "red".to_owned()][..]));
    assert_eq!((&odd.table().x[..], &odd.table().y[..]), (&[1., 2., 3., 4., 5., 6.][..], &[1., 0., 1.][..]));
    assert_eq!(odd, read(&[], "a,b,kind\n1,2,red\n3,4,blue\n5,6,red\n"));
    assert_eq!(read(&[("delimiter", text(";"))], "a;y\n1;0.5\n").table().y, [0.5]);
}

#[test]
fn columns_are_chosen_by_name() {
    let content = "a,b,c\n1.5,x,3\n2.5,y,4\n";
    let chosen = read(&[("target", text("a")), ("features", texts(&["c"]))], content);
    assert_eq!((&chosen.table().x[..], &chosen.table().y[..]), (&[3.0, 4.0][..], &[1.5, 2.5][..]));
    let swapped = read(&[("target", text("b")), ("features", texts(&["c", "a"]))], content);
    assert_eq!(swapped.table().x, [3.0, 1.5, 4.0, 2.5]);
    assert_eq!(read(&[("target", text("b"))], content).names(), ["a", "c"]);
}

#[test]
fn the_task_is_inferred_as_documented() {
    let task = |cells: &[&str]| {
        let rows: String = cells.iter().map(|cell| format!("0,{cell}\n")).collect();
        let table = read(&[], &format!("a,y\n{rows}"));
        (table.task(), table.classes().join(" "), table.table().y.clone())
    };
    let three = Task::Multiclass { classes: 3 };
    assert_eq!(task(&["1", "0", "1.0"]), (Task::Binary, "0 1".into(), vec![1.0, 0.0, 1.0]));
    assert_eq!(task(&["3", "1", "2"]), (three, "1 2 3".into(), vec![2.0, 0.0, 1.0]));
    assert_eq!(task(&["-1", "1"]), (Task::Binary, "-1 1".into(), vec![0.0, 1.0]));
    assert_eq!(task(&["b", "c", "a"]), (three, "a b c".into(), vec![1.0, 2.0, 0.0]));
    for cells in [&["0", "2"][..], &["0", "0.5"], &["1", "1"], &["2", "3"], &["-1", "0", "1"]] {
        assert_eq!(task(cells).0, Task::Regression, "{cells:?}");
    }
    let upto = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>();
    let words = |n: usize| task(&upto(n).iter().map(String::as_str).collect::<Vec<_>>()).0;
    assert_eq!((words(20), words(21)), (Task::Multiclass { classes: 20 }, Task::Regression));
}

#[test]
fn a_stated_task_wins() {
    let kind = |kind: &str, content: &str| read(&[("kind", text(kind))], content);
    assert_eq!(kind("regression", "a,y\n1,0\n2,1\n").task(), Task::Regression);
    assert_eq!(kind("multiclass", "a,y\n1,0\n2,1\n").task(), Task::Multiclass { classes: 2 });
    let mixed = kind("multiclass", "a,y\n1,10\n1,9\n1,NA\n");
    assert_eq!((mixed.classes(), &mixed.table().y[..]), (&["10", "9", "NA"].map(str::to_owned)[..], &[0., 1., 2.][..]));
    let numbers = kind("multiclass", "a,y\n1,10\n1,9\n1,2.5\n");
    assert_eq!(numbers.classes(), ["2.5", "9", "10"], "numbers are in the order of numbers");
}

#[test]
fn a_bad_cell_is_told_with_line_and_column() {
    let lines = "a,y\n1,2\n\n";
    refused(&[], format!("{lines},3\n"), "`data.csv`, line 4, column `a`: the cell is empty");
    refused(&[], format!("{lines}NaN,3\n"), "`data.csv`, line 4, column `a`: `NaN` is not a finite number");
    refused(&[], format!("{lines}1e39,3\n"), "`data.csv`, line 4, column `a`: `1e39` is not a finite number");
    refused(&[], format!("{lines}\"two\n\",3\n"), "`data.csv`, line 4, column `a`: `two` is not a finite number");
    refused(&[], "a,y\n1,\n", "`data.csv`, line 2, column `y`: the cell is empty");
    for lines in ["\u{feff}a,y\r\n1,2\r\n\r\n", "\n\na,y\n", "a,y\r1,2\r\r", "\u{feff}a,y\n\"1\n\",2\n"] {
        refused(&[], format!("{lines}one,3\n"), "`data.csv`, line 4, column `a`: `one` is not a finite number");
    }
    refused(&[], "a,y\r\n1,2\r\n1,2,3\r\n", "`data.csv`, line 3: has 3 cells where the header has 2");
    refused(&[], "a,y\n1,2\n1\n", "`data.csv`, line 3: has 1 cell where the header has 2");
    refused(&[], b"a,y\n1,caf\xe9\n", "`data.csv`, line 2, column `y`: is not UTF-8 text");
    refused(&[], b"a,\xff\n1,2\n", "`data.csv`, line 1: is not UTF-8 text");
    let hostile = "a,y\n\u{1b}[2J\u{202e},1\n";
    refused(&[], hostile, r"`data.csv`, line 2, column `a`: `\u{1b}[2J\u{202e}` is not a finite number");
}

#[test]
fn a_bad_target_is_told() {
    let unsure = r#"is not a number; if it is a class, say `kind = "multiclass"`"#;
    refused(&[], "a,y\n1,2.5\n1,oops\n", &format!("`data.csv`, line 3, column `y`: `oops` {unsure}"));
    refused(&[], "a,y\n1,red\n1,NA\n", &format!("`data.csv`, line 3, column `y`: `NA` {unsure}"));
    refused(&[], "a,y\n1,red\n2,red\n", "`data.csv`, column `y`: holds one class only");
    let kind = |kind: &str| [("kind", text(kind))];
    refused(&kind("regression"), "a,y\n1,red\n", "`data.csv`, line 2, column `y`: `red` is not a finite number");
    refused(&kind("binary"), "a,y\n1,0\n1,1\n1,2\n", "`data.csv`, column `y`: holds 3 classes, not two");
    refused(
        &kind("both"),
        "a,y\n1,2\n",
        "`data.csv`, column `y`: kind `both` is none of auto, regression, binary, multiclass",
    );
    let names: String = (0..1001).map(|i| format!("1,name {i}\n")).collect();
    refused(&[], format!("a,y\n{names}"), "`data.csv`, column `y`: holds more than 1000 classes");
}

#[test]
fn a_bad_header_is_told() {
    let two = "needs at least two columns, a feature and the target";
    refused(&[], "", &format!("`data.csv`, line 1: {two}"));
    refused(&[], "y\n1\n", &format!("`data.csv`, line 1: {two}"));
    refused(&[], "a;y\n1;2\n", &format!("`data.csv`, line 1: {two}; say `delimiter = \";\"` if that parts them"));
    refused(&[], "a,y\n", "`data.csv`: has a header but no rows");
    refused(&[], "a,a\n1,2\n", "`data.csv`, line 1: has two columns named `a`");
    refused(&[], "1,2\n3,4\n", "`data.csv`, line 1: holds numbers where the names of the columns belong");
    let nameless = "column 1 has no name; name it, or list the `features` to use";
    refused(&[], ",a,y\n0,1,2\n", &format!("`data.csv`, line 1: {nameless}"));
    refused(&[("delimiter", text("ab"))], "a,y\n1,2\n", "`data.csv`: `delimiter` must be one ASCII character");
    let target = |name: &str| [("target", text(name))];
    refused(&target("z"), "a,y\n1,2\n", "`data.csv`, line 1: has no column `z`; there are a, y");
    refused(&target("Lable"), "a,label\n1,2\n", "`data.csv`, line 1: has no column `Lable`; did you mean `label`?");
    let features = |names: &[&str]| [("features", texts(names))];
    refused(&features(&["a", "y"]), "a,y\n1,2\n", "`data.csv`: `y` is both a feature and the target");
    refused(&features(&["a", "a"]), "a,y\n1,2\n", "`data.csv`: `a` is listed twice in `features`");
}

#[test]
fn the_hash_follows_what_is_used_of_the_file() {
    let hash = |content: &str| read(&[("features", texts(&["a"])), ("target", text("y"))], content).hash().to_owned();
    assert_eq!(hash("a,b,y\n1,8,0.5\n2,9,0.25\n"), hash("y,a\r\n0.50,1.0\r\n.25,2\r\n"));
    assert_ne!(hash("a,y\n1,0.5\n2,0.25\n"), hash("a,y\n1,0.5\n2,0.26\n"));
    assert_ne!(hash("a,y\n1,red\n2,blue\n"), hash("a,y\n1,red\n2,black\n"));
}

/// A CSV dataset of a file of that content, opened.
fn opened(csv: Csv, content: &str) -> Dataset {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(&csv.path), content).expect("written");
    Dataset::new(Kind::Csv(csv)).open(folder.path()).expect("a good file")
}

#[test]
fn a_file_makes_a_dataset_with_split_and_standardization_by_the_training_part() {
    let rows: String = (0..50).map(|i| format!("{i},7,{}\n", f64::from(i) / 4.0)).collect();
    let mut set = opened(with(&[("standardize", Value::Bool(true))]), &format!("a,b,y\n{rows}"));
    set.sampling.test = 0.2;
    let data = set.generate(3).expect("made");
    assert_eq!((data.features, data.train.len(), data.test.len(), set.train_len()), (2, 40, 10, 40));
    assert_eq!((set.len(), set.feature_names()), (50, vec!["a".to_owned(), "b".to_owned()]));
    let column = |i: usize| data.train.x.iter().skip(i).step_by(2).map(|&x| f64::from(x)).collect::<Vec<_>>();
    let (mean, square) = (column(0).iter().sum::<f64>() / 40.0, column(0).iter().map(|x| x * x).sum::<f64>() / 40.0);
    assert!(mean.abs() < 1e-6 && (square - 1.0).abs() < 1e-6, "{mean} {square}");
    assert!(column(1).iter().all(|&x| x == 0.0), "a constant input says nothing");
    assert_ne!(data.train, set.generate(4).expect("made").train, "the split varies with the replicate");
}

#[test]
fn a_file_used_as_it_stands_is_kept_once_for_all_replicates() {
    let mut set = opened(with(&[]), "a,y\n1,0.5\n2,0.25\n");
    let cache = crate::dataset::Cache::default();
    let same =
        |set: &Dataset| std::sync::Arc::ptr_eq(&cache.get(set, 1).expect("made"), &cache.get(set, 2).expect("made"));
    assert!(same(&set));
    set.sampling.test = 0.5;
    assert!(!same(&set));
}

#[test]
fn the_split_does_not_move_with_the_file_or_the_columns_used() {
    let content = "a,b,y\n1,2,3\n2,3,4\n3,4,5\n4,5,6\n5,6,7\n6,7,8\n7,8,9\n8,9,10\n";
    let targets = |csv: Csv| {
        let mut set = opened(csv, content);
        set.sampling.test = 0.5;
        set.generate(1).expect("made").test.y
    };
    let moved = Csv { path: "elsewhere.csv".into(), ..with(&[("features", texts(&["b"]))]) };
    assert_eq!(targets(with(&[])), targets(moved));
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
    assert_eq!(error(""), "``: dataset `csv` needs the `path` of a file");
    let unopened = Dataset::new(Kind::Csv(with(&[]))).generate(0).expect_err("not opened").to_string();
    assert_eq!(unopened, "`data.csv` has not been opened");
}

/// What a slip, an editor or a broken disk may put into a file.
fn damage() -> impl Strategy<Value = Vec<u8>> {
    let soup = "[0-9a-ceinfNA.,;\"'\n\r\t\u{0}\u{feff}\u{e9}-]{0,8}".prop_map(String::into_bytes);
    prop_oneof![prop::collection::vec(any::<u8>(), 0..6), soup]
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = with(&[]).parse(Cursor::new(bytes));
    }

    #[test]
    fn any_damage_to_a_good_file_is_read_or_refused(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..8_usize, damage()), 1..6),
        delimiter in prop::sample::select(&[",", ";"]),
    ) {
        let mut bytes = b"\xef\xbb\xbfa, b,\"c c\",kind\r\n1,2.5,-3e4,red\r\n\n 4 ,\"5\",.6,blue\n7,8,9,\"red\"\n".to_vec();
        for (at, length, new) in cuts {
            let from = at.index(bytes.len() + 1);
            let to = (from + length).min(bytes.len());
            bytes.splice(from..to, new);
        }
        for kind in ["auto", "binary", "multiclass", "regression"] {
            let csv = with(&[("kind", text(kind)), ("delimiter", text(delimiter))]);
            if let Ok(read) = csv.parse(Cursor::new(&bytes)) {
                let Table { x, y, .. } = read.table();
                prop_assert_eq!(x.len(), y.len() * read.features());
                prop_assert!(x.iter().chain(y).all(|number| number.is_finite()));
            }
        }
    }

    #[test]
    fn any_cells_are_read_or_refused(cells in "[a-c0-9.,\"\n\r\u{e9}-]{0,80}") {
        for kind in ["auto", "binary", "multiclass", "regression"] {
            let _ = with(&[("kind", text(kind))]).parse(Cursor::new(format!("a,b\n{cells}")));
        }
    }

    #[test]
    fn numbers_are_read_to_the_bit(numbers in prop::collection::vec((any::<f32>(), any::<f32>()), 1..20)) {
        let finite: Vec<(f32, f32)> = numbers.into_iter().filter(|(a, y)| a.is_finite() && y.is_finite()).collect();
        prop_assume!(!finite.is_empty());
        let rows: String = finite.iter().map(|(a, y)| format!("{a},{y}\n")).collect();
        let table = read(&[("kind", text("regression"))], &format!("a,y\n{rows}")).table().clone();
        let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let (a, y): (Vec<f32>, Vec<f32>) = finite.into_iter().unzip();
        prop_assert_eq!((bits(&table.x), bits(&table.y)), (bits(&a), bits(&y)));
    }
}
