//! How files are laid out: found by looking, and said.

use std::io::Write as _;

use tallow::table::{ColumnKind, Compression, LeftOut, Names, Reading, TargetKind, read};

use super::{names, numbers, refused, saying, text, words};

fn plain() -> Reading {
    Reading::default()
}

#[test]
fn any_delimiter_is_found() {
    for delimiter in [',', ';', '\t', '|', ' ', ':', '^', '~', '!', '\u{1}'] {
        let file: String = (0..10).map(|i| format!("{i}.5{delimiter}red{delimiter}{}\n", i * i)).collect();
        let file = format!("size{delimiter}colour{delimiter}y\n{file}");
        let (table, understood) = text(&file, &plain());
        assert_eq!((table.found.delimiter, table.rows, understood.features.len()), (Some(delimiter), 10, 2));
        assert_eq!(numbers(&table, "size")[3], 3.5);
    }
}

#[test]
fn the_delimiter_is_not_the_decimal_mark_nor_part_of_a_text() {
    let (table, _) = text("a;b;y\n1,5;2,5;3,5\n4,5;5,5;6,5\n", &Reading { decimal: ',', ..plain() });
    assert_eq!((table.found.delimiter, numbers(&table, "y")), (Some(';'), vec![3.5, 6.5]));
    let headerless = Reading { decimal: ',', header: Some(false), ..plain() };
    let (table, _) = text("1,5;2,5;3\n4,5;5,5;6\n2,5;1,5;7\n", &headerless);
    assert_eq!((table.found.delimiter, numbers(&table, "c1")), (Some(';'), vec![1.5, 4.5, 2.5]));
    let (table, _) =
        text("when,y\n2024-01-01 12:30:00,1.5\n2024-01-02 12:30:00,2.5\n", &saying(&[("when", ColumnKind::Category)]));
    assert_eq!(table.found.delimiter, Some(','));
    let (table, _) = text("name;y\n\"Smith, John\";1.5\n\"Doe, Jane\";2.5\n", &plain());
    assert_eq!((table.found.delimiter, words(&table, "name")[0].as_deref()), (Some(';'), Some("Smith, John")));
}

#[test]
fn runs_of_blanks_part_cells_too() {
    let (table, _) = text("  a    b  y\n  1.0  2  0.5\n 10.0  3  1.5\n", &plain());
    assert_eq!(
        (table.found.delimiter, numbers(&table, "a"), numbers(&table, "y")),
        (Some(' '), vec![1.0, 10.0], vec![0.5, 1.5])
    );
}

#[test]
fn line_ends_quotes_and_marks_do_not_count() {
    let plain_text = "a,b,y\n1,red,0.5\n2,blue,1.5\n3,red,2.5\n";
    let (_, understood) = text(plain_text, &plain());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain_text.as_bytes()).expect("packed");
    let utf16: Vec<u8> = plain_text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let others: Vec<Vec<u8>> = vec![
        plain_text.replace('\n', "\r\n").into(),
        plain_text.replace('\n', "\r").into(),
        plain_text.replace('\n', "\n\n").into(),
        format!("\u{feff}{plain_text}").into(),
        plain_text.replace(',', " ; ").into(),
        plain_text.replace("red", "\"red\"").into(),
        plain_text.trim_end().into(),
        format!("Measured in spring\n\n{plain_text}").into(),
        format!("{plain_text},,\n").into(),
        gzip.finish().expect("packed"),
        [vec![0xfe, 0xff], utf16].concat(),
    ];
    for other in others {
        let (table, again) = text(&other, &plain());
        assert_eq!(again.hash, understood.hash, "{} {}", String::from_utf8_lossy(&other), table.found);
    }
    let (_, with_another_column) = text("b,z,a,y\nred,7,1,0.5\nblue,8,2,1.5\nred,9,3,2.5\n", &saying_features());
    assert_eq!(with_another_column.hash, understood.hash);
    for changed in ["red,0.5", "green,1.5"] {
        let other = plain_text.replacen(&changed.replace("green", "blue"), &changed.replace("0.5", "0.25"), 1);
        assert_ne!(text(&other, &plain()).1.hash, understood.hash, "{other}");
    }
    assert_ne!(text(plain_text, &saying(&[("a", ColumnKind::Category)])).1.hash, understood.hash);
}

fn saying_features() -> Reading {
    Reading { features: vec!["a".into(), "b".into()], ..plain() }
}

#[test]
fn names_are_given_or_made() {
    let file = "1,2,0.5\n3,4,1.5\n";
    let given = Reading { names: ["p", "q", "r"].map(str::to_owned).to_vec(), ..plain() };
    let (table, _) = text(file, &given);
    assert_eq!((names(&table), table.rows, table.found.names), (vec!["p", "q", "r"], 2, Names::Given));
    let (table, _) = text(file, &Reading { header: Some(false), ..plain() });
    assert_eq!((names(&table), table.rows, table.found.names), (vec!["c1", "c2", "c3"], 2, Names::Made));
    let renamed = Reading { header: Some(true), ..given };
    let (table, _) = text(format!("a,b,y\n{file}"), &renamed);
    assert_eq!((names(&table), table.rows), (vec!["p", "q", "r"], 2));
}

#[test]
fn headers_of_numbers_are_read_where_a_word_stands_among_them_or_where_it_is_said() {
    let rows = "0.1,0.2,1.5\n0.3,0.4,2.5\n";
    let (table, _) = text(format!("400,410,yield\n{rows}"), &plain());
    assert_eq!((names(&table), table.rows), (vec!["400", "410", "yield"], 2));
    assert!(refused(format!("400,410,420\n{rows}"), &plain()).contains("`400` is a number"));
    let (table, _) = text(format!("400,410,420\n{rows}"), &Reading { header: Some(true), ..plain() });
    assert_eq!((names(&table), table.rows), (vec!["400", "410", "420"], 2));
}

#[test]
fn a_first_row_with_a_missing_cell_is_still_data() {
    for mark in ["?", "NA", ""] {
        let file = format!("5.1,{mark},0.5\n4.9,3.0,1.5\n4.7,3.2,2.5\n");
        assert!(refused(&file, &plain()).contains("looks like data"), "{mark}");
        assert_eq!(text(&file, &Reading { header: Some(false), ..plain() }).0.rows, 3);
    }
}

#[test]
fn a_table_of_words_is_asked_about_where_its_first_row_occurs_again() {
    assert!(refused("p,x,s\ne,x,s\np,y,w\ne,x,w\np,x,s\n", &plain()).contains("occur again"));
    let (table, _) = text("class,cap,colour\np,x,s\ne,x,w\np,y,w\n", &plain());
    assert_eq!(table.rows, 3);
}

#[test]
fn titles_comments_and_units_above_the_header_are_left_out_and_counted() {
    let file = "Results of 2024\nmeasured by hand; see notes\n\n# device 3\na,b,y\n1,2,0.5\n# pause\n2,3,1.5\n";
    let (table, _) = text(file, &plain());
    assert_eq!((names(&table), table.rows), (vec!["a", "b", "y"], 2));
    assert_eq!((table.found.titles, table.found.comments, table.found.names), (2, 2, Names::Line(5)));
    assert_eq!(table.place(1), tallow::table::Place::Line(8));
}

#[test]
fn a_comment_that_names_the_columns_is_the_header() {
    for file in
        ["# a,b,y\n1,2,0.5\n3,4,1.5\n", "#a b y\n1 2 0.5\n3 4 1.5\n", "# made by hand\n# a,b,y\n1,2,0.5\n3,4,1.5\n"]
    {
        let (table, _) = text(file, &plain());
        assert_eq!((names(&table), table.rows), (vec!["a", "b", "y"], 2), "{file}");
    }
}

#[test]
fn row_names_of_r_and_the_index_of_pandas_are_left_out_and_said() {
    for file in [
        ",a,y\n0,5,0.5\n1,7,1.5\n2,6,2\n",
        "a,y\n1,5,0.5\n2,7,1.5\n3,6,2\n",
        "\"a\" \"y\"\n\"r1\" 5 0.5\n\"r2\" 7 1.5\n\"r3\" 6 2\n",
    ] {
        let (table, understood) = text(file, &plain());
        assert_eq!(understood.left_out, [LeftOut::Index(1)], "{file}");
        assert_eq!((numbers(&table, "a"), understood.features.len()), (vec![5.0, 7.0, 6.0], 1), "{file}");
    }
}

#[test]
fn rows_without_a_cell_are_left_out() {
    let (table, _) = text("a;b;y\n1;2;0.5\n;;\n3;4;1.5\n;;\n;;\n", &plain());
    assert_eq!((table.rows, table.found.empty_rows, numbers(&table, "a")), (2, 3, vec![1.0, 3.0]));
}

#[test]
fn files_that_are_not_tables_are_named() {
    let gzip = |bytes: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).expect("packed");
        gzip.finish().expect("packed")
    };
    assert!(refused(b"PK\x03\x04xl/worksheets", &plain()).contains("Excel workbook"));
    assert!(refused(gzip(b"<!DOCTYPE html>"), &plain()).contains("within gzip, is an HTML page"));
    assert!(refused(gzip(&gzip(b"a,b")), &plain()).contains("gzip twice"));
    assert!(refused(&gzip(b"a,b\n1,2\n")[..12], &plain()).contains("gzip"));
    assert!(
        refused("version https://git-lfs.github.com/spec/v1\noid sha256:4\nsize 3\n", &plain())
            .contains("git lfs pull")
    );
}

#[test]
fn gzip_of_several_members_is_read_whole() {
    let member = |text: &str| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).expect("packed");
        gzip.finish().expect("packed")
    };
    let (table, _) = text([member("a,y\n1,0.5\n"), member("2,1.5\n")].concat(), &plain());
    assert_eq!((table.rows, table.found.compression), (2, Compression::Gzip));
}

#[test]
fn marks_of_missing_values_are_the_usual_ones_or_those_that_are_said() {
    let file = "a,b,y\n1,x,0.5\nNA,-,1.5\n,n/a,2.5\n-999,y,3.5\n";
    let (table, understood) = text(file, &plain());
    assert_eq!((understood.features[0].missing, understood.features[1].missing), (2, 2));
    assert_eq!(numbers(&table, "a")[3], -999.0);
    let said = Reading { na_values: Some(["NA", "-999", "n/a"].map(str::to_owned).to_vec()), ..plain() };
    let (table, understood) = text(file, &said);
    assert_eq!((understood.features[0].missing, understood.features[1].missing), (3, 1));
    assert_eq!(words(&table, "b")[1].as_deref(), Some("-"));
}

#[test]
fn truth_values_are_found_and_can_be_said() {
    let (_, understood) =
        text("a,b,c,y\ntrue,Y,1,0.5\nFALSE,n,0,1.5\nTrue,N,1,2.5\n", &saying(&[("c", ColumnKind::Boolean)]));
    assert_eq!(understood.width(), 3);
    let error = refused("a,y\nred,0.5\nblue,1.5\n", &saying(&[("a", ColumnKind::Boolean)]));
    assert!(error.contains("is no truth value") || error.contains("truth value"), "{error}");
}

#[test]
fn dates_said_to_be_a_category_are_words() {
    let file = "d,y\n2024-01-01,0.5\n2024-01-02,1.5\n2024-01-01,2.5\n";
    assert!(refused(file, &plain()).contains("is a date"));
    assert_eq!(text(file, &saying(&[("d", ColumnKind::Category)])).1.width(), 2);
}

#[test]
fn every_kind_of_target_can_be_said() {
    let file = "x,y\n1,0\n2,1\n3,2\n4,0\n5,1\n6,2\n";
    let kind = |kind| text(file, &Reading { kind, ..plain() }).1.target;
    assert_eq!(kind(TargetKind::Auto).classes.len(), 3);
    assert!(kind(TargetKind::Regression).classes.is_empty());
    assert_eq!(kind(TargetKind::Multiclass).classes, ["0", "1", "2"]);
}

#[test]
fn long_files_are_read_chunk_by_chunk_as_short_ones_are() {
    let mut file = String::from("a,b,y\n");
    for i in 0..200_000 {
        file += &match i % 5 {
            0 => format!("{i},\"quoted, with\na line {}\",{}.5\n", i % 7, i),
            _ => format!("{i},plain {},{}.25\r\n", i % 7, i),
        };
    }
    let (table, _) = text(&file, &plain());
    assert_eq!(table.rows, 200_000);
    assert!(numbers(&table, "a").iter().enumerate().all(|(i, &a)| a == i as f64));
    assert_eq!(words(&table, "b")[199_995].as_deref(), Some("quoted, with\na line 5"));
    assert_eq!(table.place(199_999), tallow::table::Place::Line(199_999 + 2 + 40_000));
    assert!(read(file.replace("plain 3", "plain \"3").as_bytes(), &plain()).is_ok());
}
