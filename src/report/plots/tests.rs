use super::*;
use crate::analysis::{Row, Subject, sample};
use crate::report::draw;
use crate::report::figure::{Mark, Paint, Values};
use crate::report::table::Cells;

/// Every plot of an analysis, drawn both ways.
fn drawn(analysis: &Analysis) -> Vec<Plot> {
    let plots = all(analysis);
    for plot in &plots {
        let svg = draw::svg(&plot.figure);
        assert!(roxmltree::Document::parse(&svg).is_ok(), "{}", plot.name());
        assert_eq!(draw::outside(&svg), [""; 0], "{}", plot.name());
        assert!(!draw::png(&plot.figure).is_empty());
    }
    plots
}

#[test]
fn every_plot_applies_to_an_experiment_that_has_everything() {
    let plots = drawn(&sample::analysis());
    let names: Vec<&str> = plots.iter().map(Plot::name).collect();
    let expected =
        ["compared", "curves", "sensitivity", "estimates", "paired", "axis-activation", "target", "profile", "units"];
    assert_eq!(names, expected);
}

#[test]
fn training_and_validation_stand_in_one_picture_where_there_is_a_validation_series() {
    // Four seeds: the fifth would have one of the optimizers diverge.
    let plots = drawn(&Analysis::new(sample::subject(), sample::followed(4)));
    let plot = named(&plots, "validation");
    assert_eq!(plots.iter().map(Plot::name).take(3).collect::<Vec<_>>(), ["compared", "curves", "validation"]);
    let line = |mark: &Mark| match mark {
        Mark::Line { points, .. } => points.clone(),
        other => panic!("{other:?} is not a line"),
    };
    for panel in &plot.figure.panels {
        // Training and validation of three optimizers.
        let lines: Vec<Vec<(f64, f64)>> = panel.marks.iter().map(line).collect();
        assert_eq!(lines.len(), 6);
        for pair in lines.chunks(2) {
            let [training, validation] = pair else { panic!("two of each") };
            // As far as the seed of those judged that was stopped last.
            let end = training.len();
            assert!((14..=17).contains(&end), "{end}");
            assert!(training.iter().map(|point| point.0 as usize).eq(1..=end));
            assert!(validation.iter().map(|point| point.0 as usize).eq((2..=end).step_by(2)));
            let least = validation.iter().min_by(|a, b| a.1.total_cmp(&b.1)).expect("points");
            assert_eq!(least.0, 10.0);
        }
    }
    assert!(!drawn(&sample::analysis()).iter().any(|plot| plot.name() == "validation"));
}

/// Every finite number of a plot's tables, ascending.
fn numbers(plot: &Plot) -> Vec<f64> {
    let cells = plot.tables.iter().flat_map(|table| &table.columns).map(|(_, cells)| cells);
    let mut numbers: Vec<f64> = cells
        .flat_map(|cells| match cells {
            Cells::Int(cells) => cells.iter().flatten().map(|&x| x as f64).collect(),
            Cells::Float(cells) => cells.iter().flatten().copied().collect(),
            Cells::Single(cells) => cells.iter().flatten().map(|&x| f64::from(x)).collect(),
            Cells::Text(_) | Cells::Bool(_) => Vec::new(),
        })
        .filter(|x: &f64| x.is_finite())
        .collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

/// The numbers that a mark stands for. What only sets marks apart, as the place of a word on an axis, is none.
fn meant(mark: &Mark, plot: &str) -> Vec<f64> {
    let colour = |paint: &Paint| if let Paint::On(_, value) = paint { Some(*value) } else { None };
    match mark {
        // A staircase goes to the frame's edge, and in `target` comes from there; it is moved a little up or down.
        Mark::Line { points, .. } if ["profile", "target"].contains(&plot) => {
            let steps = usize::from(plot == "target")..points.len() - 1;
            points[steps].iter().map(|point| point.0).filter(|&x| x > 0.0).collect()
        }
        Mark::Line { points, .. } => points.iter().flat_map(|&(x, y)| [x, y]).collect(),
        Mark::Band { points, .. } => points.iter().flat_map(|&(x, low, high)| [x, low, high]).collect(),
        // Dots beside a word of the axis are moved aside.
        Mark::Dots { points, .. } if plot == "compared" => points.iter().map(|point| point.1).collect(),
        Mark::Dots { points, paint, .. } => points.iter().flat_map(|&(x, y)| [x, y]).chain(colour(paint)).collect(),
        Mark::Interval { at, low, high, across, .. } => vec![if *across { at.0 } else { at.1 }, *low, *high],
        Mark::Field(field) => match &field.values {
            Values::Numbers(numbers, _) => numbers.iter().map(|&x| f64::from(x)).collect(),
            Values::Classes(_, preferred) => preferred.iter().map(|&x| f64::from(x)).collect(),
        },
        Mark::Cells { values, .. } => values.iter().flatten().copied().collect(),
        Mark::Rule { .. } | Mark::Text { .. } => Vec::new(),
    }
}

#[test]
fn a_plot_comes_with_its_numbers() {
    let followed = Analysis::new(sample::subject(), sample::followed(6));
    for plot in all(&sample::analysis()).into_iter().chain(super::validation::plot(&followed)) {
        for table in &plot.tables {
            assert!(!table.is_empty(), "{}", table.name);
            assert!(table.columns.iter().all(|(_, cells)| cells.len() == table.len()), "{}", table.name);
        }
        let numbers = numbers(&plot);
        let is_told = |x: f64| {
            let after = numbers.partition_point(|&number| number < x);
            let near = &numbers[after.saturating_sub(1)..numbers.len().min(after + 1)];
            near.iter().any(|number| (number - x).abs() <= 1e-12 * x.abs())
        };
        let marks = plot.figure.panels.iter().flat_map(|panel| &panel.marks);
        let drawn: Vec<f64> = marks.flat_map(|mark| meant(mark, plot.name())).filter(|x| x.is_finite()).collect();
        assert!(!drawn.is_empty(), "{} draws no number", plot.name());
        let untold: Vec<&f64> = drawn.iter().filter(|&&x| !is_told(x)).collect();
        assert!(untold.is_empty(), "{} draws what its tables do not tell: {untold:?}", plot.name());
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
                assert_eq!(value.map(Paint::Series), Some(*paint), "{}", plot.name());
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

fn named<'a>(plots: &'a [Plot], name: &str) -> &'a Plot {
    plots.iter().find(|plot| plot.name() == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn compared_learning_rates_are_followed_by_one_line() {
    let mut rows = sample::rows(6);
    rows.retain(|row| row.run.config.optimizer.name() == "sgd" && row.run.config.activation.name() == "relu");
    let plots = drawn(&Analysis::new(sample::subject(), rows));
    let panel = &named(&plots, "sensitivity").figure.panels[0];
    assert_eq!(panel.x.scale, crate::report::figure::Scale::Log);
    let lines = panel.marks.iter().filter_map(|mark| match mark {
        Mark::Line { points, .. } => Some(points.len()),
        _ => None,
    });
    assert_eq!(lines.collect::<Vec<_>>(), [sample::RATES.len()]);
    // One of six runs at the greatest rate diverged.
    assert_eq!(panel.lost.iter().map(|lost| (lost.at, lost.share)).collect::<Vec<_>>(), [(1.0, 1.0 / 6.0)]);
}

#[test]
fn where_every_run_diverged_there_is_no_scale_and_no_value() {
    let mut rows = sample::rows(3);
    for row in &mut rows {
        row.outcome = Some(sample::outcome(&row.run.config, None));
    }
    for plot in drawn(&Analysis::new(sample::subject(), rows)) {
        assert_eq!(plot.figure.bars, [], "{}", plot.name());
        let marks = plot.figure.panels.iter().flat_map(|panel| &panel.marks);
        let dots = |mark: &Mark| matches!(mark, Mark::Dots { points, .. } if !points.is_empty());
        assert_eq!(marks.filter(|mark| dots(mark)).count(), 0, "{}", plot.name());
    }
}

#[test]
fn every_dataset_has_estimates_of_its_own() {
    let mut rows = sample::rows(4);
    for row in rows.clone() {
        let mut config = row.run.config;
        config.dataset = crate::dataset::Dataset::new(crate::dataset::Kind::from_name("prod").expect("known"));
        config.dataset.sampling.points = 100;
        rows.push(Row { outcome: Some(sample::outcome(&config, Some(0.01))), run: crate::plan::Run::new(config) });
    }
    let plots = drawn(&Analysis::new(sample::subject(), rows));
    let titled = |name: &str, dataset: &str| named(&plots, name).figure.title.contains(dataset);
    assert!(titled("estimates", "xor") || titled("estimates-2", "xor"));
    assert!(titled("estimates", "prod") || titled("estimates-2", "prod"));
}

#[test]
fn a_profile_has_a_row_for_a_value_that_never_reaches_the_target() {
    let mut rows = sample::rows(6);
    for row in rows.iter_mut().filter(|row| row.run.config.optimizer.name() == "sgd") {
        row.outcome = Some(sample::outcome(&row.run.config, Some(0.6)));
    }
    let csv = named(&drawn(&Analysis::new(sample::subject(), rows)), "profile").tables[0].csv();
    let csv = String::from_utf8(csv).expect("text");
    assert!(csv.lines().any(|line| line == "sgd,1.0,0.0"), "{csv}");
}
