//! What a report says of results that are worth nothing: noise, the largest class, networks trained for too long, tables whose
//! numbers are too large to learn from. Each with the edit that helps.

use std::path::Path;

use crate::command::said;
use crate::tables::project;

fn swept(folder: &Path) -> String {
    said(folder, "sweep e.toml --quiet")
}

/// The edits that the report gives.
fn edits(folder: &Path) -> String {
    said(folder, "export e.toml --table findings")
}

fn first_sentence(told: &str) -> &str {
    told.split_once(". ").map_or(told, |(first, _)| first)
}

#[test]
fn a_setting_chosen_by_the_rows_that_judge_it_is_told_in_the_first_sentence() {
    let experiment = |more: &str| {
        format!(
            "seeds = 10\n[train]\ndataset = {{ name = 'csv', path = 'noise.csv' }}\ntest = 0.3\ndata_seed = 0\n{more}\nepochs = 30\n\
             optimizer = 'adam'\nbatch_size = 10\n[grid]\nlearning_rate = {{ log = [0.0001, 0.3], steps = 8 }}\n\
             hidden = [[2], [8], [32], [8, 8]]\n[report]\ntune = ['learning_rate', 'hidden']\nmetric = 'test_accuracy'\n"
        )
    };
    let folder = project(&["noise.csv"], &experiment(""));
    let told = swept(folder.path());
    assert!(first_sentence(&told).contains("judged by test rows that also chose the settings"), "{told}");
    assert!(told.contains("which flatters") && edits(folder.path()).contains("validation = 0.2"), "{told}");
    let folder = project(&["noise.csv"], &experiment("validation = 0.2"));
    let told = swept(folder.path());
    assert!(!told.contains("also chose"), "{told}");
    assert!(told.contains("Validation samples choose the settings, test samples judge."), "{told}");
}

#[test]
fn noise_is_told_with_its_cause_and_no_more_epochs_are_advised() {
    for (file, constant) in [("noise_classes.csv", "classes"), ("noise_regression.csv", "a regression")] {
        let experiment = |more: &str| {
            format!(
                "seeds = 12\n[train]\ndataset = {{ name = 'csv', path = '{file}' }}\nhidden = [32]\ntest = 0.25\nbatch_size = 10\n\
                 epochs = 200\n{more}\n[grid]\noptimizer = ['sgd', 'adam']\nlearning_rate = [0.003, 0.03]\n"
            )
        };
        let folder = project(&[file], &experiment(""));
        let told = swept(folder.path());
        assert!(told.contains("no better than the constant predictor on the test samples"), "{constant}: {told}");
        assert!(told.contains("know their training samples by heart"), "{constant}: {told}");
        assert!(!edits(folder.path()).contains("epochs ="), "{constant}: {told}");
        let folder = project(&[file], &experiment("validation = 0.2"));
        let told = swept(folder.path());
        assert!(told.contains(
            "Training went on past its best: while the training loss fell, the validation loss rose after epoch"
        ));
        assert!(
            edits(folder.path()).contains("keep = \"\"best\"\"\nearly_stopping = true"),
            "{}",
            edits(folder.path())
        );
        let folder = project(&[file], &experiment("validation = 0.2\nkeep = 'best'\nearly_stopping = true"));
        let told = swept(folder.path());
        assert!(!told.contains("past its best"), "{constant}: {told}");
        assert!(told.contains("Validation samples choose the settings and the epoch, test samples judge."), "{told}");
    }
}

#[test]
fn a_training_that_validation_did_not_end_is_told() {
    let experiment =
        "seeds = 5\n[train]\ndataset = 'two_moons'\ntest = 0.2\nvalidation = 0.2\nearly_stopping = true\nepochs = 10\n";
    let folder = project(&[], experiment);
    let told = swept(folder.path());
    assert!(
        told.contains("The last epoch came before the end that the validation samples set")
            && told.contains("5 of 5 runs")
    );
    assert!(edits(folder.path()).contains("epochs = 20"), "{told}");
    let folder =
        project(&[], &experiment.replace("epochs = 10", "epochs = 400\nlearning_rate = 0.3\noptimizer = 'adam'"));
    assert!(!swept(folder.path()).contains("The last epoch came before"));
}

#[test]
fn networks_that_answer_the_largest_class_are_told() {
    let experiment = "seeds = 10\n[train]\ndataset = { name = 'csv', path = 'rare.csv' }\ntest = 0.2\nbatch_size = 8\n[grid]\n\
                      optimizer = ['sgd', 'adam']\n[report]\nmetric = 'test_accuracy'\n";
    let folder = project(&["rare.csv"], experiment);
    let told = swept(folder.path());
    assert!(told.contains("10 of 10 runs of sgd are no better than a constant guess"), "{told}");
    let folder = project(&["rare.csv"], &experiment.replace("test_accuracy", "test_loss"));
    let told = swept(folder.path());
    assert!(told.contains("is no higher than that of always answering the largest class (91.67 %)"), "{told}");
    assert!(edits(folder.path()).contains("class_weight = \"\"balanced\"\""), "{told}");
}

#[test]
fn inputs_and_targets_that_are_not_scaled_are_told_as_the_cause() {
    for (file, what, edit) in [
        ("scale1e4.csv", "inputs", "scale = \"\"standard\"\""),
        ("reg1e-3.csv", "target", "target_scale = \"\"standard\"\""),
    ] {
        let experiment = format!(
            "seeds = 5\n[train]\ndataset = {{ name = 'csv', path = '{file}', scale = 'none', target_scale = 'none' }}\ntest = 0.2\n\
             epochs = 50\nlearning_rate = 0.01\n"
        );
        let folder = project(&[file], &experiment);
        let told = swept(folder.path());
        assert!(told.contains(&format!("The {what} of")) && told.contains("not scaled"), "{told}");
        assert!(edits(folder.path()).contains(edit), "{}", edits(folder.path()));
        let folder = project(&[file], &experiment.replace(", scale = 'none', target_scale = 'none'", ""));
        assert!(!swept(folder.path()).contains("not scaled"));
    }
}

#[test]
fn what_was_learned_of_training_rows_alone_is_called_so() {
    let experiment = "seeds = 5\n[train]\ndataset = { name = 'csv', path = 'noise.csv' }\nbatch_size = 10\nepochs = 300\nhidden = [64]\n\
                      optimizer = 'adam'\n";
    let told = swept(project(&["noise.csv"], experiment).path());
    assert!(
        told.contains("a training accuracy of") && told.contains("judged by the rows that were trained on"),
        "{told}"
    );
}

#[test]
fn the_largest_classes_of_several_cases_are_told_as_a_range() {
    let folder = project(
        &[],
        "seeds = 5\n[train]\ntest = 0.2\nepochs = 20\nlearning_rate = 0.01\n[grid]\ndataset = [\n\
                               { name = 'csv', path = 'few.csv' }, { name = 'csv', path = 'more.csv' }]\n[report]\nfacet = 'dataset'\n",
    );
    for (name, every) in [("few", 10), ("more", 5)] {
        let rows: String =
            (0..120).map(|i| format!("{},{}\n", (i * 37) % 101, if i % every == 0 { "b" } else { "a" })).collect();
        std::fs::write(folder.path().join(format!("{name}.csv")), format!("x,y\n{rows}")).expect("writes");
    }
    let told = swept(folder.path());
    assert!(told.contains("always answering the largest class (79.17 to 91.67 %)"), "{told}");
}

#[test]
fn runs_judged_by_validation_rows_are_told_as_such_and_as_splits_that_share_rows() {
    let experiment = |fixed: &str| {
        format!(
            "seeds = 6\n[train]\nvalidation = 0.3\n{fixed}epochs = 5\ndataset = {{ name = 'csv', path = 'noise.csv' }}\n[report]\n\
             metric = 'validation_loss'\n"
        )
    };
    let anew = swept(project(&["noise.csv"], &experiment("")).path());
    assert!(anew.contains("each seed splits its rows anew") && !anew.contains("trained on"), "{anew}");
    let fixed = swept(project(&["noise.csv"], &experiment("data_seed = 0\n")).path());
    assert!(fixed.contains("about this file and this split of its rows") && !fixed.contains("trained on"), "{fixed}");
}
