//! The reference engine does what a run's configuration says: data, order, schedule, divergence, and the same bits
//! whoever trains beside it.

use candle_core::{DType, Device, Tensor};
use tallow::activation::Activation;
use tallow::dataset::{Batching, Cache, Data, Dataset, Kind, LastBatch};
use tallow::engine::candle::Fcnn;
use tallow::engine::{self, Failure, Outcome, Parts, Status, Stop, Training};
use tallow::optim::Optimizer;
use tallow::param::Value;
use tallow::schedule::Schedule;
use tallow::spec::{Lib, RunConfig};

fn run(dataset: &str) -> RunConfig {
    let mut dataset = Dataset::new(Kind::from_name(dataset).expect("a known dataset"));
    dataset.sampling.points = 103;
    RunConfig {
        lib: Lib::CandleNn,
        dataset,
        hidden: vec![7, 5],
        activation: Activation::from_name("tanh").expect("a known activation"),
        optimizer: Optimizer::from_name("sgd").expect("a known optimizer"),
        learning_rate: 0.05,
        epochs: 6,
        batch_size: 20,
        seed: 3,
        ..RunConfig::default()
    }
}

fn train(run: &RunConfig) -> Outcome {
    let device = engine::Device::open("cpu").expect("the CPU");
    let mut outcomes = engine::train(std::slice::from_ref(run), &Cache::default(), &device, &Stop::default());
    outcomes.remove(0).expect("an outcome")
}

fn near(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-4 * b.abs() + 1e-6
}

#[test]
fn a_run_means_the_same_to_both_engines() {
    let (optimizers, mut cases) = (Optimizer::all(), 0);
    for dataset in ["prod", "xor", "quadrants"] {
        for schedule in Schedule::all() {
            for shuffle in [false, true] {
                let mut run = run(dataset);
                run.optimizer = optimizers[cases % optimizers.len()].clone();
                run.learning_rate = 0.01;
                if run.optimizer.needs_all_samples() {
                    // What a gradient changes by after a small step is rounding.
                    (run.batch_size, run.learning_rate) = (Batching::ALL, 0.3);
                }
                (run.schedule, run.shuffle) = (schedule.clone(), shuffle);
                run.dataset.sampling.test = 0.3;
                let reference = train(&run);
                run.lib = Lib::Fused;
                let fused = train(&run);
                let word = format!("{dataset} {} {}", run.optimizer.name(), schedule.name());
                assert_eq!((reference.status, fused.status), (Status::Done, Status::Done), "{word}");
                assert_eq!(reference.series["loss_last"].len(), run.epochs, "{word}");
                let pairs = reference.series["loss_last"].iter().zip(&fused.series["loss_last"]);
                for (a, b) in pairs.chain(reference.series["loss_mean"].iter().zip(&fused.series["loss_mean"])) {
                    assert!(near(*a, *b), "{word}: {a} for {b}");
                }
                let names = |outcome: &Outcome| outcome.measures.keys().cloned().collect::<Vec<_>>();
                assert_eq!(names(&reference), names(&fused), "{word}");
                assert_eq!(reference.measures.contains_key("test_accuracy"), dataset != "prod", "{word}");
                for (name, a) in &reference.measures {
                    let b = fused.measures[name];
                    let same = if name.ends_with("loss") { near(*a, b) } else { (a - b).abs() < 0.04 };
                    assert!(same, "{word}: {name} {a} for {b}");
                }
                cases += 1;
            }
        }
    }
}

#[test]
fn every_optimizer_learns() {
    for optimizer in Optimizer::all() {
        let mut run = run("xor");
        (run.dataset.sampling.points, run.epochs) = (400, 150);
        run.learning_rate = match optimizer.name() {
            // Whose steps are the gradient's own, or have the parameter's own unit.
            "sgd" | "asgd" | "schedule_free_sgd" => 0.5,
            "adadelta" => 1.0,
            // A multiple of what it finds by itself, or of one step an epoch.
            "prodigy" | "lbfgs" => 0.3,
            // Relative to the parameters' own size.
            "adafactor" => 0.1,
            _ => 0.02,
        };
        if optimizer.needs_all_samples() {
            run.batch_size = Batching::ALL;
        }
        run.optimizer = optimizer;
        let outcome = train(&run);
        let accuracy = outcome.measures["train_accuracy"];
        assert!(accuracy > 0.9, "{}: {accuracy}", run.optimizer.name());
    }
}

#[test]
fn a_schedule_scales_the_learning_rate_of_each_step() {
    let mut first = run("prod");
    (first.epochs, first.batch_size) = (1, 103);
    first.schedule = Schedule::from_name("warmup").expect("a known schedule");
    let warming = train(&first);
    first.schedule = Schedule::from_name("constant").expect("a known schedule");
    first.learning_rate *= 0.2;
    assert_eq!(warming.layers, train(&first).layers, "the first of five epochs of one step has a fifth of the rate");
}

#[test]
fn shuffling_reorders_the_samples_of_an_epoch_and_drops_or_repeats_none() {
    let mut whole = run("prod");
    whole.batch_size = 103;
    let mut shuffled = whole.clone();
    shuffled.shuffle = true;
    for (a, b) in train(&whole).series["loss_last"].iter().zip(&train(&shuffled).series["loss_last"]) {
        assert!(near(*a, *b), "one batch of all samples has the same loss in any order: {a}, {b}");
    }
    (whole.batch_size, shuffled.batch_size) = (20, 20);
    let [plain, shuffled] = [&whole, &shuffled].map(|run| train(run).series["loss_last"].clone());
    assert!(plain.iter().zip(&shuffled).all(|(a, b)| !near(*a, *b)), "{plain:?}, {shuffled:?}");
}

#[test]
fn a_batch_of_all_samples_is_one_of_so_many() {
    for lib in [Lib::Fused, Lib::CandleNn] {
        for last_batch in [LastBatch::Drop, LastBatch::Train] {
            let mut run = RunConfig { lib, last_batch, batch_size: Batching::ALL, ..run("quadrants") };
            let all = train(&run);
            run.batch_size = 103;
            assert_eq!(all, train(&run));
        }
    }
}

#[test]
fn an_incomplete_last_batch_is_left_out_of_training_but_not_of_the_final_loss() {
    let run = run("prod");
    let mut data = run.dataset.generate(run.seed).expect("data");
    let (parts, stop) = (Parts::of(&run, &data), Stop::default());
    let train = |data: &Data| {
        let training = Training::of(&run, &parts, data, None, &stop);
        engine::candle::train(&training, &run.init.draw(&parts.units, run.seed), &Device::Cpu).expect("an outcome")
    };
    let before = train(&data);
    data.train.y[102] += 100.0;
    let after = train(&data);
    assert_eq!((&before.layers, &before.series), (&after.layers, &after.series));
    assert!(after.measures["train_loss"] > before.measures["train_loss"] + 50.0);
}

#[test]
fn a_short_last_batch_is_trained_with_its_own_mean_by_both_engines() {
    for (dataset, shuffle) in [("prod", false), ("xor", true), ("quadrants", true)] {
        let mut run = run(dataset);
        (run.shuffle, run.last_batch, run.learning_rate) = (shuffle, LastBatch::Train, 0.01);
        assert_eq!(run.steps_per_epoch(), 6);
        let reference = train(&run);
        run.lib = Lib::Fused;
        let fused = train(&run);
        let history = |outcome: &Outcome| [&outcome.series["loss_last"][..], &outcome.series["loss_mean"]].concat();
        for (a, b) in history(&reference).iter().zip(history(&fused)) {
            assert!(near(*a, b), "{dataset}: {a} for {b}");
        }
        assert!(near(reference.measures["train_loss"], fused.measures["train_loss"]), "{dataset}");
        run.last_batch = LastBatch::Drop;
        assert!(
            !near(train(&run).measures["train_loss"], fused.measures["train_loss"]),
            "{dataset}: the last three samples matter"
        );
    }
}

#[test]
fn weights_of_samples_mean_the_same_to_both_engines() {
    for (dataset, last) in [("prod", LastBatch::Drop), ("xor", LastBatch::Train), ("quadrants", LastBatch::Train)] {
        let mut run = run(dataset);
        (run.last_batch, run.dataset.sampling.test, run.learning_rate) = (last, 0.3, 0.01);
        let mut data = run.dataset.generate(run.seed).expect("data");
        for table in [&mut data.train, &mut data.test] {
            table.weights = Some((0..table.len()).map(|k| (k % 4) as f32 / 2.0).collect());
        }
        let (parts, stop) = (Parts::of(&run, &data), Stop::default());
        let training = Training::of(&run, &parts, &data, None, &stop);
        let layers = run.init.draw(&parts.units, run.seed);
        let reference = engine::candle::train(&training, &layers, &Device::Cpu).expect("an outcome");
        let fused = engine::fused::train(&training, &layers).expect("an outcome");
        let numbers = |outcome: Outcome| {
            let series = outcome.series.into_values().flatten();
            series.chain(outcome.measures.into_values()).collect::<Vec<f32>>()
        };
        for (a, b) in numbers(reference).into_iter().zip(numbers(fused)) {
            assert!(near(a, b), "{dataset}: {a} for {b}");
        }
    }
}

#[test]
fn divergence_ends_a_run_in_its_epoch_and_keeps_what_was_seen() {
    let mut run = run("prod");
    run.activation = Activation::from_name("linear").expect("a known activation");
    run.learning_rate = 50.0;
    run.epochs = 50;
    let outcome = train(&run);
    let Status::Diverged { epoch } = outcome.status else { panic!("{:?}", outcome.status) };
    assert!(epoch < 50);
    assert_eq!((outcome.series["loss_last"].len(), outcome.series["loss_mean"].len()), (epoch, epoch));
    assert!(!outcome.series["loss_last"][epoch - 1].is_finite() && !outcome.series["loss_mean"][epoch - 1].is_finite());
    assert!(outcome.series["loss_last"][..epoch - 1].iter().all(|loss| loss.is_finite()));
}

#[test]
fn a_weight_that_is_no_number_is_seen_through_every_activation() {
    for activation in Activation::all() {
        let tensor = |values: &[f32], shape: &[usize]| Tensor::from_slice(values, shape, &Device::Cpu).expect("made");
        let layers = vec![
            (tensor(&[f32::NAN, 1.0], &[2, 1]), tensor(&[0.0, 0.0], &[2])),
            (tensor(&[1.0, 1.0], &[1, 2]), tensor(&[0.0], &[1])),
        ];
        let network = Fcnn::new(layers, activation.clone()).expect("a network");
        let out = network.forward(&tensor(&[1.0], &[1, 1])).and_then(|z| z.flatten_all()?.to_vec1::<f32>());
        assert!(out.expect("computed")[0].is_nan(), "{}", activation.name());
    }
}

#[test]
fn a_stop_leaves_no_outcome() {
    let stop = Stop::default();
    stop.set();
    let device = engine::Device::open("cpu").expect("the CPU");
    let outcomes = engine::train(&[run("xor")], &Cache::default(), &device, &stop);
    assert!(matches!(outcomes[..], [Err(Failure::Stopped)]));
}

#[test]
fn a_training_has_the_same_bits_alone_and_beside_others() {
    let runs: Vec<RunConfig> = ["prod", "xor", "quadrants"].into_iter().map(run).collect();
    let alone: Vec<Outcome> = runs.iter().map(train).collect();
    let beside: Vec<Outcome> = std::thread::scope(|scope| {
        let trainings: Vec<_> = runs.iter().map(|run| scope.spawn(|| train(run))).collect();
        trainings.into_iter().map(|training| training.join().expect("trained")).collect()
    });
    assert_eq!(alone, beside);
}

#[test]
fn layers_are_linear_with_weights_of_outputs_by_inputs() {
    let tensor = |values: &[f64], shape: &[usize]| Tensor::from_slice(values, shape, &Device::Cpu).expect("made");
    let layers = vec![
        (tensor(&[1.0, 2.0, 3.0, -4.0, -5.0, -6.0], &[2, 3]), tensor(&[0.5, 0.25], &[2])),
        (tensor(&[10.0, 100.0], &[1, 2]), tensor(&[1.0], &[1])),
    ];
    let network = Fcnn::new(layers, Activation::from_name("relu").expect("known")).expect("a network");
    assert_eq!(
        network.vars().iter().map(|var| var.dims().to_vec()).collect::<Vec<_>>(),
        [vec![2, 3], vec![2], vec![1, 2], vec![1]]
    );
    let out = network.forward(&tensor(&[1.0, 1.0, 1.0, -1.0, 0.0, 0.0], &[2, 3])).expect("computed");
    assert_eq!(out.dtype(), DType::F64);
    // 6.5 and 0; 0 and 4.25.
    assert_eq!(out.flatten_all().and_then(|z| z.to_vec1::<f64>()).expect("numbers"), [66.0, 426.0]);
}

#[test]
fn momentum_begins_with_the_gradient_itself() {
    let mut plain = run("prod");
    (plain.epochs, plain.batch_size) = (1, 103);
    let mut heavy = plain.clone();
    heavy.optimizer.settings_mut().set("momentum", &Value::Float(0.9)).expect("accepted");
    heavy.optimizer.settings_mut().set("dampening", &Value::Float(0.5)).expect("accepted");
    assert_eq!(train(&plain).layers, train(&heavy).layers);
    (plain.epochs, heavy.epochs) = (2, 2);
    assert_ne!(train(&plain).layers, train(&heavy).layers);
}
