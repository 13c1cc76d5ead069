//! What a person should know of a table before trusting a result.

use tallow::table::{Range, Reading, Warning, describe, read, understand, warnings};

use super::{file, text};

fn told(name: &str, scaled: bool) -> Vec<Warning> {
    let (table, understood) = file(name, &Reading::default());
    warnings(&table, &understood, scaled)
}

fn gives_away(column: &str) -> Warning {
    Warning::GivesAway { column: column.into() }
}

#[test]
fn known_traps_are_told() {
    let column = String::from;
    assert_eq!(told("const.csv", true), [Warning::Constant { columns: vec![column("k")] }]);
    assert_eq!(told("leak.csv", true), [Warning::Sorted, gives_away("y2")]);
    assert_eq!(
        told("id_sorted_noise.csv", true),
        [Warning::Sorted, Warning::IdLike { column: column("id") }, gives_away("id")]
    );
    assert_eq!(told("pandas_index.csv", true), [Warning::Sorted, Warning::Index { place: 1 }]);
    assert_eq!(told("rare.csv", true), [Warning::Rare { class: column("1"), rows: 3 }, Warning::Sorted]);
    assert_eq!(told("sorted300.csv", true), [Warning::Sorted]);
    assert_eq!(told("time.csv", true), [Warning::IdLike { column: column("ts") }]);
    assert!(told("scale1e4.csv", false).iter().any(|warning| matches!(warning, Warning::Scales { .. })));
    assert!(!told("scale1e4.csv", true).iter().any(|warning| matches!(warning, Warning::Scales { .. })));
}

#[test]
fn time_stamps_that_merge_unscaled_are_told() {
    let merged = told("time.csv", false);
    assert!(merged.contains(&Warning::Merges { column: "ts".into(), distinct: 300, left: 3 }), "{merged:?}");
}

#[test]
fn sound_tables_give_no_warning_but_what_is_so() {
    let iris = told("iris.csv", true);
    assert_eq!(iris, [Warning::TakenForClasses { classes: 3 }, Warning::Sorted, Warning::Duplicates { rows: 1 }]);
    let (table, understood) = file("penguins.csv", &Reading { target: Some("species".into()), ..Reading::default() });
    let penguins = warnings(&table, &understood, true);
    assert_eq!(penguins, [Warning::Sorted], "blocks of a species");
}

#[test]
fn a_row_that_decides_the_task_is_told() {
    let lines: String = (0..60).map(|i| format!("{},{}\n", f64::from(i).sqrt(), i % 2)).collect();
    let (table, understood) = text(format!("x,y\n{lines}7.1,0.5\n"), &Reading::default());
    let told = warnings(&table, &understood, true);
    assert_eq!(
        told,
        [Warning::TakenForRegression { values: 3 }, Warning::OneRowDecides { value: "0.5".into(), classes: true }]
    );
    assert!(told[1].to_string().contains("kind"), "{}", told[1]);
}

#[test]
fn duplicates_codes_and_measures_of_the_target_are_told() {
    let lines: String =
        (0..40).map(|i| format!("{:05},{},{}\n", i * 37 % 100, i % 5, f64::from(i % 7) + 0.5)).collect();
    let twice = lines.clone() + &lines;
    let (table, understood) = text(format!("zip,b,y\n{twice}"), &Reading::default());
    let told = warnings(&table, &understood, true);
    assert!(told.contains(&Warning::Duplicates { rows: 40 }), "{told:?}");
    assert!(told.iter().any(|warning| matches!(warning, Warning::Padded { cell, .. } if cell == "00000")), "{told:?}");
    let lines: String =
        (0..40).map(|i| format!("{},{},{}\n", i * 37 % 100, i * 53 % 97, f64::from(i * 53 % 97) * 2.54)).collect();
    let (table, understood) = text(format!("a,inches,y\n{lines}"), &Reading::default());
    assert!(warnings(&table, &understood, true).contains(&gives_away("inches")));
}

#[test]
fn a_table_is_shown_column_by_column_also_what_cannot_be_used() {
    let file = "a,when,mix,w,e,y\n1,2024-01-01,1,red,,yes\n2.5,2024-01-02,x,blue,,no\nNA,2024-01-03,3,red,,yes\n";
    let table = read(file.as_bytes(), &Reading::default()).expect("read");
    let columns = describe(&table);
    let shown: Vec<_> =
        columns.iter().map(|column| (&*column.name, column.kind, column.missing, column.distinct)).collect();
    assert_eq!(
        shown,
        [
            ("a", "number", 1, Some(2)),
            ("when", "date", 0, Some(3)),
            ("mix", "mixed", 0, None),
            ("w", "words", 0, Some(2)),
            ("e", "empty", 3, Some(0)),
            ("y", "boolean", 0, Some(2)),
        ]
    );
    assert_eq!(columns[0].range, Some(Range::Numbers(1.0, 2.5)));
    assert_eq!(
        (columns[3].range.as_ref().map(Range::to_string), columns[3].example.as_deref()),
        (Some("blue to red".into()), Some("red"))
    );
}

#[test]
fn columns_that_are_mostly_one_value_do_not_tell_the_target() {
    let row = |i: usize| {
        format!(
            "{},{},{}\n",
            usize::from(i.is_multiple_of(97)),
            usize::from(i.is_multiple_of(50)),
            ["a", "b", "c"][i % 3]
        )
    };
    let rows: String = (0..600).map(row).collect();
    let table = read(format!("x,z,kind\n{rows}").as_bytes(), &Reading::default()).expect("a table");
    let understood = understand(&table, &Reading::default()).expect("understood");
    assert_eq!(
        warnings(&table, &understood, true).into_iter().filter(|w| matches!(w, Warning::GivesAway { .. })).count(),
        0
    );
    let rare: String =
        (0..600).map(|i| format!("{},{}\n", i % 7, if i % 100 == 5 { "rare" } else { "plain" })).collect();
    let table = read(format!("x,kind\n{rare}").as_bytes(), &Reading::default()).expect("a table");
    let understood = understand(&table, &Reading::default()).expect("understood");
    let told = warnings(&table, &understood, true);
    assert!(!told.contains(&gives_away("x")), "a class of one row in a hundred is missed by everything: {told:?}");
}
