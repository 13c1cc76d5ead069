//! Splits: who is drawn, from what, and what is told.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tallow::rng::{Purpose, Stream};
use tallow::table::{Absent, Fold, How, Part, Parts, Reading, Splitting, Table, Understood, split};

use super::{file, saying, text};

fn stream(seed: u64) -> Stream {
    Stream::new(Purpose::Data, "split", seed)
}

fn parts(of: &(Table, Understood), splitting: Splitting, seed: u64) -> Parts {
    split(&of.0, &of.1, &splitting, &mut stream(seed)).expect("split")
}

/// A table of that many rows, so many classes in blocks, so many groups in turn.
fn made(rows: usize, classes: usize, groups: usize) -> (Table, Understood) {
    let lines: String = (0..rows).map(|i| format!("{}.5,g{},class {}\n", i, i % groups, i * classes / rows)).collect();
    text(format!("x,group,y\n{lines}"), &Reading { group: Some("group".into()), ..Reading::default() })
}

fn counts(of: &Understood, rows: &[u32]) -> Vec<usize> {
    let mut counts = vec![0; of.target.classes.len()];
    rows.iter().for_each(|&row| counts[of.target.values[row as usize] as usize] += 1);
    counts
}

#[test]
fn classes_keep_their_shares() {
    let iris = file("iris.csv", &Reading::default());
    let parts = parts(&iris, Splitting { test: 0.2, validation: 0.1, ..Splitting::default() }, 3);
    assert_eq!(counts(&iris.1, &parts.test), [10, 10, 10]);
    assert_eq!(counts(&iris.1, &parts.validation), [5, 5, 5]);
    assert_eq!(counts(&iris.1, &parts.train), [35, 35, 35]);
    assert!(parts.absent(&iris.1.target).is_empty());
}

#[test]
fn a_class_that_a_part_lacks_is_told() {
    let rare = file("one_row_of_a_class.csv", &Reading::default());
    let place = rare.1.target.counts.iter().position(|&count| count == 1).expect("a class of one row");
    for seed in 0..10 {
        let parts = parts(&rare, Splitting { test: 0.2, ..Splitting::default() }, seed);
        assert_eq!(parts.absent(&rare.1.target), [Absent { class: place, part: Part::Test }], "it stays in training");
    }
}

#[test]
fn three_rare_rows_are_in_every_part_that_has_room() {
    let rare = file("three_rare_rows.csv", &Reading::default());
    for seed in 0..10 {
        let parts = parts(&rare, Splitting { test: 0.34, ..Splitting::default() }, seed);
        assert!(parts.absent(&rare.1.target).is_empty());
    }
}

#[test]
fn an_ordered_split_tests_on_the_last_rows() {
    let table = made(10, 2, 3);
    let ordered = Splitting { test: 0.2, validation: 0.3, how: How::Ordered, ..Splitting::default() };
    let parts = parts(&table, ordered, 0);
    assert_eq!((parts.train, parts.validation, parts.test), (vec![0, 1, 2, 3, 4], vec![5, 6, 7], vec![8, 9]));
}

#[test]
fn what_cannot_be_split_is_refused() {
    let table = made(10, 2, 2);
    let refused = |splitting| split(&table.0, &table.1, &splitting, &mut stream(0)).expect_err("refused").to_string();
    assert!(
        refused(Splitting { test: 0.6, validation: 0.5, ..Splitting::default() }).contains("leave none to train on")
    );
    assert!(refused(Splitting { test: 1.0, ..Splitting::default() }).contains("from 0 to below 1"));
    assert!(
        refused(Splitting { test: 0.2, fold: Some(Fold { of: 2, index: 0 }), ..Splitting::default() })
            .contains("exclude each other")
    );
    assert!(
        refused(Splitting { fold: Some(Fold { of: 11, index: 0 }), ..Splitting::default() })
            .contains("more than the 10 rows")
    );
    let grouped = Splitting { test: 0.3, validation: 0.3, how: How::Group, ..Splitting::default() };
    assert!(refused(grouped).contains("needs 3 groups and the table has 2"));
    let without = text("x,y\n1,0.5\n2,1.5\n3,2.5\n", &saying(&[]));
    let error = split(&without.0, &without.1, &grouped, &mut stream(0)).expect_err("refused").to_string();
    assert!(error.contains("needs the column"), "{error}");
}

/// Every stored result of a file rests on this draw.
#[test]
fn the_draw_never_changes() {
    let table = made(12, 2, 4);
    let seen = |how| {
        let Parts { train, validation, test } =
            parts(&table, Splitting { test: 0.25, validation: 0.25, how, fold: None }, 7);
        format!("{train:?} {validation:?} {test:?}")
    };
    insta::assert_snapshot!(seen(How::Stratified), @"[0, 4, 6, 7, 8, 10] [2, 3, 11] [1, 5, 9]");
    insta::assert_snapshot!(seen(How::Random), @"[1, 4, 5, 6, 8, 10] [0, 3, 11] [2, 7, 9]");
    insta::assert_snapshot!(seen(How::Group), @"[0, 2, 4, 6, 8, 10] [1, 5, 9] [3, 7, 11]");
}

fn hows() -> impl Strategy<Value = How> {
    prop::sample::select(vec![How::Stratified, How::Random, How::Ordered, How::Group])
}

proptest! {
    #[test]
    fn parts_are_the_table_each_row_once(
        rows in 20..120_usize, classes in 2..5_usize, how in hows(), test in 0.0..0.4, validation in 0.0..0.4, seed in 0..9_u64,
    ) {
        let table = made(rows, classes, 7);
        let parts = parts(&table, Splitting { test, validation, how, fold: None }, seed);
        let mut all = [&parts.train[..], &parts.validation, &parts.test].concat();
        prop_assert!(!parts.train.is_empty() && (test == 0.0 || !parts.test.is_empty()));
        all.sort_unstable();
        prop_assert_eq!(all, (0..rows as u32).collect::<Vec<_>>());
        if how == How::Stratified {
            for part in [&parts.test, &parts.validation] {
                let counts = counts(&table.1, part);
                for (count, of) in counts.iter().zip(&table.1.target.counts) {
                    let share = part.len() as f64 * *of as f64 / rows as f64;
                    prop_assert!((*count as f64 - share).abs() <= 1.0 + 1e-9, "{} of {}", count, share);
                }
            }
        }
    }

    #[test]
    fn groups_never_straddle(rows in 20..100_usize, groups in 4..9_usize, seed in 0..9_u64, fold in 0..4_usize) {
        let table = made(rows, 2, groups);
        let folded = Splitting { fold: Some(Fold { of: 4, index: fold }), how: How::Group, ..Splitting::default() };
        let held_out = Splitting { test: 0.3, validation: 0.2, how: How::Group, fold: None };
        for splitting in [folded, held_out] {
            let parts = parts(&table, splitting, seed);
            let of = |rows: &[u32]| rows.iter().map(|row| *row as usize % groups).collect::<BTreeSet<_>>();
            let (train, validation, test) = (of(&parts.train), of(&parts.validation), of(&parts.test));
            prop_assert!(train.is_disjoint(&test) && train.is_disjoint(&validation) && validation.is_disjoint(&test));
            prop_assert!(!test.is_empty() && !train.is_empty());
        }
    }

    #[test]
    fn every_row_is_tested_by_one_fold(
        rows in 20..80_usize, of in 2..8_usize, how in hows(), seed in 0..9_u64, validation in prop::sample::select(vec![0.0, 0.2]),
    ) {
        prop_assume!(how != How::Group || of < 7);
        let table = made(rows, 3, 8);
        let mut tested = Vec::new();
        for index in 0..of {
            let parts = parts(&table, Splitting { validation, fold: Some(Fold { of, index }), how, test: 0.0 }, seed);
            if how != How::Group {
                prop_assert!(parts.test.len().abs_diff(rows / of) <= 1);
            }
            prop_assert_eq!(parts.test.len() + parts.validation.len() + parts.train.len(), rows);
            tested.extend(parts.test);
        }
        tested.sort_unstable();
        prop_assert_eq!(tested, (0..rows as u32).collect::<Vec<_>>());
    }

    #[test]
    fn more_validation_leaves_the_test_rows_alone_and_seeds_draw_anew(rows in 40..80_usize, how in hows(), seed in 0..9_u64) {
        let table = made(rows, 2, 10);
        let draw = |validation, seed| parts(&table, Splitting { test: 0.25, validation, how, fold: None }, seed).test;
        if how != How::Group {
            prop_assert_eq!(draw(0.0, seed), draw(0.3, seed));
            prop_assert_eq!(draw(0.1, seed) == draw(0.1, seed + 100), how == How::Ordered);
        }
    }
}
