use super::*;
use crate::analysis::{Row, Subject, sample};
use crate::report::draw;
use crate::report::figure::Mark;

/// Every plot of an analysis, drawn both ways.
fn drawn(analysis: &Analysis) -> Vec<Plot> {
    let plots = all(analysis);
    for plot in &plots {
        let svg = draw::svg(&plot.figure);
        assert!(roxmltree::Document::parse(&svg).is_ok(), "{}", plot.name());
        assert!(!draw::png(&plot.figure).is_empty());
    }
    plots
}

#[test]
fn every_plot_applies_to_an_experiment_that_has_everything() {
    let plots = drawn(&sample::analysis());
    let names: Vec<&str> = plots.iter().map(Plot::name).collect();
    let expected = [
        "compared",
        "curves",
        "sensitivity",
        "estimates",
        "paired",
        "profile",
        "target",
        "axis-activation",
        "heat-learning_rate-optimizer",
        "heat-activation-optimizer",
        "gallery",
        "units",
        "parallel",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_plot_comes_with_its_numbers() {
    for plot in all(&sample::analysis()) {
        for table in &plot.tables {
            assert!(!table.is_empty(), "{}", table.name);
            assert!(table.columns.iter().all(|(_, cells)| cells.len() == table.len()), "{}", table.name);
        }
    }
}

#[test]
fn a_compared_value_has_one_colour_in_all_plots() {
    let analysis = sample::analysis();
    for plot in all(&analysis) {
        let marks = plot.figure.panels.iter().flat_map(|panel| &panel.marks);
        for mark in marks {
            if let Mark::Line { label: Some(label), paint, .. } = mark {
                let value = analysis.values.iter().position(|value| value.label == *label);
                assert_eq!(value.map(crate::report::figure::Paint::Series), Some(*paint), "{}", plot.name());
            }
        }
    }
}

#[test]
fn nothing_run_or_nothing_survived_is_drawn_without_a_fuss() {
    let mut rows = sample::rows(3);
    rows.iter_mut().for_each(|row| row.outcome = None);
    assert_eq!(drawn(&Analysis::new(sample::subject(), rows.clone())), []);
    for row in &mut rows {
        row.outcome = Some(sample::outcome(&row.run.config, None));
    }
    drawn(&Analysis::new(sample::subject(), rows.clone()));
    rows.truncate(1);
    drawn(&Analysis::new(sample::subject(), rows));
    assert_eq!(drawn(&Analysis::new(Subject::default(), Vec::<Row>::new())), []);
}
