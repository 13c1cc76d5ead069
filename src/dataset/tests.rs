use super::plane::Formula;
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
        assert_eq!((data.features, data.task), (set.shape().features, set.shape().task));
        assert_eq!((data.train.len(), data.train.x.len()), (2500, 2500 * data.features));
        assert!(data.train.x.iter().chain(&data.train.y).all(|x| x.is_finite()));
        if let Some(classes) = data.task.classes() {
            assert!(data.train.y.iter().all(|&y| y >= 0.0 && y.fract() == 0.0 && (y as usize) < classes));
            assert!((0..classes).all(|class| data.train.y.contains(&(class as f32))), "{}", set.kind.name());
            assert_eq!(set.class_names().len(), classes);
        }
    }
}

#[test]
fn classes_have_the_shares_that_the_areas_say() {
    use std::f64::consts::FRAC_PI_8;
    let shares: [(&str, &[f64]); 9] = [
        ("and", &[0.75, 0.25]),
        ("or", &[0.25, 0.75]),
        ("xor", &[0.5, 0.5]),
        ("stripe", &[0.5625, 0.4375]),
        ("square", &[0.875, 0.125]),
        ("circle", &[1.0 - FRAC_PI_8 / 2.0, FRAC_PI_8 / 2.0]),
        ("squares", &[0.125, 0.375, 0.375, 0.125]),
        ("circles", &[FRAC_PI_8, FRAC_PI_8, 0.1768, 0.0378]),
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
fn targets_of_regressions_have_the_moments_that_the_integrals_say() {
    // Over [-2, 2]²: E x² = 4/3, E x⁴ = 16/5, hence Var x² = 64/45.
    let moments = [("prod", 0.0, 1.0 / 9.0), ("sum_squares", 2.0 / 3.0, 8.0 / 45.0), ("polynom", 0.0, 53.0 / 45.0)];
    for (name, mean, variance) in moments {
        let y = with(dataset(name), "points", Value::Int(100_000)).generate(1).expect("generated").train.y;
        let seen = y.iter().map(|&y| f64::from(y)).sum::<f64>() / 1e5;
        let spread = y.iter().map(|&y| (f64::from(y) - mean).powi(2)).sum::<f64>() / 1e5;
        assert!((seen - mean).abs() < 0.015, "{name}: mean {seen}, not {mean}");
        assert!((spread / variance - 1.0).abs() < 0.02, "{name}: variance {spread}, not {variance}");
    }
}

#[test]
fn labels_at_the_very_edge_are_clipped_to_the_classes_there_are() {
    let quadrants = quadrants::Quadrants::default();
    assert_eq!(quadrants.target(-1.0, 0.0), 4.0, "atan2 = π is past the last class");
    assert_eq!(quadrants.at([-1.0, 0.0]), 3.0);
    assert_eq!(quadrants.at([-1.0, -0.0]), 0.0);
    assert_eq!(squares::Squares::default().at([-2.0, 2.0]), 3.0);
    assert_eq!(circles::Circles::default().at([2.0, 2.0]), 3.0);
}

#[test]
fn edges_belong_where_the_formulas_put_them() {
    assert_eq!((xor::Xor {}.at([0.0, 1.0]), xor::Xor {}.at([-1.0, -1e-30])), (0.0, 1.0));
    assert_eq!((and::And {}.at([0.0, 1.0]), or::Or {}.at([0.0, 0.0])), (0.0, 0.0));
    assert_eq!(stripe::Stripe {}.at([1.5, 0.5]), 1.0);
    assert_eq!((square::Square {}.at([0.5, -0.5]), circle::Circle {}.at([0.0, -1.0])), (1.0, 1.0));
}

#[test]
fn friedman1_has_any_number_of_inputs_of_which_five_matter() {
    let inputs = |n| with(with(dataset("friedman1"), "inputs", Value::Int(n)), "noise", Value::Float(0.0));
    let data = inputs(7).generate(1).expect("generated");
    let spread = |x: &[f32]| x.iter().all(|x| (0.0..=1.0).contains(x));
    assert!(data.features == 7 && spread(&data.train.x));
    let (x, y): (Vec<f64>, _) = (data.train.x[..5].iter().map(|&x| x.into()).collect(), data.train.y[0]);
    let by_hand =
        10.0 * (std::f64::consts::PI * x[0] * x[1]).sin() + 20.0 * (x[2] - 0.5).powi(2) + 10.0 * x[3] + 5.0 * x[4];
    assert!((by_hand - f64::from(y)).abs() < 1e-5, "{by_hand} {y}");
    assert_eq!(inputs(7).feature_names(), ["x1", "x2", "x3", "x4", "x5", "x6", "x7"]);
}

#[test]
fn more_points_begin_with_the_same_ones() {
    for set in generated() {
        let few = with(set.clone(), "points", Value::Int(10)).generate(1).expect("generated").train;
        let many = set.generate(1).expect("generated").train;
        assert_eq!((&few.x[..], &few.y[..]), (&many.x[..few.x.len()], &many.y[..10]), "{}", set.kind.name());
    }
}

#[test]
fn a_class_absent_from_a_tiny_sample_does_not_shrink_the_network() {
    let tiny = with(dataset("circles"), "points", Value::Int(1));
    assert_eq!(tiny.shape().task.outputs(), 4);
}

#[test]
fn noise_moves_points_without_redrawing_them() {
    for name in ["two_moons", "spirals", "gaussians", "rings", "checkerboard", "prod", "friedman1"] {
        let quiet = with(dataset(name), "noise", Value::Float(0.0)).generate(1).expect("generated").train;
        let loud = with(dataset(name), "noise", Value::Float(1e-3)).generate(1).expect("generated").train;
        assert_ne!((&quiet.x, &quiet.y), (&loud.x, &loud.y), "{name}");
        let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.01);
        assert!(near(&quiet.x, &loud.x) && near(&quiet.y, &loud.y), "{name}");
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
        assert_eq!((data.train.len(), data.train.len() + data.test.len()), (set.train_len(5), 2500));
        assert!(!data.test.is_empty() && !data.train.is_empty());
        let sorted = |tables: &[&Table]| {
            let mut rows: Vec<[u32; 2]> =
                tables.iter().flat_map(|t| t.x.chunks_exact(2)).map(|x| [x[0].to_bits(), x[1].to_bits()]).collect();
            rows.sort_unstable();
            rows
        };
        assert_eq!(sorted(&[&whole]), sorted(&[&data.train, &data.test]));
        for (validation, rows) in [(0.1, 250), (0.9, 2250), (0.0, 0)] {
            let parted = with(set.clone(), "validation", Value::Float(validation));
            let chosen = parted.generate(5).expect("generated");
            assert_eq!(chosen.test, data.test, "the rows that judge are the same");
            assert_eq!(sorted(&[&whole]), sorted(&[&chosen.train, &chosen.validation, &chosen.test]));
            let lengths = [chosen.train.len(), chosen.validation.len(), chosen.test.len()];
            assert_eq!(lengths, [parted.train_len(5), parted.validation_len(5), parted.test_len(5)]);
            assert_eq!(lengths[1], rows.min(2499 - lengths[2]), "{share} {validation}");
        }
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
    let order = Order::new(&dataset("xor"), 1);
    let (first, second) = (order.epoch(0).to_vec(), order.epoch(1).to_vec());
    assert_ne!(first, second);
    assert_eq!(order.epoch(0), first, "a function of the epoch, not of those before");
    let mut sorted = first;
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..2500));
}

#[test]
fn the_order_is_the_same_at_every_level_of_noise_and_another_for_another_replicate() {
    let order = |set: &Dataset, seed| Order::new(set, seed).epoch(0).to_vec();
    let quiet = dataset("two_moons");
    let loud = with(with(quiet.clone(), "noise", Value::Float(0.5)), "label_noise", Value::Float(0.5));
    assert_eq!(order(&quiet, 1), order(&loud, 1));
    assert_ne!(order(&quiet, 1), order(&quiet, 2));
    assert_ne!(order(&quiet, 1), order(&dataset("rings"), 1));
}

#[test]
fn the_order_is_over_the_training_samples_alone() {
    let order = Order::new(&with(dataset("xor"), "test", Value::Float(0.2)), 1);
    assert_eq!(order.epoch(0).iter().max(), Some(&1999));
}

/// A short hash of all samples, to hold them to the bit.
fn fingerprint(data: &Data) -> String {
    let mut hasher = blake3::Hasher::new();
    for table in [&data.train, &data.test] {
        for x in table.x.iter().chain(&table.y) {
            hasher.update(&x.to_le_bytes());
        }
    }
    hasher.finalize().to_hex()[..12].to_owned()
}

/// Stored results rest on these bits: a change here needs a new name for the dataset or a new version of the streams.
#[test]
fn samples_never_change() {
    let seen: Vec<String> = generated()
        .map(|set| {
            let data = set.generate(0).expect("generated");
            let (x, y) = (&data.train.x[..2], data.train.y[0]);
            format!("{} {x:?} {y:?} {}", set.kind.name(), fingerprint(&data))
        })
        .collect();
    insta::assert_snapshot!(seen.join("\n"), @r"
    and [1.2506939, 0.71885264] 1.0 02e2b1b583d4
    or [0.48744962, -1.5603333] 1.0 be66a7bba325
    xor [-0.45686868, 0.1246989] 0.0 b73b9fa66f6f
    stripe [-0.84959775, -1.7603028] 1.0 97661a9721ba
    square [-1.0852879, -1.5163584] 0.0 b3b4cc1ad6d2
    circle [0.82625663, 0.78545547] 0.0 682705a7f2a1
    prod [-1.8550215, -1.1896145] 0.5516901 7ce1bf9938b2
    sum_squares [-0.2453508, 1.267025] 0.41638735 58dad8288263
    polynom [-1.6484126, -0.29805958] 0.28861225 eed3412a32aa
    squares [0.21065243, -1.9732494] 2.0 a2de1bdbf041
    circles [0.85122025, 1.7909038] 1.0 053ae2f9840d
    quadrants [-0.8989852, -0.9142657] 0.0 de9d0ac1ea85
    two_moons [-1.0981416, 1.1196591] 0.0 85c3aa8ccf4a
    spirals [-1.1550627, 1.4466285] 0.0 2625a09d8d70
    gaussians [1.6096463, -0.43239385] 0.0 2951912c3659
    rings [0.0041734553, -0.8650507] 0.0 3570bab15191
    checkerboard [-1.8572092, 1.4508029] 1.0 aedd93976ace
    friedman1 [0.5615369, 0.5805031] 15.3083 5175a3b7834e
    ");
}

#[test]
fn splits_flips_and_orders_never_change() {
    let set = with(with(dataset("quadrants"), "test", Value::Float(0.2)), "label_noise", Value::Float(0.1));
    let data = set.generate(0).expect("generated");
    let order = Order::new(&set, 0).epoch(1)[..6].to_vec();
    insta::assert_snapshot!(format!("{} {order:?}", fingerprint(&data)), @"22197d19b526 [153, 1979, 693, 1797, 769, 1325]");
}

#[test]
fn the_cache_gives_what_generate_gives_and_keeps_it() {
    let cache = Cache::default();
    let set = dataset("circle");
    let data = cache.get(&set, 2).expect("made");
    assert_eq!(*data, set.generate(2).expect("generated"));
    assert!(Arc::ptr_eq(&data, &cache.get(&set, 2).expect("kept")));
    for other in [with(set.clone(), "label_noise", Value::Float(0.1)), with(set.clone(), "test", Value::Float(0.1))] {
        assert_ne!(cache.get(&other, 2).expect("made"), data);
    }
    assert_ne!(cache.get(&set, 3).expect("made"), data);
}

#[test]
fn the_cache_forgets_what_was_not_used_lately() {
    let cache = Cache::default();
    let set = with(dataset("xor"), "points", Value::Int(2_500_000));
    let first = Arc::downgrade(&cache.get(&set, 0).expect("made"));
    let used = Arc::downgrade(&cache.get(&set, 1).expect("made"));
    for seed in 2..12 {
        drop(cache.get(&set, seed).expect("made"));
        drop(cache.get(&set, 1).expect("kept"));
    }
    assert!(first.upgrade().is_none() && used.upgrade().is_some());
}

#[test]
fn noise_has_a_bound_so_that_points_stay_finite() {
    for set in generated() {
        let noisy = set.kind.settings().params().iter().any(|param| param.name == "noise");
        if noisy {
            let data = with(set, "noise", Value::Float(100.0)).generate(0).expect("generated");
            assert!(data.train.x.iter().chain(&data.train.y).all(|x| x.is_finite()));
        }
    }
}
