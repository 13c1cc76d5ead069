use super::*;
use crate::param::Value;

fn dataset(name: &str) -> Dataset {
    Dataset::new(Kind::from_name(name).expect("a known dataset"))
}

fn generated() -> impl Iterator<Item = Dataset> {
    Kind::all().into_iter().filter(|kind| !matches!(kind, Kind::Csv(_))).map(Dataset::new)
}

fn with(mut dataset: Dataset, name: &str, value: Value) -> Dataset {
    let own = dataset.kind.settings().params().iter().any(|param| param.name == name);
    let settings: &mut dyn Settings = if own { dataset.kind.settings_mut() } else { &mut dataset.sampling };
    settings.set(name, &value).expect("an accepted value");
    dataset
}

#[test]
fn every_dataset_is_finite_repeatable_and_differs_between_seeds() {
    for set in generated() {
        let data = set.generate(7).expect("generated");
        assert_eq!(data, set.generate(7).expect("generated"), "{}", set.kind.name());
        assert_ne!(data.train.x, set.generate(8).expect("generated").train.x, "{}", set.kind.name());
        assert_eq!((data.train.len(), data.train.x.len()), (2500, 5000));
        assert!(data.train.x.iter().chain(&data.train.y).all(|x| x.is_finite()));
        if let Some(classes) = data.task.classes() {
            assert!(data.train.y.iter().all(|&y| y >= 0.0 && y.fract() == 0.0 && (y as usize) < classes));
        }
    }
}

#[test]
fn classes_have_the_shares_that_the_areas_say() {
    let shares: [(&str, &[f64]); 9] = [
        ("and", &[0.75, 0.25]),
        ("or", &[0.25, 0.75]),
        ("xor", &[0.5, 0.5]),
        ("stripe", &[0.5625, 0.4375]),
        ("square", &[0.875, 0.125]),
        ("circle", &[1.0 - std::f64::consts::PI / 16.0, std::f64::consts::PI / 16.0]),
        ("squares", &[0.125, 0.375, 0.375, 0.125]),
        ("circles", &[0.3927, 0.3927, 0.1768, 0.0378]),
        ("quadrants", &[0.25, 0.25, 0.25, 0.25]),
    ];
    for (name, expected) in shares {
        let data = with(dataset(name), "points", Value::Int(100_000)).generate(1).expect("generated");
        for (class, &share) in expected.iter().enumerate() {
            let seen = data.train.y.iter().filter(|&&y| y == class as f32).count() as f64 / 1e5;
            assert!((seen - share).abs() < 0.006, "{name}: class {class} has {seen}, not {share}");
        }
    }
}

#[test]
fn labels_at_the_very_edge_are_clipped_to_the_classes_there_are() {
    use super::plane::Formula;
    assert_eq!(quadrants::Quadrants::default().target(-1.0, 0.0), 4.0, "atan2 = π is past the last class");
    for name in ["quadrants", "squares", "circles"] {
        let data = with(dataset(name), "points", Value::Int(200_000)).generate(3).expect("generated");
        assert!(data.train.y.iter().all(|&y| y <= 3.0));
    }
}

#[test]
fn a_class_absent_from_a_tiny_sample_does_not_shrink_the_network() {
    let tiny = with(dataset("circles"), "points", Value::Int(1));
    assert_eq!(tiny.shape().task.outputs(), 4);
}

#[test]
fn noise_moves_points_without_redrawing_them() {
    for name in ["two_moons", "spirals", "checkerboard", "prod"] {
        let quiet = with(dataset(name), "noise", Value::Float(0.0)).generate(1).expect("generated").train;
        let loud = with(dataset(name), "noise", Value::Float(1e-3)).generate(1).expect("generated").train;
        assert_ne!((&quiet.x, &quiet.y), (&loud.x, &loud.y), "{name}");
        let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.01);
        assert!(near(&quiet.x, &loud.x), "{name}");
    }
}

#[test]
fn label_noise_flips_its_share_and_more_noise_flips_a_superset() {
    let labels =
        |share| with(dataset("quadrants"), "label_noise", Value::Float(share)).generate(1).expect("generated").train.y;
    let (clean, some, more) = (labels(0.0), labels(0.1), labels(0.3));
    let flipped = |noisy: &[f32]| -> Vec<usize> { (0..noisy.len()).filter(|&i| noisy[i] != clean[i]).collect() };
    let (some, more) = (flipped(&some), flipped(&more));
    assert!((200..300).contains(&some.len()) && (650..850).contains(&more.len()), "{} {}", some.len(), more.len());
    assert!(some.iter().all(|i| more.contains(i)));
}

#[test]
fn the_split_parts_the_samples_and_is_known_without_making_them() {
    let whole = dataset("xor").generate(5).expect("generated").train;
    for share in [0.2, 0.001, 0.999_9] {
        let set = with(dataset("xor"), "test", Value::Float(share));
        let data = set.generate(5).expect("generated");
        assert_eq!((data.train.len(), data.train.len() + data.test.len()), (set.train_len(), 2500));
        assert!(!data.test.is_empty() && !data.train.is_empty());
        let sorted = |tables: &[&Table]| {
            let mut rows: Vec<[u32; 2]> =
                tables.iter().flat_map(|t| t.x.chunks_exact(2)).map(|x| [x[0].to_bits(), x[1].to_bits()]).collect();
            rows.sort_unstable();
            rows
        };
        assert_eq!(sorted(&[&whole]), sorted(&[&data.train, &data.test]));
    }
}

#[test]
fn a_data_seed_fixes_the_data_over_replicates() {
    let set = with(dataset("xor"), "data_seed", Value::Int(3));
    assert_eq!(set.generate(0).expect("generated"), set.generate(1).expect("generated"));
    assert_eq!(set.generate(0).expect("generated").train, dataset("xor").generate(3).expect("generated").train);
}

#[test]
fn an_epoch_visits_every_sample_once_in_an_order_of_its_own() {
    let mut order = Order::new(&dataset("xor"), 1);
    let (first, second) = (order.epoch(0).to_vec(), order.epoch(1).to_vec());
    assert_ne!(first, second);
    assert_eq!(order.epoch(0), first, "a function of the epoch, not of those before");
    let mut sorted = first;
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..2500));
}

#[test]
fn the_first_points_never_change() {
    let first = |name: &str| {
        let table = dataset(name).generate(0).expect("generated").train;
        format!("{:?} {:?} {}", table.x[0], table.x[1], table.y[0])
    };
    let seen: Vec<String> = ["xor", "prod", "quadrants", "two_moons", "gaussians"].map(first).into();
    insta::assert_debug_snapshot!(seen);
}

#[test]
fn the_cache_gives_what_generate_gives() {
    let cache = Cache::default();
    let set = dataset("circle");
    let data = cache.get(&set, 2).expect("made");
    assert_eq!(*data, set.generate(2).expect("generated"));
    assert!(Arc::ptr_eq(&data, &cache.get(&set, 2).expect("kept")));
}

fn csv(settings: &[(&str, Value)], content: &str) -> Result<CsvTable, DataError> {
    let mut csv = Csv { path: "data.csv".into(), ..Csv::default() };
    for (name, value) in settings {
        csv.set(name, value).expect("an accepted value");
    }
    csv.parse(content.as_bytes())
}

#[test]
fn a_file_is_read_and_its_kind_inferred() {
    let named = csv(&[], "\u{feff}a,b,kind\r\n1,2,red\r\n3,\"4\",blue\r\n5,6,red\r\n").expect("read");
    assert_eq!((named.task(), named.classes()), (Task::Binary, &["blue".to_owned(), "red".to_owned()][..]));
    assert_eq!((&named.table().x[..], &named.table().y[..]), (&[1., 2., 3., 4., 5., 6.][..], &[1., 0., 1.][..]));
    assert_eq!(csv(&[], "a,y\n1,0\n2,1\n3,2\n").expect("read").task(), Task::Multiclass { classes: 3 });
    assert_eq!(csv(&[], "a,y\n1,0\n2,5\n").expect("read").task(), Task::Regression);
    let chosen = csv(
        &[("target", Value::Text("a".into())), ("features", Value::List(vec![Value::Text("c".into())]))],
        "a,b,c\n1.5,x,3\n2.5,y,4\n",
    );
    assert_eq!(chosen.expect("read").table().x, [3.0, 4.0]);
}

#[test]
fn the_hash_follows_what_is_used_of_the_file() {
    let hash = |content: &str| csv(&[], content).expect("read").hash().to_owned();
    assert_eq!(hash("a,y\n1,0.5\n2,0.25\n"), hash("a,y\r\n1.0,0.50\r\n2,.25\r\n"));
    assert_ne!(hash("a,y\n1,0.5\n2,0.25\n"), hash("a,y\n1,0.5\n2,0.26\n"));
}

#[test]
fn a_bad_file_is_told_with_line_and_column() {
    let text = |s: &str| Value::Text(s.into());
    let cases: Vec<(Vec<(&str, Value)>, &str)> = vec![
        (vec![], ""),
        (vec![], "a,y\n"),
        (vec![], "y\n1\n"),
        (vec![], "a,a\n1,2\n"),
        (vec![], "a,y\n1,2\n,3\n"),
        (vec![], "a,y\n1,2\nNaN,3\n"),
        (vec![], "a,y\n1,2\ntwo,3\n"),
        (vec![], "a,y\n1,\n"),
        (vec![], "a,y\n1,2\n1,2,3\n"),
        (vec![], "a,y\n1,red\n2,red\n"),
        (vec![("target", text("z"))], "a,y\n1,2\n"),
        (vec![("target", text("lable"))], "a,label\n1,2\n"),
        (vec![("target", text("a")), ("features", Value::List(vec![text("a")]))], "a,y\n1,2\n"),
        (vec![("kind", text("regression"))], "a,y\n1,red\n"),
        (vec![("kind", text("both"))], "a,y\n1,2\n"),
    ];
    let told: Vec<String> =
        cases.iter().map(|(settings, content)| csv(settings, content).expect_err("a bad file").to_string()).collect();
    insta::assert_debug_snapshot!(told);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = Csv { path: "data.csv".into(), ..Csv::default() }.parse(&bytes);
    }

    #[test]
    fn any_cells_are_read_or_refused(cells in "[a-c0-9.,\"\n\r\u{e9}-]{0,80}") {
        let _ = Csv { path: "data.csv".into(), ..Csv::default() }.parse(format!("a,b\n{cells}").as_bytes());
    }
}
