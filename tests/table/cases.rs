//! Files that tripped others up, and this project once.

use tallow::table::{Reading, Task, Warning, warnings};

use super::{file, file_refused, names, numbers, task};

fn plain() -> Reading {
    Reading::default()
}

fn no_header() -> Reading {
    Reading { header: Some(false), ..plain() }
}

#[test]
fn a_first_row_that_is_data_is_asked_about() {
    for (name, cell) in [
        ("trees.data", "6.8"),
        ("yes_no.csv", "25"),
        ("iris.data", "5.8"),
        ("wdbc.data", "0.3856"),
        ("wine.data", "13.74"),
    ] {
        let error = file_refused(name, &plain());
        assert!(error.starts_with("line 1: the first row looks like data"), "{name}: {error}");
        assert!(error.contains(&format!("`{cell}`")) && error.contains("header = false"), "{name}: {error}");
    }
}

#[test]
fn without_a_header_every_row_is_kept() {
    for (name, rows, columns) in
        [("trees.data", 24, 4), ("yes_no.csv", 24, 4), ("iris.data", 150, 5), ("wine.data", 178, 14)]
    {
        let (table, _) = file(name, &no_header());
        assert_eq!((table.rows, table.columns.len()), (rows, columns), "{name}");
        assert_eq!(names(&table)[..2], ["c1", "c2"]);
    }
    let (_, iris) = file("iris.data", &no_header());
    assert_eq!(task(&iris), (Task::Multiclass, vec![("setosa", 50), ("versicolor", 50), ("virginica", 50)]));
    let (_, yes_no) = file("yes_no.csv", &no_header());
    assert_eq!(task(&yes_no), (Task::Binary, vec![("no", 13), ("yes", 11)]));
}

#[test]
fn a_header_of_numbers_is_names_where_it_is_said() {
    let said = Reading { header: Some(true), ..plain() };
    let (table, _) = file("iris.data", &said);
    assert_eq!((table.rows, names(&table)[0]), (149, "5.8"));
}

#[test]
fn a_target_in_another_notation_is_refused_with_the_edit() {
    let error = file_refused("decimal_comma.csv", &plain());
    assert!(
        error.starts_with("line 2, column `rent`: `25,90` is not a number as it is written (30 such cells)"),
        "{error}"
    );
    assert!(error.contains("`decimal = \",\"`"), "{error}");
    let (table, understood) = file("decimal_comma.csv", &Reading { decimal: ',', ..plain() });
    assert_eq!((numbers(&table, "rent")[0], understood.target.task), (25.9, Task::Regression));

    let error = file_refused("thousands.csv", &plain());
    assert!(error.starts_with("line 2, column `price`: `8,143` is not a number as it is written"), "{error}");
    assert!(error.contains("`thousands = \",\"`"), "{error}");
    let (table, understood) = file("thousands.csv", &Reading { thousands: Some(','), ..plain() });
    assert_eq!((numbers(&table, "price")[0], understood.target.task), (8143.0, Task::Regression));
}

#[test]
fn the_task_is_what_people_mean() {
    let classes = |name: &str| {
        let (_, understood) = file(name, &plain());
        (understood.target.task, understood.target.classes)
    };
    let of = |task, names: &[&str]| (task, names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    assert_eq!(classes("codes_with_a_gap.csv"), of(Task::Multiclass, &["1", "2", "3", "5", "6", "7"]));
    assert_eq!(classes("codes_2_and_4.csv"), of(Task::Binary, &["2", "4"]));
    assert_eq!(classes("t_2_4.csv"), of(Task::Binary, &["2", "4"]));
    assert_eq!(classes("t_0_2.csv"), of(Task::Binary, &["0", "2"]));
    assert_eq!(classes("t_1_0f.csv"), of(Task::Binary, &["0", "1"]));
    assert_eq!(classes("t_neg1_1.csv"), of(Task::Binary, &["-1", "1"]));
    assert_eq!(classes("t_truefalse.csv"), of(Task::Binary, &["False", "True"]));
    assert_eq!(classes("t_quality_3_8.csv"), of(Task::Multiclass, &["3", "4", "5", "6", "7", "8"]));
    assert_eq!(classes("t_quality_1_6.csv"), of(Task::Multiclass, &["1", "2", "3", "4", "5", "6"]));
    assert_eq!(classes("t_1_30.csv"), of(Task::Regression, &[]));
    assert_eq!(classes("small_targets.csv"), of(Task::Regression, &[]));
    assert_eq!(classes("reg1e-3.csv"), of(Task::Regression, &[]));
}

/// Counts with a gap and without one differ in a row, and must not be told apart by it; that they may be counts is said.
#[test]
fn one_row_does_not_make_counts_of_classes_and_what_was_inferred_is_told() {
    for name in
        ["t_counts.csv", "t_counts_gapless.csv", "t_quality_3_8.csv", "t_quality_1_6.csv", "codes_with_a_gap.csv"]
    {
        let (table, understood) = file(name, &plain());
        assert_eq!(understood.target.task, Task::Multiclass, "{name}");
        let told = warnings(&table, &understood, true);
        assert!(told.iter().any(|warning| matches!(warning, Warning::TakenForClasses { .. })), "{name}: {told:?}");
        assert!(told[0].to_string().contains("kind = \"regression\""), "{}", told[0]);
    }
}

#[test]
fn what_was_understood_is_said() {
    let (_, iris) = file("iris.csv", &plain());
    assert_eq!(
        iris.to_string(),
        "150 rows, 4 features, target `target`: 3 classes 0 (50), 1 (50), 2 (50) (multiclass, inferred)"
    );
    let (_, prices) = file("house_prices.csv", &plain());
    assert!(prices.to_string().ends_with("(regression, inferred)"), "{prices}");
    let (_, penguins) = file("penguins.csv", &Reading { target: Some("species".into()), ..plain() });
    assert_eq!(
        penguins.to_string(),
        "344 rows, 7 features (15 after encoding), target `species`: 3 classes Adelie (152), Chinstrap (68), Gentoo (124) \
         (multiclass, inferred)"
    );
}

#[test]
fn a_changed_cell_is_another_table_whatever_its_size() {
    let hash = |name| file(name, &plain()).1.hash;
    assert_ne!(hash("before.csv"), hash("after.csv"));
    assert_eq!(hash("before.csv"), hash("before.csv"));
}

#[test]
fn excel_says_its_delimiter_and_comments_are_left_out() {
    let (table, _) = file("sep_line.csv", &plain());
    assert_eq!((names(&table), table.rows), (vec!["a", "b", "y"], 3));
    assert!(table.found.sep_line && table.found.delimiter == Some(';'));
    let (table, _) = file("comments.csv", &plain());
    assert_eq!((names(&table), table.rows, table.found.comments), (vec!["a", "b", "y"], 3, 2));
    assert_eq!(table.found.to_string(), "CSV, cells parted by `,`, names on line 3, 2 comment lines left out");
}

#[test]
fn a_missing_target_is_refused_and_no_class() {
    let error = file_refused("excel_na.csv", &plain());
    assert!(error.starts_with("line 7, column `grade`: the target is missing"), "{error}");
    assert!(error.contains("`na_values = []` if `#N/A` is a class"), "{error}");
    let error = file_refused("dash.csv", &plain());
    assert!(error.starts_with("line 7, column `grade`: the target is missing (2 such rows)"), "{error}");
    let (_, understood) = file("dash.csv", &Reading { na_values: Some(Vec::new()), ..plain() });
    assert_eq!(understood.target.classes, ["-", "--", "high", "low"]);
}

#[test]
fn a_delimiter_at_the_end_of_lines_makes_no_column() {
    for name in ["trailing_semicolon.csv", "trailing_comma.csv"] {
        let (table, understood) = file(name, &plain());
        assert_eq!((table.rows, understood.features.len()), (3, 2), "{name}");
        assert_eq!((&*understood.target.name, numbers(&table, "y")), ("y", vec![0.5, 1.5, 2.0]), "{name}");
    }
}

#[test]
fn text_in_utf16_and_in_gzip_is_read() {
    for name in ["utf16.csv", "u.csv.gz"] {
        let (table, _) = file(name, &plain());
        assert_eq!((numbers(&table, "a"), numbers(&table, "y")), (vec![1.0, 2.0, 3.0], vec![2.5, 3.5, 1.0]), "{name}");
    }
}

#[test]
fn missing_cells_of_features_are_no_obstacle_unless_it_is_said() {
    let (table, understood) = file("question_mark.csv", &plain());
    assert!(numbers(&table, "b")[1].is_nan());
    assert_eq!(understood.features[1].missing, 1);
    let refuse = Reading { missing: tallow::table::Missing::Refuse, ..plain() };
    let error = file_refused("question_mark.csv", &refuse);
    assert!(error.starts_with("line 3, column `b`: the cell is missing"), "{error}");
    let (_, understood) = file("missing.csv", &plain());
    assert_eq!(understood.features[1].missing, 1);
}

#[test]
fn infinity_is_refused_where_it_stands() {
    let error = file_refused("inf.csv", &plain());
    assert!(error.starts_with("line 6, column `d`: `inf` is not a finite number"), "{error}");
    assert!(error.contains("na_values = [\"inf\"]"), "{error}");
    let (table, _) = file("inf.csv", &Reading { na_values: Some(vec!["inf".into()]), ..plain() });
    assert!(numbers(&table, "d")[4].is_nan());
}

#[test]
fn words_are_a_feature() {
    let (table, understood) = file("strcat.csv", &plain());
    assert_eq!((understood.features.len(), understood.width(), table.rows), (4, 5, 300));
}
