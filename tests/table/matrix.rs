//! From a table to what a network takes, and the same for a table that comes later.

use tallow::table::{
    Baseline, ColumnKind, FeatureEncoding, Fitted, Matrix, Reading, Scale, Scaling, Unseen, fit, read_file, understand,
};

use super::{file, numbers, saying, text};

fn all(rows: usize) -> Vec<u32> {
    (0..rows as u32).collect()
}

/// Fitted to all rows of a text.
fn fitted(of: &str, reading: &Reading, scaling: Scaling) -> (Fitted, Matrix) {
    let (table, understood) = text(of, reading);
    let fitted = fit(&table, &understood, &all(table.rows), scaling, true);
    let matrix = fitted.transform(&table, None).expect("transformed");
    (fitted, matrix)
}

fn column(matrix: &Matrix, column: usize) -> Vec<f32> {
    matrix.x.iter().skip(column).step_by(matrix.features).copied().collect()
}

#[test]
fn three_hundred_time_stamps_stay_three_hundred() {
    let (table, understood) = file("time.csv", &Reading::default());
    let fitted = fit(&table, &understood, &all(table.rows), Scaling::Standard, true);
    let matrix = fitted.transform(&table, None).expect("transformed");
    let stamps: std::collections::BTreeSet<u32> = column(&matrix, 3).iter().map(|x| x.to_bits()).collect();
    assert_eq!(stamps.len(), 300);
}

/// Standardizing removes a constant, so that two files that differ by one are one.
#[test]
fn a_shift_of_a_billion_leaves_what_is_trained_on_alone() {
    let of = |name| {
        let (table, understood) = file(name, &Reading::default());
        let fitted = fit(&table, &understood, &all(table.rows), Scaling::Standard, true);
        fitted.transform(&table, None).expect("transformed")
    };
    let (stamps, shifted) = (of("stamps.csv"), of("shifted.csv"));
    let most = stamps.x.iter().zip(&shifted.x).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(most < 1e-6, "{most}");
}

#[test]
fn the_statistics_are_those_of_the_training_rows() {
    let (table, understood) = text("a,w,y\n1,red,1\n3,red,3\n,blue,5\n100,green,7.5\n", &Reading::default());
    let fitted = fit(&table, &understood, &[0, 1], Scaling::Standard, true);
    let matrix = fitted.transform(&table, None).expect("transformed");
    assert_eq!(fitted.names(), ["a", "a is missing", "w = blue", "w = green", "w = red"]);
    assert_eq!(column(&matrix, 0), [-1.0, 1.0, 0.0, 98.0]);
    assert_eq!(column(&matrix, 1), [0.0; 4], "no training row is missing, so nothing was learnt of it");
    assert_eq!(column(&matrix, 4), [1.0, 1.0, 0.0, 0.0]);
    assert_eq!((column(&matrix, 2), column(&matrix, 3)), (vec![0.0; 4], vec![0.0; 4]), "words unseen in training");
    assert_eq!(matrix.unseen, [Unseen { column: "w".into(), word: "blue".into(), cells: 2 }]);
    assert_eq!(matrix.y, [-1.0, 1.0, 3.0, 5.5]);
    assert_eq!(fitted.target_scale.original(3.0), 5.0);
}

#[test]
fn missing_cells_are_the_mean_or_the_most_frequent_word_and_say_so() {
    let (fitted, matrix) =
        fitted("a,w,b,y\n1,red,yes,1\n,red,no,3\n5,,yes,5\n6,blue,,7.5\n", &Reading::default(), Scaling::None);
    assert_eq!(fitted.names(), ["a", "a is missing", "w = blue", "w = red", "w is missing", "b", "b is missing"]);
    assert_eq!(matrix.x[7..14], [4.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    assert_eq!(matrix.x[14..21], [5.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0]);
    assert_eq!(matrix.x[21..28], [6.0, 0.0, 1.0, 0.0, 0.0, (2.0_f64 / 3.0) as f32, 1.0]);
}

#[test]
fn standardizing_is_three_operations_of_doubles_rounded_once() {
    let values = [1.1, 2.3, -7.9, 1e-3, 5.5];
    let lines: String = values.iter().map(|x| format!("{x},{x}\n")).collect();
    let (fitted, matrix) = fitted(&format!("a,y\n{lines}"), &Reading::default(), Scaling::Standard);
    let FeatureEncoding::Number { scale: Scale::Affine { offset, scale }, .. } = fitted.features[0].encoding else {
        panic!("a number");
    };
    let expected: Vec<f32> = values.iter().map(|x| ((x - offset) * scale) as f32).collect();
    assert_eq!(matrix.x, expected);
    assert_eq!(matrix.y, expected, "the target likewise");
}

#[test]
fn a_number_too_large_for_the_network_is_refused_unless_it_is_scaled() {
    let of = "a,y\n1e39,0.5\n2e39,1.5\n3e39,2.5\n";
    let (table, understood) = text(of, &Reading::default());
    let unscaled = fit(&table, &understood, &all(3), Scaling::None, true);
    let error = unscaled.transform(&table, None).expect_err("refused").to_string();
    assert!(
        error.starts_with("line 2, column `a`: `1e39` is too large") && error.contains("scale = \"standard\""),
        "{error}"
    );
    let (_, matrix) = fitted(of, &Reading::default(), Scaling::Standard);
    assert_eq!(matrix.x[1], 0.0);
}

#[test]
fn what_was_fitted_is_kept_whole_and_reads_another_file() {
    let reading = Reading { target: Some("species".into()), ..Reading::default() };
    let (table, understood) = file("penguins.csv", &reading);
    let train: Vec<u32> = (0..table.rows as u32).filter(|row| row % 3 > 0).collect();
    for scaling in [Scaling::Standard, Scaling::Robust, Scaling::Quantile, Scaling::None] {
        let fitted = fit(&table, &understood, &train, scaling, true);
        let kept: Fitted = serde_json::from_str(&serde_json::to_string(&fitted).expect("JSON")).expect("JSON");
        assert_eq!(kept, fitted);
        let again = kept.read_file(std::path::Path::new("tests/data/penguins.csv"), &Reading::default()).expect("read");
        assert_eq!(
            kept.transform(&again, None).expect("transformed"),
            fitted.transform(&table, None).expect("transformed")
        );
    }
    let fitted = fit(&table, &understood, &train, Scaling::Standard, true);
    assert_eq!(fitted.width(), 15);
    let new = "year;sex;island;bill_depth_mm;flipper_length_mm;note;body_mass_g;bill_length_mm\n\
               2009;male;Atlantis;18,7;181;strange;3750;39,1\n2009;;Dream;?;181;;3750;39,1\n";
    let new = fitted.read(new.as_bytes(), &Reading { decimal: ',', ..Reading::default() }).expect("read");
    let matrix = fitted.transform(&new, None).expect("transformed");
    assert_eq!((matrix.rows, matrix.y.len(), matrix.features), (2, 0, 15));
    assert_eq!(matrix.unseen, [Unseen { column: "island".into(), word: "Atlantis".into(), cells: 1 }]);
    let lacking = fitted.read(b"sex,island\nmale,Dream\n", &Reading::default()).expect_err("refused").to_string();
    assert!(lacking.lines().count() == 5 && lacking.contains("no column `bill_length_mm`"), "{lacking}");
}

#[test]
fn another_file_has_the_columns_kinds_of_the_first() {
    let (table, understood) =
        text("code,flag,y\n1,yes,a\nB,no,b\n2,yes,a\n", &saying(&[("code", ColumnKind::Category)]));
    let fitted = fit(&table, &understood, &all(3), Scaling::None, true);
    let new = |text: &str| {
        let table = fitted.read(text.as_bytes(), &Reading::default()).map_err(|error| error.to_string())?;
        fitted.transform(&table, None).map_err(|error| error.to_string())
    };
    let matrix = new("code,flag,y\n2,TRUE,b\n1,no,a\n").expect("transformed");
    assert_eq!((matrix.x, matrix.y), (vec![0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0], vec![1.0, 0.0]));
    let error = new("code,flag,y\n2,maybe,b\n").expect_err("refused");
    assert!(error.starts_with("line 2, column `flag`: `maybe` is not one of the two words"), "{error}");
    let error = new("code,flag,y\n2,no,c\n").expect_err("refused");
    assert!(error.starts_with("line 2, column `y`: `c` is not a class"), "{error}");
}

#[test]
fn classes_named_by_numbers_are_found_however_they_are_written() {
    let (table, understood) = text("x,y\n1,2\n2,4\n3,2\n4,4\n", &Reading::default());
    let fitted = fit(&table, &understood, &all(4), Scaling::None, true);
    let new = fitted.read(b"x,y\n1,4.0\n2,2\n", &Reading::default()).expect("read");
    assert_eq!(fitted.transform(&new, None).expect("transformed").y, [1.0, 0.0]);
    let strange = fitted.read(b"x,y\n1,3\n", &Reading::default()).expect("read");
    assert!(fitted.transform(&strange, None).expect_err("refused").to_string().contains("`3` is not a class"));
}

#[test]
fn weights_come_along() {
    let (_, matrix) = fitted("a,w,y\n1,0.5,1\n2,0,3\n3,2,4.5\n", &saying(&[("w", ColumnKind::Weight)]), Scaling::None);
    assert_eq!((matrix.weights, matrix.features), (Some(vec![0.5, 0.0, 2.0]), 1));
}

#[test]
fn rows_are_those_asked_for_in_that_order() {
    let (table, understood) = file("iris.csv", &Reading::default());
    let fitted = fit(&table, &understood, &all(150), Scaling::None, true);
    let matrix = fitted.transform(&table, Some(&[149, 0])).expect("transformed");
    assert_eq!((matrix.x[0], matrix.x[4], matrix.y), (5.9, 5.1, vec![2.0, 0.0]));
    assert_eq!(numbers(&table, "petal width")[149], 1.8);
}

#[test]
fn the_constant_predictor_of_a_rare_class_is_right_most_of_the_time() {
    let (_, understood) = file("rare.csv", &Reading::default());
    let target = &understood.target;
    let rows = || target.values.iter().map(|&y| (y, 1.0));
    let baseline = Baseline::of(target.task, target.classes.len(), rows());
    let score = baseline.score(rows()).expect("rows");
    assert_eq!(score.accuracy, Some(0.95));
    assert!((score.loss - 0.198_515_243_345_872_3).abs() < 1e-12, "{}", score.loss);
}

#[test]
fn a_file_that_is_not_there_is_an_error_of_reading() {
    let error = read_file(std::path::Path::new("tests/data/gone.csv"), &Reading::default()).expect_err("refused");
    assert!(matches!(error, tallow::table::TableError::Read(_)), "{error}");
    let error = read_file(std::path::Path::new("tests/data"), &Reading::default()).expect_err("refused").to_string();
    assert_eq!(error, "is not a regular file");
    let (table, _) = text("x,y\n1,0.5\n2,1.5\n", &Reading::default());
    assert!(understand(&table, &Reading::default()).is_ok());
}
