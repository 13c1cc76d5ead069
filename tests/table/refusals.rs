//! What is refused: all of it at once, where it stands, with the edit that helps.

use tallow::table::{ColumnKind, Reading, TargetKind, Task};

use super::{numbers, refused, saying, task, text};

fn plain() -> Reading {
    Reading::default()
}

/// Rows of a file with a target, from a line of features each.
fn rows(header: &str, cells: &[&str]) -> String {
    let rows = cells.iter().enumerate().map(|(i, cells)| format!("{cells};{}\n", i as f64 + 0.5));
    format!("{header};y\n{}", rows.collect::<String>())
}

#[test]
fn all_bad_columns_are_told_at_once_each_with_its_first_cell() {
    let file = rows(
        "id;price;share;when;note;size",
        &["1;$12.50;12 %;2024-01-31;3;1,5", "2;$3.00;8 %;2024-02-01;abc;2", "3;$4.00;9 %;2024-02-02;4;3,25"],
    );
    let expected = [
        "line 2, column `price`: `$12.50` is a number with a unit (3 such cells); say `columns = { price = \"number\" }` to \
         read it without \"$\", which then every cell must bear",
        "line 2, column `share`: `12 %` is a number with a unit (3 such cells); say `columns = { share = \"number\" }` to \
         read it without \"%\", which then every cell must bear",
        "line 2, column `when`: `2024-01-31` is a date, which is not read as a number (3 such cells); say `columns = { when \
         = \"drop\" }`, or `columns = { when = \"category\" }` if each date is a class of its own",
        "line 3, column `note`: `abc` is not a number; say `na_values = [\"abc\"]` if it marks a missing value, `columns = \
         { note = \"category\" }` if the column holds words",
        "line 2, column `size`: `1,5` is not a number as it is written (2 such cells); say `decimal = \",\"`",
    ];
    assert_eq!(refused(&file, &plain()), expected.join("\n"));
}

#[test]
fn the_edits_help() {
    let file = rows("price;share;note", &["$12.50;12 %;3", "$3.00;8 %;abc", "$4.00;9 %;4"]);
    let mut reading = saying(&[("price", ColumnKind::Number), ("share", ColumnKind::Number)]);
    reading.na_values = Some(vec!["abc".into()]);
    let (table, _) = text(&file, &reading);
    assert_eq!((numbers(&table, "price"), numbers(&table, "share")), (vec![12.5, 3.0, 4.0], vec![12.0, 8.0, 9.0]));
    assert!(numbers(&table, "note")[1].is_nan());
    let euros = rows("price", &["1.234,50 €", "999,00 €", "12.000,00 €"]);
    let error = refused(&euros, &plain());
    assert!(error.contains("`columns = { price = \"number\" }` and `decimal = \",\"`, `thousands = \".\"`"), "{error}");
    let mut reading = saying(&[("price", ColumnKind::Number)]);
    (reading.decimal, reading.thousands) = (',', Some('.'));
    let (table, _) = text(euros.replace(".5\n", ",5\n"), &reading);
    assert_eq!(numbers(&table, "price"), [1234.5, 999.0, 12000.0]);
}

#[test]
fn a_unit_must_be_that_of_every_cell() {
    let reading = saying(&[("p", ColumnKind::Number)]);
    let error = refused(rows("p", &["12 %", "0.12", "3 %"]), &reading);
    assert!(error.starts_with("line 3, column `p`: `0.12` lacks the unit"), "{error}");
    let error = refused(rows("p", &["$5", "€7", "$3"]), &reading);
    assert!(error.starts_with("line 3, column `p`: `€7` bears another unit"), "{error}");
}

#[test]
fn notations_are_told_from_one_another_by_the_whole_column() {
    let help = |cells: &[&str]| refused(rows("x", cells), &plain()).split_once("; say ").expect("help").1.to_owned();
    assert_eq!(help(&["1,234", "12,5", "2,345"]), "`decimal = \",\"`");
    assert_eq!(help(&["1,234", "1,234,567", "2,345"]), "`thousands = \",\"`");
    assert_eq!(help(&["1.234,5", "12,5", "2.345,0"]), "`decimal = \",\"` and `thousands = \".\"`");
    assert_eq!(help(&["1 234", "2 345", "999"]), "`thousands = \" \"`");
    assert_eq!(
        help(&["1,234", "950", "2,345"]),
        "`thousands = \",\"`, or `decimal = \",\"` if that is what the mark means"
    );
}

#[test]
fn wrong_groups_of_thousands_are_no_number() {
    let reading = Reading { thousands: Some(','), ..plain() };
    let error = refused("a;y\n1,234;0.5\n12,34;1.5\n2,345;2.5\n", &reading);
    assert!(error.starts_with("line 3, column `a`: `12,34` is not a number"), "{error}");
}

#[test]
fn whole_numbers_beyond_a_float_are_never_rounded_unasked() {
    let file = "id,x,y\n9007199254740993,1,0.5\n9007199254740995,2,1.5\n9007199254740992,3,2.5\n";
    let error = refused(file, &plain());
    assert!(error.starts_with("line 2, column `id`: `9007199254740993` is a whole number that 64 bits"), "{error}");
    assert!(error.contains("columns = { id = \"drop\" }"), "{error}");
    let (table, _) = text(file, &saying(&[("id", ColumnKind::Number)]));
    assert_eq!(numbers(&table, "id")[0], 9007199254740992.0);
    let codes = "x,y\n1,9007199254740992\n2,9007199254740993\n3,9007199254740992\n4,9007199254740993\n";
    let (_, understood) = text(codes, &Reading { kind: TargetKind::Binary, ..plain() });
    assert_eq!(task(&understood), (Task::Binary, vec![("9007199254740992", 2), ("9007199254740993", 2)]));
}

#[test]
fn codes_with_leading_zeros_keep_them_as_classes() {
    let (_, understood) = text("x,y\n1,01\n2,02\n3,01\n4,10\n5,02\n6,10\n", &plain());
    assert_eq!(understood.target.classes, ["01", "02", "10"]);
    let (_, understood) = text("x,y\n1,1.0\n2,2\n3,1\n4,2.0\n", &plain());
    assert_eq!(task(&understood), (Task::Binary, vec![("1", 2), ("2", 2)]));
}

#[test]
fn more_than_a_hundred_words_are_text() {
    let many: String = (0..120).map(|i| format!("word {},{}\n", i % 101, i)).collect();
    let error = refused(format!("a,b\n{many}"), &plain());
    assert!(error.starts_with("line 2, column `a`: the column holds more than 100 words, such as `word 0`"), "{error}");
    assert!(error.contains("columns = { a = \"drop\" }"), "{error}");
    let (_, understood) = text(format!("a,b\n{many}"), &saying(&[("a", ColumnKind::Category)]));
    assert_eq!(understood.width(), 101);
    let more: String = (0..5000).map(|i| format!("word {i},{i}\n")).collect();
    let error = refused(format!("a,b\n{more}"), &plain());
    assert!(error.contains("more than 1000 words"), "{error}");
    let commas: String = (0..5000).map(|i| format!("{i},25;{i}\n")).collect();
    assert!(refused(format!("a;b\n{commas}"), &plain()).contains("`decimal = \",\"`"));
}

#[test]
fn mixed_columns_are_refused_at_the_cell_of_the_fewer() {
    let error = refused("a,y\nred,0.5\nblue,1.5\n7,2.5\nred,3.5\n", &plain());
    assert!(error.starts_with("line 4, column `a`: `7` is a number among words"), "{error}");
    let error = refused("a,y\n1,0.5\n2,1.5\nred,2.5\n", &plain());
    assert!(error.starts_with("line 4, column `a`: `red` is not a number"), "{error}");
    let (_, understood) = text("a,y\n1,0.5\n2,1.5\n3+,2.5\n", &saying(&[("a", ColumnKind::Category)]));
    assert_eq!(understood.width(), 3);
}

#[test]
fn targets_that_are_neither_are_refused() {
    let error = refused("a,y\n1,0.5\n2,1.5\n3,high\n4,2\n", &plain());
    assert!(error.starts_with("line 4, column `y`: `high` is not a number, and others of the target are"), "{error}");
    assert!(error.contains("kind = \"multiclass\""), "{error}");
    let said = Reading { kind: TargetKind::Multiclass, ..plain() };
    let (_, understood) = text("a,y\n1,0.5\n2,1.5\n3,high\n4,2\n", &said);
    assert_eq!(understood.target.classes, ["0.5", "1.5", "2", "high"]);
    let error = refused("a,y\n1,red\n2,blue\n", &Reading { kind: TargetKind::Regression, ..plain() });
    assert!(error.contains("`red` is not a number"), "{error}");
    assert!(refused("a,y\n1,7\n2,7\n", &plain()).contains("the target is 7 in every row"));
    assert!(refused("a,y\n1,x\n2,x\n", &plain()).contains("one class only"));
    let three = Reading { kind: TargetKind::Binary, ..plain() };
    assert!(refused("a,y\n1,x\n2,y\n3,z\n", &three).contains("3 classes, not two"));
    assert!(refused("a,y\n1,2024-01-01\n2,2024-01-02\n3,2024-01-03\n", &plain()).contains("is a date"));
}

#[test]
fn weights_are_numbers_from_0_on() {
    let reading = saying(&[("w", ColumnKind::Weight)]);
    let (_, understood) = text("a,w,y\n1,0,0.5\n2,1.5,1.5\n3,2,2\n", &reading);
    assert_eq!((understood.weight, understood.features.len()), (Some(1), 1));
    for (cell, word) in
        [("-1", "below 0"), ("x", "is not a weight"), ("", "the weight is missing"), ("inf", "is not a weight")]
    {
        let error = refused(format!("a,w,y\n1,1,0.5\n2,{cell},1.5\n"), &reading);
        assert!(error.starts_with("line 3, column `w`:") && error.contains(word), "{error}");
    }
    assert!(refused("a,w,y\n1,0,0.5\n2,0,1.5\n", &reading).contains("every weight is 0"));
}

#[test]
fn rows_that_do_not_fit_are_told_with_their_line() {
    let error = refused("a,b,y\n1,2,3\n\n1,2\n1,2,3,4\n", &plain());
    assert!(error.starts_with("line 4: the row has 2 cells where the table has 3 columns (2 such rows)"), "{error}");
    let error = refused("a,b,y\n1,\"2,3\n4,5,6\n", &plain());
    assert_eq!(error, "line 2: a quote is opened and never closed");
}

#[test]
fn settings_that_contradict_are_refused() {
    let file = "a,size,y\n1,2,0.5\n2,3,1.5\n";
    let with = |change: &dyn Fn(&mut Reading)| {
        let mut reading = plain();
        change(&mut reading);
        refused(file, &reading)
    };
    assert!(with(&|r| r.target = Some("z".into())).contains("the file has no column `z`"));
    assert!(with(&|r| r.target = Some("siye".into())).contains("did you mean `size`?"));
    assert!(with(&|r| r.features = vec!["y".into()]).contains("both a feature and the target"));
    assert!(with(&|r| r.features = vec!["a".into(), "a".into()]).contains("listed twice"));
    assert!(with(&|r| r.decimal = 'x').contains("`decimal` is not a mark"));
    assert!(with(&|r| r.thousands = Some('.')).contains("one mark"));
    assert!(with(&|r| r.delimiter = Some('é')).contains("not one ASCII character"));
    assert!(with(&|r| r.names = vec!["p".into(), "q".into()]).contains("`names` lists 2 and the file has 3 columns"));
    assert!(refused("a,a,y\n1,2,0.5\n2,3,1.5\n", &plain()).contains("two columns are named `a`"));
    assert!(refused("a,,y\n1,2,0.5\n2,3,1.5\n", &plain()).contains("column 2 has no name"));
    assert!(refused("", &plain()).contains("the file is empty"));
    assert!(refused("a,b\n", &plain()).contains("no rows"));
    assert!(refused("a\n1\n2\n", &plain()).contains("one column"));
}

#[test]
fn cells_that_are_not_utf8_are_refused_where_they_are_used() {
    let file = b"a,b,y\nred,1,0.5\nbl\xe9,2,1.5\n";
    let error = refused(file, &plain());
    assert!(error.starts_with("line 3, column `a`: the cell is not UTF-8 text"), "{error}");
    let (_, understood) = text(file, &saying(&[("a", ColumnKind::Drop)]));
    assert_eq!(understood.features.len(), 1);
}
