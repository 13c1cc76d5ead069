use proptest::prelude::*;

use super::*;
use crate::report::figure::*;

/// Curves with bands, many enough to crowd.
fn curves(count: usize) -> Figure {
    let mut panel = Panel { x: Axis::linear("epoch"), y: Axis::log("mean training loss"), ..Panel::default() };
    for k in 0..count {
        let at = |x: f64| 0.7 / (1.0 + x * (1.0 + k as f64) / 20.0);
        let points: Vec<f64> = (1..=100).map(|i| f64::from(i) * 2.0).collect();
        panel.marks.push(Mark::Band {
            points: points.iter().map(|&x| (x, at(x) * 0.8, at(x) * 1.3)).collect(),
            paint: Paint::Series(k),
        });
        panel.marks.push(Mark::Line {
            points: points.iter().map(|&x| (x, at(x))).collect(),
            paint: Paint::Series(k),
            width: 1.8,
            dash: dash(k),
            label: Some(format!("optimizer {k}")),
        });
    }
    let labels: Vec<String> = (0..count).map(|k| format!("optimizer {k}")).collect();
    Figure {
        title: "Training loss by optimizer".into(),
        caption: "Mean over 10 seeds; bands from the least to the greatest. Nothing is left out.".into(),
        columns: 1,
        panels: vec![panel],
        frame: (460.0, 290.0),
        legend: Legend::lines("optimizer", labels.iter().map(String::as_str)),
        ..Figure::default()
    }
}

fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("well-formed");
    let words = document.descendants().filter(|node| node.has_tag_name("g"));
    words.filter_map(|node| node.attribute("aria-label").map(str::to_owned)).collect()
}

/// What of a document's text lies outside its edges, by the advances of the outlines it is made of.
pub(in crate::report) fn outside(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("well-formed");
    let root = document.root_element();
    let side = |name| root.attribute(name).and_then(|side| side.parse::<f64>().ok()).expect("a side");
    let (width, height) = (side("width"), side("height"));
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let mut found = Vec::new();
    for node in document.descendants().filter(|node| node.has_tag_name("g")) {
        let (Some(text), Some(transform)) = (node.attribute("aria-label"), node.attribute("transform")) else {
            continue;
        };
        let parts: Vec<&str> = transform.split(['(', ')', ' ']).filter(|part| !part.is_empty()).collect();
        let (x, y, scale) = (number(parts[1]), number(parts[2]), number(parts[parts.len() - 1]));
        let glyphs: Vec<_> = node.children().filter(|child| child.has_tag_name("use")).collect();
        let Some(first) = glyphs.first() else { continue };
        let href = first.attribute("href").expect("a glyph");
        let length = font::width(text.trim(), scale * font::EM, href.as_bytes()[4] == b'b');
        let start = scale * first.attribute("x").map_or(0.0, number);
        let (across, along) = ((-0.25 * scale * font::EM, 0.8 * scale * font::EM), (start, start + length));
        let inside = match parts.contains(&"rotate") {
            true => y - along.1 >= 0.0 && y - along.0 <= height && x - across.1 >= 0.0 && x - across.0 <= width,
            false => x + along.0 >= 0.0 && x + along.1 <= width && y - across.1 >= 0.0 && y - across.0 <= height,
        };
        if !inside {
            found.push(text.to_owned());
        }
    }
    found
}

#[test]
fn every_glyph_used_is_defined_once_under_a_name_of_this_figure() {
    let (one, other) = (svg(&curves(3)), svg(&Figure { title: "Another figure".into(), ..curves(3) }));
    let ids = |svg: &str| -> Vec<String> {
        let document = roxmltree::Document::parse(svg).expect("well-formed");
        let ids: Vec<String> =
            document.descendants().filter_map(|node| node.attribute("id").map(str::to_owned)).collect();
        let used = document.descendants().filter_map(|node| node.attribute("href"));
        used.for_each(|href| assert_eq!(ids.iter().filter(|id| **id == href[1..]).count(), 1, "{href}"));
        ids
    };
    let (one, other) = (ids(&one), ids(&other));
    assert!(!one.is_empty() && one.iter().all(|id| !other.contains(id)));
}

#[test]
fn long_labels_of_many_values_are_written_whole_along_their_axis() {
    let labels: Vec<String> = (0..12).map(|k| format!("rather_long_activation_{k}")).collect();
    let mut figure = curves(0);
    figure.panels[0].x = Axis::words("activation", labels.clone());
    figure.panels[0].lost = vec![Lost { at: 3.0, share: 0.5, paint: Paint::Series(0) }];
    figure.panels[0].marks = vec![Mark::Dots {
        points: (0..12).map(|k| (f64::from(k), 0.1)).collect(),
        shape: Shape::Circle,
        paint: Paint::Ink,
        radius: 3.0,
    }];
    let drawn = svg(&figure);
    let texts = texts(&drawn);
    assert!(labels.iter().all(|label| texts.contains(label)), "{texts:?}");
    assert!(texts.contains(&"diverged".to_owned()));
    assert_eq!(outside(&drawn), [""; 0]);
}

#[test]
fn an_axis_of_nothing_has_no_numbers() {
    let mut figure = curves(1);
    figure.panels[0].marks = vec![Mark::Interval {
        at: (0.0, f64::INFINITY),
        low: f64::INFINITY,
        high: f64::INFINITY,
        across: false,
        paint: Paint::Ink,
    }];
    let texts = texts(&svg(&figure));
    assert!(
        texts.contains(&"no finite value".to_owned()) && !texts.iter().any(|text| text.starts_with("10")),
        "{texts:?}"
    );
}

#[test]
fn the_same_figure_is_the_same_bytes() {
    let figure = curves(4);
    assert_eq!(svg(&figure), svg(&figure));
    assert_eq!(png(&figure), png(&figure));
}

#[test]
fn a_png_has_two_pixels_per_css_pixel() {
    let figure = curves(2);
    let text = svg(&figure);
    let document = roxmltree::Document::parse(&text).expect("well-formed");
    let side =
        |name: &str| document.root_element().attribute(name).and_then(|n| n.parse::<u32>().ok()).expect("a size");
    let file = png(&figure);
    let reader = ::png::Decoder::new(std::io::Cursor::new(&file)).read_info().expect("a PNG");
    assert_eq!((reader.info().width, reader.info().height), (2 * side("width"), 2 * side("height")));
}

#[test]
fn few_lines_are_named_at_their_ends_and_many_in_a_legend_that_says_what_it_leaves_out() {
    let few = texts(&svg(&curves(4)));
    assert!((0..4).all(|k| few.contains(&format!("optimizer {k}"))), "{few:?}");
    assert!(!few.contains(&"optimizer".to_owned()), "no legend: {few:?}");
    let many = texts(&svg(&curves(30)));
    let shown = many.iter().filter(|text| text.starts_with("optimizer ")).count();
    assert!(many.contains(&format!("and {} more", 30 - shown)), "{many:?}");
}

#[test]
fn text_of_users_is_only_ever_text() {
    let mut figure = curves(2);
    let hostile = "</text><script>alert(1)</script> & \"'\u{0} x";
    figure.title = hostile.into();
    figure.panels[0].title = hostile.into();
    figure.panels[0].x = Axis::words(hostile, vec![hostile.into(); 3]);
    figure.legend.entries[0].label = hostile.into();
    let text = svg(&figure);
    let document = roxmltree::Document::parse(&text).expect("well-formed");
    assert!(!document.descendants().any(|node| node.has_tag_name("script")));
    assert!(texts(&text).iter().any(|text| text.contains("<script>")));
}

#[test]
fn a_label_of_any_length_stays_inside_the_figure() {
    let mut figure = curves(2);
    let long = "a label much longer than anyone should write it ".repeat(8);
    figure.panels[0].x.label = long.clone();
    figure.panels[0].y.label = long.clone();
    figure.panels[0].title = long.clone();
    for mark in &mut figure.panels[0].marks {
        if let Mark::Line { label, .. } = mark {
            *label = Some(long.clone());
        }
    }
    let layout = Layout::of(&figure);
    let width = f64::from(layout.size.0);
    for words in layout.words.iter().filter(|words| !words.kind.upright) {
        let length = font::width(&words.text, words.kind.size, words.kind.bold);
        let left = words.at.0 - if words.kind.align == Align::Middle { length / 2.0 } else { 0.0 };
        assert!(left >= 0.0 && left + length <= width, "{}", words.text);
    }
    for end in &layout.ends {
        assert!(end.to.0 + font::width(&end.text, 11.0, true) <= width, "{}", end.text);
    }
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0f64..10.0,
        2 => any::<f64>(),
        1 => Just(0.0),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(1e300),
    ]
}

fn any_mark() -> impl Strategy<Value = Mark> {
    let points = || prop::collection::vec((number(), number()), 0..5);
    let ramp = |(low, high): (f64, f64), log| Ramp { colours: Colours::Viridis, low, high, log };
    prop_oneof![
        (points(), any::<bool>(), number()).prop_map(|(points, named, _)| Mark::Line {
            points,
            paint: Paint::Series(0),
            width: 1.8,
            dash: Dash::DashDotted,
            label: named.then(|| "name".to_owned()),
        }),
        prop::collection::vec((number(), number(), number()), 0..5)
            .prop_map(|points| Mark::Band { points, paint: Paint::Series(1) }),
        points().prop_map(|points| Mark::Dots { points, shape: Shape::Triangle, paint: Paint::Bad, radius: 3.0 }),
        ((number(), number()), number(), number(), any::<bool>()).prop_map(|(at, low, high, across)| Mark::Interval {
            at,
            low,
            high,
            across,
            paint: Paint::Ink,
        }),
        (number(), any::<bool>()).prop_map(|(at, upright)| Mark::Rule {
            at,
            upright,
            paint: Paint::Muted,
            dash: Dash::Dashed
        }),
        ((number(), number()), any::<String>()).prop_map(|(at, text)| Mark::Text {
            at,
            text,
            align: Align::End,
            paint: Paint::On(Ramp { colours: Colours::Reversed, low: 0.0, high: 0.0, log: false }, 1.0),
        }),
        (prop::collection::vec(any::<f32>(), 0..7), (number(), number()), 0usize..4, any::<bool>()).prop_map(
            move |(numbers, ends, columns, log)| Mark::Field(Field {
                columns,
                x: ends,
                y: (0.0, 1.0),
                values: Values::Numbers(numbers, ramp(ends, log)),
            })
        ),
        (prop::collection::vec(prop::option::of(number()), 0..7), (number(), number()), 0usize..4).prop_map(
            move |(values, ends, columns)| Mark::Cells {
                columns,
                texts: vec!["1.5".to_owned(); values.len()],
                values,
                ramp: ramp(ends, true),
            }
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_data_makes_a_figure_fail(
        panels in prop::collection::vec((prop::collection::vec(any_mark(), 0..4), any::<bool>(), any::<bool>()), 0..4),
        columns in 0usize..4,
        shared: (bool, bool),
        bar in prop::option::of((number(), number(), any::<bool>())),
        title: String,
    ) {
        let axis = |log: bool| if log { Axis::log(title.clone()) } else { Axis::linear(title.clone()) };
        let panel = |(marks, x, y): (Vec<Mark>, bool, bool)| Panel { title: title.clone(), note: title.clone(), x: axis(x), y: axis(y), marks, ..Panel::default() };
        let ramp = |(low, high, log)| Ramp { colours: Colours::Purples, low, high, log };
        let figure = Figure {
            caption: title.clone(),
            columns,
            panels: panels.into_iter().map(panel).collect(),
            frame: (90.0, 60.0),
            shared: Shared { x: shared.0, y: shared.1 },
            bars: bar.into_iter().map(|bar| Bar { label: title.clone(), ramp: ramp(bar) }).collect(),
            title: title.clone(),
            ..Figure::default()
        };
        let text = svg(&figure);
        prop_assert!(roxmltree::Document::parse(&text).is_ok(), "{}", text);
        prop_assert!(!png(&figure).is_empty());
    }

    #[test]
    fn spread_labels_keep_their_order_and_never_overlap(
        mut wanted in prop::collection::vec(0.0f64..300.0, 0..30), high in 100.0f64..400.0,
    ) {
        wanted.sort_by(f64::total_cmp);
        let places = layout::spread(&wanted, 14.5, 0.0, high);
        prop_assert_eq!(places.len(), wanted.len());
        for pair in places.windows(2) {
            prop_assert!(pair[1] - pair[0] >= 14.5 - 1e-6, "{:?}", places);
        }
        let fits = (wanted.len() as f64 - 1.0) * 14.5 <= high;
        prop_assert!(!fits || places.iter().all(|y| (-1e-6..=high + 1e-6).contains(y)), "{:?}", places);
    }
}
