//! Experiment files from outside: what they expand to, and what a user reads when one is wrong.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;
use tallow::activation::Activation;
use tallow::dataset::{Batching, Kind, Sampling};
use tallow::diag::Source;
use tallow::optim::Optimizer;
use tallow::param::Settings;
use tallow::plan::{Filter, Partition, Plan, RunId};
use tallow::schedule::Schedule;
use tallow::spec::{Experiment, KeyId, RunConfig, describable};

use crate::command::without_lists;

fn read_with(text: &str, overrides: &[&str]) -> Result<Experiment, String> {
    let source = Source { name: "lr.toml".into(), text: text.into() };
    let overrides: Vec<String> = overrides.iter().map(|&text| text.to_owned()).collect();
    Experiment::parse(source, "lr", Path::new("."), &overrides).map_err(|problems| problems.render(false))
}

fn plan_with(text: &str, overrides: &[&str]) -> Plan {
    Plan::new(&read_with(text, overrides).unwrap_or_else(|told| panic!("{told}"))).expect("a plan")
}

fn plan(text: &str) -> Plan {
    plan_with(text, &[])
}

fn wrong(text: &str) -> String {
    read_with(text, &[]).expect_err("a wrong file")
}

fn ids(plan: &Plan) -> Vec<RunId> {
    plan.iter().map(|run| run.id).collect()
}

#[test]
fn settings_of_a_choice_multiply_only_that_choice() {
    let plan = plan(
        "seeds = 2\n[grid]\ndataset = 'xor'\noptimizer = ['adam', { name = 'sgd', momentum = [0.0, 0.9], nesterov = false }]\n\
         learning_rate = [0.1, 0.01, 0.001]\n",
    );
    assert_eq!(plan.len(), 2 * (1 + 2) * 3);
    let keys: Vec<&str> = plan.axes().iter().map(|axis| axis.key.as_str()).collect();
    assert_eq!(keys, ["optimizer", "learning_rate", "momentum"]);
}

#[test]
fn a_width_of_all_runs_and_depths_of_a_grid_combine() {
    let layouts = |text: &str| plan(text).iter().map(|run| run.config.hidden).collect::<Vec<_>>();
    assert_eq!(layouts("[train]\ndataset = 'xor'\nwidth = 8\n[grid]\ndepth = [1, 2]\n"), [vec![8], vec![8, 8]]);
    assert_eq!(layouts("[train]\ndataset = 'xor'\ndepth = 2\n[grid]\nwidth = [3, 4]\n"), [vec![3, 3], vec![4, 4]]);
    assert_eq!(layouts("[train]\ndataset = 'xor'\nhidden = [9]\n[grid]\ndepth = 2\nwidth = 4\n"), [vec![4, 4]]);
    assert_eq!(layouts("[train]\ndataset = 'xor'\nwidth = 9\n[grid]\nhidden = [[4], [5]]\n"), [vec![4], vec![5]]);
}

#[test]
fn a_key_that_cannot_take_effect_is_told() {
    let told = |text: &str, word: &str| {
        let problems = wrong(&format!("{text}\n"));
        assert!(problems.contains(word) && problems.contains("--> lr.toml:"), "{text}\n{problems}");
    };
    told("[train]\ndataset = 'xor'\nhidden = [9]\n[grid]\ndepth = [1, 2]", "`depth` needs a `width` beside it");
    told("[train]\ndataset = 'xor'\nhidden = [9]\nwidth = 4", "the hidden layout is given twice in [train]");
    told("[train]\ndataset = 'xor'\ndepth = 0\nwidth = 4", "`width` has no layer");
    told("[train]\noptimizer = { name = 'adam', learning_rate = 0.1 }\nlearning_rate = 0.2\ndataset = 'xor'", "twice");
    told(
        "[grid]\ndataset = 'xor'\nzip = { optimizer = [{ name = 'adam', learning_rate = 0.1 }], learning_rate = [0.2] }",
        "twice",
    );
    told("[train]\ndataset = 'xor'\noptimizer = 'lbfgs'", "`lbfgs` needs `batch_size = \"all\"`");
    told("[grid]\ndataset = 'xor'\noptimizer = ['adam', 'lbfgs']\nbatch_size = [50, 'all']", "`lbfgs` needs");
    let some = plan("[grid]\ndataset = 'xor'\noptimizer = ['adam', { name = 'lbfgs', batch_size = 'all' }]\n");
    let sizes: Vec<_> = some.iter().map(|run| run.config.batch_size).collect();
    assert_eq!(sizes, [RunConfig::default().batch_size, Batching::ALL]);
    let names = |text: &str| plan(text).iter().map(|run| run.config.optimizer.name()).collect::<Vec<_>>();
    assert_eq!(
        names("[grid]\ndataset = 'xor'\noptimizer = ['muon', 'group:sign']\n"),
        ["muon", "rprop", "lion", "signum"]
    );
    told("[grid]\ndataset = 'xor'\noptimizer = 'group:fast'", "groups are \"group:descent\"");
    let warned = |text: &str| read_with(text, &[]).expect("sound").warnings.render(false);
    let own = warned("[train]\ndataset = 'xor'\nepochs = 5\nwidth = 3\n[grid]\nepochs = [6, 7]\nhidden = [[2]]\n");
    assert!(own.contains("`epochs` of [train] reaches no run") && own.contains("`width` of [train]"), "{own}");
    assert_eq!(warned("[train]\ndataset = 'xor'\nepochs = 5\n[[grid]]\nepochs = 6\n[[grid]]\nwidth = 3\n"), "");
}

#[test]
fn what_is_evaluated_is_part_of_an_identity_only_where_it_decides() {
    let id = |more: &str| ids(&plan(&format!("[train]\ndataset = 'xor'\nvalidation = 0.2\n{more}\n")))[0];
    let plain = id("");
    assert_eq!(id("evaluate = { every = 5, on = ['train'] }"), plain);
    assert_eq!(id("keep = 'last'\nearly_stopping = false"), plain);
    let best = id("keep = 'best'");
    assert_ne!(best, plain);
    assert_ne!(id("keep = 'best'\nevaluate = { every = 5 }"), best);
    assert_eq!(id("keep = 'best'\nevaluate = { on = ['train'] }"), best);
    assert_eq!(id("early_stopping = true"), id("early_stopping = { patience = 16, min_delta = 0 }"));
    assert_ne!(id("early_stopping = true"), id("early_stopping = { watch = 'validation_accuracy' }"));
    assert_ne!(id("early_stopping = true"), plain);
}

#[test]
fn early_stopping_is_an_axis_with_settings_of_its_own() {
    let text = "[train]\ndataset = 'xor'\nvalidation = 0.2\n[grid]\nearly_stopping = [false, { patience = [8, 16] }]\n";
    let plan = plan(text);
    let keys: Vec<&str> = plan.axes().iter().map(|axis| axis.key.as_str()).collect();
    assert_eq!(keys, ["early_stopping", "early_stopping_patience"]);
    let patience = |run: tallow::plan::Run| run.config.early_stopping.map(|rule| rule.patience);
    assert_eq!(plan.iter().map(patience).collect::<Vec<_>>(), [None, Some(8), Some(16)]);
    let filter = Filter::parse("early_stopping_patience=8", &describable()).expect("a filter");
    assert_eq!(plan.iter().filter(|run| filter.matches(run)).count(), 1);
}

#[test]
fn a_protocol_that_has_nothing_to_go_by_is_told_with_its_place() {
    let told = |text: &str, words: &str| {
        let problems = wrong(&format!("[train]\n{text}\n"));
        assert!(problems.contains(words) && problems.contains("--> lr.toml:"), "{text}\n{problems}");
    };
    told("dataset = 'xor'\nkeep = 'best'", "`keep` watches `validation_loss`, and some runs hold out no such samples");
    told("dataset = 'xor'\nearly_stopping = true\ntest = 0.2", "`early_stopping` watches `validation_loss`");
    told("dataset = 'xor'\nevaluate = { on = ['test'] }", "`evaluate` is on the test samples");
    told(
        "dataset = 'xor'\nevaluate = { on = ['tests'] }",
        "`on` has `tests`, which is none of train, validation, test",
    );
    told("dataset = 'xor'\nevaluate = { ever = 2 }", "`evaluate` has no setting `ever`");
    told("dataset = 'xor'\nevaluate_every = 2", "evaluate = { every = … }");
    told("dataset = 'xor'\nevaluate = { every = [1, 2] }", "[train] takes one value");
    told("dataset = 'xor'\nvalidation = 0.2\n[grid]\nevaluate = { every = [1, 2] }", "`evaluate` has several values");
    told("dataset = 'xor'\ntest = 0.6\nvalidation = 0.5", "leave no samples to train on");
    told("dataset = 'xor'\nvalidation = 0.2\nearly_stopping = { watch = 'loss' }", "`watch` must be a series");
    told("dataset = 'xor'\nvalidation = 0.2\nearly_stopping = 5", "`early_stopping` must be false, true or a table");
    let watch = "validation = 0.2\nearly_stopping = { watch = 'validation_accuracy' }";
    told(&format!("dataset = 'prod'\n{watch}"), "does not apply to `prod`, a regression");
    let text = "[train]\ndataset = 'xor'\ntest = 0.2\nearly_stopping = { watch = 'test_loss' }\n";
    let warned = read_with(text, &[]).expect("sound").warnings.render(false);
    assert!(warned.contains("the samples that judge a run choose its last epoch"), "{warned}");
    let text = "[train]\ndataset = 'xor'\nearly_stopping = { watch = 'loss_mean' }\n";
    assert_eq!(read_with(text, &[]).expect("sound").warnings.render(false), "");
}

#[test]
fn ranges_are_linear_or_logarithmic_and_read_as_typed() {
    let rates = |range: &str| -> Vec<f64> {
        plan(&format!("[grid]\ndataset = 'xor'\nlearning_rate = {range}\n"))
            .iter()
            .map(|run| run.config.learning_rate)
            .collect()
    };
    assert_eq!(rates("{ log = [0.001, 0.1], steps = 5 }"), [0.001, 0.003162, 0.01, 0.03162, 0.1]);
    assert_eq!(rates("{ log_from = 1, log_to = 100, steps = 3 }"), [1.0, 10.0, 100.0]);
    assert_eq!(rates("{ from = 0.1, to = 0.3, steps = 3 }"), [0.1, 0.2, 0.3]);
    let epochs = plan("[grid]\ndataset = 'xor'\nepochs = { from = 10, to = 50, steps = 5 }\n");
    assert_eq!(epochs.iter().map(|run| run.config.epochs).collect::<Vec<_>>(), [10, 20, 30, 40, 50]);
}

#[test]
fn layouts_are_listed_or_depth_times_width() {
    let hidden = |lines: &str| -> Vec<Vec<usize>> {
        plan(&format!("[grid]\ndataset = 'xor'\n{lines}\n")).iter().map(|run| run.config.hidden).collect()
    };
    assert_eq!(hidden("hidden = [6, 4]"), [vec![6, 4]]);
    assert_eq!(hidden("hidden = [[6], [6, 6]]"), [vec![6], vec![6, 6]]);
    assert_eq!(hidden("depth = [1, 2]\nwidth = [4, 8]"), [vec![4], vec![8], vec![4, 4], vec![8, 8]]);
    assert_eq!(hidden("depth = 0"), [Vec::<usize>::new()]);
}

#[test]
fn zipped_axes_move_together() {
    let plan = plan(
        "[grid]\ndataset = 'xor'\nactivation = ['relu', 'tanh']\nzip = { learning_rate = [0.1, 0.01], batch_size = [50, 100] }\n",
    );
    let pairs: BTreeSet<String> =
        plan.iter().map(|run| format!("{} {}", run.config.learning_rate, run.config.batch_size)).collect();
    assert_eq!((plan.len(), pairs), (4, BTreeSet::from(["0.1 50".into(), "0.01 100".into()])));
}

#[test]
fn grids_unite_and_what_both_have_is_run_once() {
    let plan = plan(
        "[train]\ndataset = 'xor'\n[[grid]]\noptimizer = 'sgd'\nlearning_rate = [0.1, 0.01]\n\
         [[grid]]\noptimizer = ['sgd', 'adam']\nlearning_rate = [0.01, 1e-3, 0.0010]\n",
    );
    assert_eq!(plan.len(), 2 + 3);
    assert_eq!(ids(&plan).iter().collect::<BTreeSet<_>>().len(), 5);
}

#[test]
fn exclusions_drop_points_and_inclusions_add_them() {
    let plan = plan(
        "[train]\ndataset = 'xor'\n[grid]\noptimizer = ['adagrad', { name = 'sgd', momentum = [0.0, 0.9] }]\n\
         learning_rate = [0.1, 0.001]\n[[exclude]]\noptimizer = 'adagrad'\nlearning_rate = 0.001\n\
         [[exclude]]\nmomentum = 0.9\n[[include]]\noptimizer = 'adam'\n\
         [[include]]\noptimizer = { name = 'sgd', momentum = 0.9 }\nlearning_rate = 0.1\n\
         [[include]]\noptimizer = 'sgd'\nlearning_rate = 0.1\n",
    );
    let runs: Vec<String> = plan
        .iter()
        .map(|run| {
            format!(
                "{} {} {}",
                run.config.optimizer.name(),
                run.config.learning_rate,
                run.value("momentum").map_or(String::new(), |m| m.to_string())
            )
        })
        .collect();
    assert_eq!(runs, ["adagrad 0.1 ", "sgd 0.1 0", "sgd 0.001 0", "adam 0.01 ", "sgd 0.1 0.9"]);
}

#[test]
fn a_sample_is_a_fixed_subset_of_the_grid() {
    let text = |sample: &str| {
        format!(
            "{sample}\nseeds = 3\n[grid]\ndataset = 'xor'\nlearning_rate = {{ log = [1e-4, 1.0], steps = 50 }}\nepochs = [1, 2, 3, 4]\n"
        )
    };
    let (all, some) = (ids(&plan(&text(""))), ids(&plan(&text("sample = 20"))));
    assert_eq!((all.len(), some.len()), (600, 60));
    assert_eq!(some, ids(&plan(&text("sample = 20"))));
    let places: Vec<usize> =
        some.iter().map(|id| all.iter().position(|other| other == id).expect("of the grid")).collect();
    assert!(places.is_sorted());
}

#[test]
fn ten_million_runs_are_counted_at_once_and_exactly() {
    let text = "seeds = 10\n[train]\ndataset = 'xor'\n\
        [[grid]]\nlearning_rate = { log = [1e-5, 1.0], steps = 1000 }\nepochs = { from = 1, to = 100, steps = 100 }\nbatch_size = { from = 1, to = 10, steps = 10 }\n\
        [[grid]]\nlearning_rate = { log = [1e-5, 1.0], steps = 10 }\nepochs = { from = 51, to = 150, steps = 100 }\n\
        [[exclude]]\nlearning_rate = 1e-5\nepochs = 7\n";
    // The second grid has the default batch size of 100, which the first has not.
    let plan = plan(text);
    assert_eq!(plan.len(), 10 * (1000 * 100 * 10 - 10 + 10 * 100));
    let last = plan.run(plan.len() - 1);
    assert_eq!((last.config.epochs, last.config.batch_size, last.config.seed), (150, 100, 9));
}

#[test]
fn the_order_of_a_file_changes_no_identity() {
    let one = plan(
        "[grid]\ndataset = 'xor'\noptimizer = ['adam', 'sgd']\nlearning_rate = [0.1, 0.01]\n[train]\nepochs = 7\n",
    );
    let other = plan(
        "[train]\nepochs = 7\n[grid]\nlearning_rate = [1e-2, 0.1]\noptimizer = ['sgd', { name = 'adam', beta1 = 0.9 }]\ndataset = 'xor'\npoints = 2500\n",
    );
    assert_eq!(ids(&one).into_iter().collect::<BTreeSet<_>>(), ids(&other).into_iter().collect::<BTreeSet<_>>());
}

#[test]
fn overrides_replace_add_and_make_axes() {
    let text = "seeds = 5\n[train]\nepochs = 7\n[grid]\ndataset = 'xor'\nlearning_rate = [0.1, 0.01, 0.001]\n";
    let len = |overrides: &[&str]| plan_with(text, overrides).len();
    assert_eq!(len(&["learning_rate=0.5"]), 5);
    assert_eq!(len(&["seeds=2", "epochs=[1,2]"]), 12);
    assert_eq!(len(&["optimizer=[\"sgd\",\"adam\"]"]), 30);
    let plan = plan_with(text, &["optimizer=sgd", "train.epochs=9", "batch_size = { from = 10, to = 20, steps = 2 }"]);
    let run = plan.run(0);
    assert_eq!((run.config.optimizer.name(), run.config.epochs, plan.len()), ("sgd", 9, 30));
}

#[test]
fn filters_and_partitions_select_runs() {
    let plan = plan(
        "seeds = 3\n[grid]\ndataset = 'xor'\noptimizer = ['adam', { name = 'sgd', momentum = [0.0, 0.9] }]\ndepth = [1, 2]\n",
    );
    let count = |text: &str| {
        let filter = Filter::parse(text, &describable()).expect("readable");
        plan.iter().filter(|run| filter.matches(run)).count()
    };
    assert_eq!((count("optimizer=adam"), count("momentum=0"), count("optimizer=sgd,depth=2,seed=1")), (6, 6, 2));
    assert_eq!((count("optimizer=adam,optimizer=sgd"), count("hidden=6-6"), count("units=2-6-1")), (18, 9, 9));
    assert!(
        Filter::parse("optimiser=adam", &describable())
            .expect_err("unknown")
            .to_string()
            .contains("did you mean `optimizer`?")
    );
    for by in ["", "count:", "hash:"] {
        let parts: Vec<Vec<RunId>> = (1..=4)
            .map(|part| {
                let partition = Partition::parse(&format!("{by}{part}/4")).expect("readable");
                let held = plan.iter().zip(0..).filter(|(run, rank)| partition.holds(*rank, &run.id));
                held.map(|(run, _)| run.id).collect()
            })
            .collect();
        let mut all: Vec<RunId> = parts.into_iter().flatten().collect();
        all.sort_unstable();
        let mut whole = ids(&plan);
        whole.sort_unstable();
        assert_eq!(all, whole, "the parts are disjoint and complete");
    }
    for text in ["0/4", "5/4", "1", "a/b", "size:1/2", ""] {
        assert!(Partition::parse(text).is_err(), "{text}");
    }
}

#[test]
fn the_committed_experiments_keep_their_identities() {
    let mut seen = Vec::new();
    for name in ["xor", "prod", "quadrants", "optimizers"] {
        let experiment = Experiment::load(Path::new(&format!("experiments/{name}.toml")), &[]).expect("a good file");
        assert!(experiment.warnings.items.is_empty());
        let plan = Plan::new(&experiment).expect("a plan");
        let (first, last) = (plan.run(0), plan.run(plan.len() - 1));
        seen.push(format!("{name}: {} runs", plan.len()));
        seen.extend([first, last].map(|run| format!("{} {}", run.id, run.description)));
    }
    insta::assert_snapshot!(seen.join("\n"));
}

/// Identities leave out what is at its default: another default would give other runs the identities of these. Who changes
/// one raises the number in the first line that `Description::id` hashes.
#[test]
fn the_defaults_are_those_that_identities_leave_out() {
    let settings = |name: &str, settings: &dyn Settings| {
        let defaults = settings.params().iter().map(|param| format!(" {}={}", param.name, param.default.value()));
        format!("{name}:{}\n", defaults.collect::<String>())
    };
    let mut told = settings("sampling", &Sampling::default());
    told.extend(Kind::all().iter().map(|kind| settings(kind.name(), kind.settings())));
    told.extend(Activation::all().iter().map(|kind| settings(kind.name(), kind.settings())));
    told.extend(Optimizer::all().iter().map(|kind| settings(kind.name(), kind.settings())));
    told.extend(Schedule::all().iter().map(|kind| settings(kind.name(), kind.settings())));
    let experiment = read_with("[grid]\ndataset = 'xor'\n", &[]).expect("a good file");
    let run = Plan::new(&experiment).expect("a plan").run(0);
    let kept = ["init", "shuffle", "schedule"].map(|key| format!("{key}={}", run.value(key).expect("a value")));
    told += &format!("{} {}\n{}\n", kept.join(" "), run.description, run.id);
    insta::assert_snapshot!(told);
}

macro_rules! told {
    ($($name:ident: $text:expr;)*) => { $(
        #[test]
        fn $name() {
            insta::assert_snapshot!(without_lists(&wrong($text)));
        }
    )* };
}

told! {
    an_unknown_optimizer_is_told_with_its_place: "[grid]\ndataset = 'xor'\noptimizer = ['sgd', 'adamm']\n";
    all_problems_are_told_at_once: "sedes = 3\n[grid]\ndataset = 'xr'\nlearning_rate = [0.1, -0.1]\nepochs = 2.5\nactivation = []\n[report]\ncompare = 'optimiser'\n";
    a_setting_at_the_top_is_shown_its_place: "[grid]\ndataset = 'xor'\nmomentum = [0.0, 0.9]\n";
    softmax_is_no_hidden_activation: "[grid]\ndataset = 'xor'\nactivation = 'softmax'\n";
    broken_toml_is_told: "[grid\ndataset = 'xor'\n";
    a_key_given_twice_is_told: "[grid]\ndataset = 'xor'\ndataset = 'or'\n";
    zero_points_are_too_few: "[grid]\ndataset = 'xor'\npoints = 0\n";
    a_batch_larger_than_the_data_is_told: "[train]\npoints = 50\n[grid]\ndataset = 'xor'\nbatch_size = [10, 64]\n";
    a_layer_too_large_is_told: "[grid]\ndataset = 'xor'\nhidden = [[6], [65536, 65536]]\n";
    a_file_without_dataset_is_told: "[grid]\noptimizer = 'adam'\n";
    label_noise_needs_labels: "[grid]\ndataset = ['xor', 'prod']\nlabel_noise = 0.1\n";
    nesterov_needs_momentum: "[grid]\ndataset = 'xor'\noptimizer = { name = 'sgd', nesterov = true }\n";
    a_range_needs_two_ends: "[grid]\ndataset = 'xor'\nlearning_rate = { from = 0.1, steps = 3 }\n";
    a_name_is_no_path: "name = '../../etc'\n[grid]\ndataset = 'xor'\n";
    a_missing_csv_is_told: "[grid]\ndataset = { name = 'csv', path = 'nowhere.csv' }\n";
    infinity_is_no_learning_rate: "[grid]\ndataset = 'xor'\nlearning_rate = inf\n";
    uneven_zips_are_told: "[grid]\ndataset = 'xor'\nzip = { learning_rate = [0.1, 0.2], epochs = [1, 2, 3] }\n";
    a_regression_has_no_accuracy: "[grid]\ndataset = ['xor', 'prod']\n[report]\nmetric = 'train_accuracy'\n";
    a_test_loss_needs_samples_held_out: "[grid]\ndataset = 'xor'\n[report]\nmetric = 'test_loss'\n";
    a_target_is_a_loss: "[grid]\ndataset = 'xor'\n[report]\ntarget = -1\n";
    a_key_has_one_role: "[grid]\ndataset = 'xor'\nlearning_rate = [0.1, 1.0]\n[report]\ncompare = 'learning_rate'\ntune = 'learning_rate'\n";
    a_part_decided_twice_is_told: "[grid]\ndataset = 'xor'\nlearning_rate = 0.1\noptimizer = { name = 'sgd', learning_rate = [0.1, 1.0] }\n";
}

#[test]
fn an_unknown_name_is_answered_with_every_known_one() {
    let told = |line: &str| wrong(&format!("[grid]\n{line}\n"));
    let list = |known: Vec<&str>| format!(": {}", known.join(", "));
    assert!(told("dataset = 'xorr'").contains(&list(Kind::NAMES.to_vec())));
    assert!(told("optimizer = 'adm'").contains(&list(Optimizer::NAMES.to_vec())));
    let keys = KeyId::all().flat_map(|key| key.spellings().to_vec()).chain(["zip"]);
    assert!(told("epoch = 3").contains(&list(keys.collect())));
}

#[test]
fn a_problem_of_an_override_points_into_it() {
    insta::assert_snapshot!(read_with("[grid]\ndataset = 'xor'\n", &["learning_rate=[0.1,-1]"]).expect_err("wrong"));
    let unknown = read_with("[grid]\ndataset = 'xor'\n", &["learning_rat=0.1"]).expect_err("wrong");
    insta::assert_snapshot!(without_lists(&unknown));
}

#[test]
fn an_exclusion_that_matches_nothing_is_a_warning() {
    let experiment = read_with("[grid]\ndataset = 'xor'\n[[exclude]]\noptimizer = 'sgd'\n", &[]).expect("a good file");
    insta::assert_snapshot!(experiment.warnings.render(false));
}

#[test]
fn a_role_of_a_key_with_one_value_is_a_warning() {
    let warnings = |text: &str| read_with(text, &[]).expect("a good file").warnings.render(false);
    insta::assert_snapshot!(warnings("[grid]\ndataset = 'xor'\n[report]\ncompare = 'activation'\n"));
    let varied = "[grid]\ndataset = 'xor'\ndepth = [1, 2]\nwidth = 4\noptimizer = [{ name = 'sgd', momentum = [0.0, 0.9] }, 'adam']\n";
    assert_eq!(warnings(&format!("{varied}[report]\ncompare = ['optimizer', 'momentum']\nfacet = 'hidden'\n")), "");
}

/// Small files whose plans would take minutes, or whose problems megabytes.
#[test]
fn files_that_would_take_long_are_refused_and_told_in_short() {
    let list = |from: usize, n: usize| (from..from + n).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
    let zips = format!(
        "[train]\ndataset = 'xor'\n[[grid]]\nzip = [{{ epochs = [{0}], points = [{1}] }}, {{ batch_size = [{0}], width = [{0}] }}]\n",
        list(1, 60),
        list(200, 60)
    );
    let zips = zips.replace(", width = ", ", data_seed = ") + "[[grid]]\nepochs = [1, 2]\n";
    let told = wrong(&zips);
    assert!(
        told.contains("the zips of this grid have 3600 combinations, which are too many beside other grids"),
        "{told}"
    );
    let told = wrong(&("[train]\ndataset = 'xor'\n".to_owned() + &"[[grid]]\nepochs = 3\n".repeat(1_001)));
    assert!(told.contains("a file may have at most 1000 grids"), "{told}");
    let told = wrong(&format!("[grid]\ndataset = 'xor'\nlearning_rate = [{}]\n", vec!["-1"; 20_000].join(", ")));
    assert!(told.ends_with("… and 19950 more") && told.matches("error: ").count() == 50, "{} bytes", told.len());
}

#[test]
fn regularization_that_cannot_be_is_told() {
    let told = |rest: &str| wrong(&format!("[train]\ndataset = 'two_moons'\ndepth = 2\n{rest}\n"));
    assert!(told("dropout = [[0.1]]").contains("`dropout` has 1 rate, and some networks have 2 hidden layers"));
    assert!(told("dropout = [[0.1, 1.0]]").contains("`dropout` must be at least 0 and below 1"));
    assert!(told("dropout = [[]]").contains("`dropout` needs a number for each hidden layer"));
    assert!(told("clip_norm = true").contains("`clip_norm` must be a number, or false"));
    assert!(told("clip_value = 0").contains("`clip_value` must be above 0"));
    assert!(
        told("class_weight = { two = 2.0 }")
            .contains("`class_weight` names `two`, which is not a class of `two_moons`")
    );
    assert!(told("class_weight = { 0 = 0, 1 = 0 }").contains("`class_weight` gives no class any weight"));
    assert!(told("class_weight = { 0 = -1 }").contains("`class_weight` of `0` must be at least 0"));
    assert!(told("class_weight = 'even'").contains("`class_weight` must be \"none\", \"balanced\", or a table"));
    for key in ["label_smoothing = 0.1", "class_weight = 'balanced'"] {
        let told = wrong(&format!("[train]\ndataset = 'prod'\n{key}\n"));
        assert!(told.contains("needs classes, and `prod` is a regression"), "{told}");
    }
    let plan = plan(
        "[train]\ndataset = 'two_moons'\ndepth = 2\n[grid]\ndropout = [0.0, 0.5, [0.1, 0.2]]\n\
         class_weight = ['none', 'balanced', { 1 = 3 }]\nclip_norm = [false, 1]\n",
    );
    assert_eq!(plan.len(), 18);
}

#[test]
fn a_measure_that_no_run_has_is_told() {
    let told = wrong("[train]\ndataset = 'xor'\nevaluate = { measures = ['brier', 'r2'] }\n");
    assert!(told.contains("`evaluate` asks for `r2`, which applies to no dataset of the file"), "{told}");
    let told = wrong("[train]\ndataset = 'prod'\nevaluate = { measures = ['roc_auc'] }\n");
    assert!(told.contains("`evaluate` asks for `roc_auc`"), "{told}");
    let told = wrong("[train]\ndataset = 'prod'\nevaluate = { measures = ['auc'] }\n");
    assert!(told.contains("has `auc`, which is none of loss, accuracy"), "{told}");
    // Of several datasets, each has those that apply to it.
    let both = "[train]\nevaluate = { measures = ['brier', 'mae'] }\n[grid]\ndataset = ['xor', 'prod']\n";
    assert_eq!(plan(both).len(), 2);
}

#[test]
fn a_check_of_what_no_run_has_is_told_and_what_it_asks_for_is_measured() {
    let check = |more: &str, metric: &str| format!("{more}\n[[check]]\nmetric = '{metric}'\nat_least = 0.5\n");
    let told = wrong(&check("[train]\ndataset = 'xor'", "test_accuracy"));
    assert!(told.contains("`test_accuracy` needs samples held out"), "{told}");
    let told = wrong(&check("[train]\ndataset = 'prod'", "train_accuracy"));
    assert!(told.contains("`train_accuracy` does not apply to `prod`"), "{told}");
    let some = plan(&check("[grid]\ndataset = ['prod', 'xor']", "train_brier"));
    let measures: Vec<Vec<&str>> =
        some.iter().map(|run| run.config.asked().map(|metric| metric.name()).collect()).collect();
    assert_eq!(measures, [vec![], vec!["train_brier"]], "one dataset of two has it");
}

#[test]
fn runs_are_judged_by_test_samples_where_all_have_some() {
    let metric = |text: &str| read_with(text, &[]).unwrap_or_else(|told| panic!("{told}")).metric().name();
    assert_eq!(metric("[grid]\ndataset = ['xor', 'two_moons']\n"), "train_loss");
    assert_eq!(metric("[train]\ntest = 0.2\n[grid]\ndataset = ['xor', 'two_moons']\n"), "test_loss");
    assert_eq!(metric("[train]\ndataset = 'xor'\n[grid]\ntest = [0.0, 0.2]\n"), "train_loss");
    assert_eq!(metric("[train]\ndataset = 'xor'\n[report]\nmetric = 'train_accuracy'\n"), "train_accuracy");
}

#[test]
fn files_that_cannot_be_read_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bad.toml");
    std::fs::write(&path, b"name = \"\xff\"\n").expect("written");
    let told = Experiment::load(&path, &[]).expect_err("not UTF-8").render(false);
    assert!(told.contains("is not UTF-8 text: line 1"), "{told}");
    let told = Experiment::load(&folder.path().join("none.toml"), &[]).expect_err("missing").render(false);
    assert!(told.contains("cannot read"), "{told}");
}

/// Lists of one to three values out of a few, as TOML.
fn list(values: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::subsequence(values, 1..=values.len()).prop_map(|chosen| format!("[{}]", chosen.join(", ")))
}

fn grid() -> impl Strategy<Value = String> {
    let rates = list(&["0.1", "0.01", "1e-3"]);
    let optimizers =
        list(&["'sgd'", "'adam'", "{ name = 'sgd', momentum = [0.0, 0.5] }", "{ name = 'adam', learning_rate = 0.5 }"]);
    let sizes = list(&["10", "50"]);
    (proptest::option::of(rates), proptest::option::of(optimizers), proptest::option::of(sizes), any::<bool>())
        .prop_map(|(rates, optimizers, sizes, zip)| {
            let mut text = String::new();
            let guest = optimizers.as_ref().is_some_and(|o| o.contains("learning_rate"));
            if let Some(optimizers) = &optimizers {
                text += &format!("optimizer = {optimizers}\n");
            }
            match rates.filter(|_| !guest) {
                Some(_) if zip => text += "zip = { learning_rate = [0.1, 0.01], batch_size = [10, 50] }\n",
                rates => {
                    text += &rates.map_or(String::new(), |rates| format!("learning_rate = {rates}\n"));
                    text += &sizes.map_or(String::new(), |sizes| format!("batch_size = {sizes}\n"));
                }
            }
            text
        })
}

/// Every key as a file may give it: TOML for `[train]`, TOML for a grid, and what a run then says of it.
const GIVEN: [(&str, &str, &str, &str, &str); 35] = [
    ("lib", "'candle-nn'", "['fused']", "candle-nn", "fused"),
    ("hidden", "[3]", "[[4, 5]]", "3", "4-5"),
    ("depth", "2", "[3]", "2", "3"),
    ("width", "7", "[8]", "7", "8"),
    ("activation", "'tanh'", "['silu']", "tanh", "silu"),
    ("init", "'he_normal'", "['he_uniform']", "he_normal", "he_uniform"),
    ("optimizer", "'adagrad'", "[{ name = 'sgd', momentum = 0.75 }]", "adagrad", "sgd"),
    ("learning_rate", "0.5", "[0.25]", "0.5", "0.25"),
    ("schedule", "{ name = 'step', decay = 0.5 }", "'cosine'", "step", "cosine"),
    ("epochs", "7", "[8]", "7", "8"),
    ("batch_size", "9", "['all']", "9", "all"),
    ("last_batch", "'train'", "['drop']", "train", "drop"),
    ("shuffle", "true", "[false]", "true", "false"),
    ("points", "321", "[322]", "321", "322"),
    ("label_noise", "0.125", "[0.0625]", "0.125", "0.0625"),
    ("test", "0.5", "[0.25]", "0.5", "0.25"),
    ("validation", "0.125", "[0.25]", "0.125", "0.25"),
    ("data_seed", "4", "[5]", "4", "5"),
    ("dropout", "0.25", "[[0.125]]", "0.25", "0.125"),
    ("input_noise", "0.25", "[0.125]", "0.25", "0.125"),
    ("label_smoothing", "0.25", "[0.125]", "0.25", "0.125"),
    ("class_weight", "'balanced'", "[{ 0 = 2.0 }]", "balanced", "0 = 2.0"),
    ("l1", "0.25", "[0.125]", "0.25", "0.125"),
    ("decay_biases", "false", "[true]", "false", "true"),
    ("clip_value", "0.25", "[0.125]", "0.25", "0.125"),
    ("clip_norm", "0.25", "[0.125]", "0.25", "0.125"),
    ("ema", "0.75", "[0.5]", "0.75", "0.5"),
    ("swa", "0.75", "[3]", "0.75", "3"),
    ("cautious", "true", "[false]", "true", "false"),
    ("lookahead", "5", "[6]", "5", "6"),
    ("lookahead_alpha", "0.25", "[0.75]", "0.25", "0.75"),
    ("evaluate", "{ every = 2 }", "[{ every = 3 }]", "2", "3"),
    ("keep", "'best'", "['last']", "best", "last"),
    ("early_stopping", "{ patience = 3, watch = 'train_loss' }", "[false, true]", "true", "true"),
    ("dataset", "{ name = 'spirals', arms = 3 }", "['xor', 'circle']", "spirals", "xor"),
];

#[test]
fn the_keys_given_to_files_are_all_there_are() {
    let given: BTreeSet<&str> = GIVEN.iter().map(|given| given.0).collect();
    let known: BTreeSet<&str> = KeyId::all().flat_map(|key| key.spellings().to_vec()).collect();
    assert_eq!(given, known, "each has a line in `GIVEN`");
}

/// Where a key stands: nowhere, in `[train]`, in the first grid, in the second, in both grids, in `[train]` and one grid,
/// in all three, in a zip of the first grid, in the table of the dataset or the optimizer in `[train]`.
type Places = Vec<u8>;

/// A file with the keys in their places, and what it says: place, key and value.
fn file_of(places: &Places) -> (String, Vec<(&'static str, &'static str, &'static str)>) {
    let (mut train, mut grids, mut zip) = (String::new(), [String::new(), String::new()], String::new());
    let (mut inner, mut said) = (String::new(), Vec::new());
    for (&(key, common, axis, of_common, of_axis), &place) in GIVEN.iter().zip(places) {
        if [1, 5, 6].contains(&place) {
            train += &format!("{key} = {common}\n");
            said.push(("train", key, of_common));
        }
        for (grid, text) in grids.iter_mut().enumerate() {
            if [[2, 4, 5, 6], [3, 4, 6, 6]][grid].contains(&place) {
                *text += &format!("{key} = {axis}\n");
                said.push(("grid", key, of_axis));
            }
        }
        if place == 7 && axis.starts_with('[') && key != "dataset" {
            zip += &format!("{key} = {axis}, ");
            said.push(("grid", key, of_axis));
        }
        if place == 8 && ["points", "label_noise", "test", "data_seed"].contains(&key) {
            inner += &format!(", {key} = {common}");
            said.push(("train", key, of_common));
        }
    }
    if !places.last().is_some_and(|place| [1, 5, 6].contains(place)) {
        train += &format!("dataset = {{ name = 'gaussians', blobs = 4{inner} }}\n");
    } else if !inner.is_empty() {
        said.retain(|(_, key, _)| !["points", "label_noise", "test", "data_seed"].contains(key));
        inner.clear();
    }
    if !zip.is_empty() {
        grids[0] += &format!("zip = {{ {} }}\n", zip.trim_end_matches(", "));
    }
    (format!("[train]\n{train}[[grid]]\n{}[[grid]]\n{}", grids[0], grids[1]), said)
}

proptest! {
    #[test]
    fn every_key_of_a_file_reaches_a_run_or_is_told(
        places in proptest::collection::vec(prop_oneof![4 => Just(0_u8), 6 => 1_u8..9], GIVEN.len()),
    ) {
        let (text, said) = file_of(&places);
        match read_with(&text, &[]) {
            Ok(experiment) => {
                let warnings = experiment.warnings.render(false);
                let plan = Plan::new(&experiment).expect("a plan");
                for run in plan.iter() {
                    // What is evaluated is no part of what a run is.
                    let back = RunConfig::try_from(&run.description);
                    let back = back.map(|back| RunConfig { evaluate: run.config.evaluate.clone(), ..back });
                    prop_assert_eq!(back, Ok(run.config));
                }
                for (place, key, value) in said {
                    let name = if key == "evaluate" { "evaluate_every" } else { key };
                    let reaches = plan.iter().any(|run| run.value(name).is_some_and(|own| own.to_string() == value));
                    let told = place == "train" && warnings.contains(&format!("`{key}` of [train] reaches no run"));
                    prop_assert!(reaches || told, "{key} = {value} in {place} of\n{text}\n{warnings}");
                    prop_assert!(!(reaches && told && place == "train" && key == "learning_rate"), "{text}\n{warnings}");
                }
            }
            Err(problems) => prop_assert!(problems.contains("--> lr.toml:"), "{text}\n{problems}"),
        }
    }

    #[test]
    fn united_grids_without_exclusions_are_the_set_of_their_runs(
        grids in proptest::collection::vec(grid(), 1..4),
        excluded in proptest::option::of(grid()),
    ) {
        let runs = |grids: &[String], rest: &str| -> Vec<RunId> {
            let grids: String = grids.iter().map(|grid| format!("[[grid]]\n{grid}")).collect();
            ids(&plan(&format!("seeds = 2\n[train]\ndataset = 'xor'\n{grids}{rest}")))
        };
        let alone: BTreeSet<RunId> = grids.iter().flat_map(|grid| runs(std::slice::from_ref(grid), "")).collect();
        let united = runs(&grids, "");
        prop_assert_eq!(united.len(), alone.len());
        prop_assert_eq!(united.into_iter().collect::<BTreeSet<_>>(), alone.clone());
        // An exclusion drops the runs it describes, no other.
        if let Some(pattern) = excluded.filter(|pattern| pattern.contains("learning_rate = [") && !pattern.contains("zip") && !pattern.contains("optimizer")) {
            let kept: BTreeSet<RunId> = runs(&grids, &format!("[[exclude]]\n{pattern}")).into_iter().collect();
            let whole: Vec<String> = grids.iter().map(|grid| format!("[[grid]]\n{grid}")).collect();
            let listed = |key: &str| -> Option<Vec<f64>> {
                let line = pattern.lines().find(|line| line.starts_with(key))?;
                let list = line.split_once('[')?.1.trim_end_matches(']');
                Some(list.split(", ").map(|x| x.parse().expect("a number")).collect())
            };
            let (rates, sizes) = (listed("learning_rate"), listed("batch_size"));
            let expected: BTreeSet<RunId> = plan(&format!("seeds = 2\n[train]\ndataset = 'xor'\n{}", whole.concat()))
                .iter()
                .filter(|run| {
                    let rate = rates.as_ref().is_none_or(|rates| rates.contains(&run.config.learning_rate));
                    let size = sizes.as_ref().is_none_or(|sizes| sizes.contains(&(run.config.batch_size as f64)));
                    !(rate && size)
                })
                .map(|run| run.id)
                .collect();
            prop_assert_eq!(kept, expected);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,200}") {
        let _ = read_with(&text, &[]);
    }

    #[test]
    fn any_soup_of_words_is_read_or_refused(words in proptest::collection::vec(
        proptest::sample::select(&["[grid]", "\n", "dataset", "=", "'xor'", "[", "]", "{", "}", ",", "optimizer", "name", "'sgd'", "1", "-1", "0.5", "log", "steps", "zip", "[[exclude]]", "seeds", "hidden", ".", "\"", "é", "[report]", "compare", "inf", "1979-05-27"]), 0..40)) {
        let _ = read_with(&words.join(" "), &[]);
    }

    #[test]
    fn any_damage_to_a_good_file_is_read_and_planned_or_refused(
        file in proptest::sample::select(&["xor", "prod", "quadrants", "optimizers"]),
        cuts in proptest::collection::vec((any::<proptest::sample::Index>(), 0..12_usize, ".{0,6}|[0-9e.{}=\\[\\],\"']{0,8}"), 1..6),
    ) {
        let mut text: Vec<char> = std::fs::read_to_string(format!("experiments/{file}.toml")).expect("a file").chars().collect();
        for (at, length, new) in cuts {
            let from = at.index(text.len() + 1);
            let to = (from + length).min(text.len());
            text.splice(from..to, new.chars());
        }
        if let Ok(experiment) = read_with(&text.into_iter().collect::<String>(), &[]) {
            let plan = Plan::new(&experiment).expect("a plan");
            for run in plan.iter().take(3) {
                prop_assert!(run.config.batch_size <= run.config.dataset.train_len(5));
            }
        }
    }

    #[test]
    fn any_bytes_of_a_file_are_read_and_planned_or_refused(
        file in proptest::option::of(proptest::sample::select(&["xor", "prod", "quadrants", "optimizers"])),
        pieces in proptest::collection::vec(
            (any::<proptest::sample::Index>(), 0..30_usize, proptest::collection::vec(any::<u8>(), 0..20)), 1..6),
    ) {
        let whole = |file| std::fs::read(format!("experiments/{file}.toml")).expect("a file");
        let mut bytes = file.map_or_else(Vec::new, whole);
        for (at, length, new) in pieces {
            let from = at.index(bytes.len() + 1);
            let to = (from + length).min(bytes.len());
            bytes.splice(from..to, new);
        }
        let path = std::env::temp_dir().join(format!("tallow-bytes-{}.toml", std::process::id()));
        std::fs::write(&path, bytes).expect("writes");
        match Experiment::load(&path, &[]) {
            Ok(experiment) => drop(Plan::new(&experiment).expect("a plan").iter().take(3).collect::<Vec<_>>()),
            Err(problems) => prop_assert!(!problems.render(false).contains(|c: char| c.is_control() && c != '\n')),
        }
        std::fs::remove_file(&path).expect("was written");
    }

    #[test]
    fn any_override_is_read_or_refused(text in ".{0,40}") {
        let _ = read_with("[grid]\ndataset = 'xor'\n", &[&text]);
    }
}
