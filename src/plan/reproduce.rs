//! A run trained again from its description alone: the keys that say it, and the command.

use crate::activation::Activation;
use crate::dataset::Kind;
use crate::optim::Optimizer;
use crate::param::{Param, Settings, Value};
use crate::schedule::Schedule;

use super::Description;

/// The flags of `tallow train`, by key.
const FLAGS: [(&str, &str); 9] = [
    ("dataset", "--dataset"),
    ("hidden", "--hidden"),
    ("activation", "--activation"),
    ("optimizer", "--optimizer"),
    ("learning_rate", "--lr"),
    ("epochs", "--epochs"),
    ("batch_size", "--batch-size"),
    ("init", "--init"),
    ("seeds", "--seed"),
];

/// Keys that follow from others.
const DERIVED: [&str; 4] = ["units", "depth", "data_hash", "seed"];

/// `tallow train …` of a run. A CSV dataset's path is as the experiment file gives it.
pub fn command(description: &Description) -> String {
    let word = |(key, value): (String, String)| match FLAGS.iter().find(|(name, _)| *name == key) {
        Some((_, flag)) if value == "[[]]" => format!("{flag} none"),
        Some((_, flag)) if !value.starts_with('{') => {
            format!("{flag} {}", quoted(&value.replace(['[', ']', '"', ' '], "")))
        }
        Some(_) | None => format!("--set {}", quoted(&format!("{key}={value}"))),
    };
    let words = keys(description).into_iter().map(word);
    format!("tallow train {}", words.collect::<Vec<_>>().join(" "))
}

/// The run as `--set` takes it.
pub fn overrides(description: &Description) -> Vec<String> {
    keys(description).into_iter().map(|(key, value)| format!("{key}={value}")).collect()
}

/// The keys of an experiment file that say the run, in TOML.
fn keys(description: &Description) -> Vec<(String, String)> {
    let mut said: Vec<&str> = DERIVED.to_vec();
    let mut keys = Vec::new();
    let hidden = ("hidden".to_owned(), hidden(description));
    for (key, params) in choices(description) {
        let own = params.iter().filter_map(|param| Some((param.name, description.get(param.name)?)));
        let own: Vec<(&str, &Value)> = own.collect();
        said.push(key);
        said.extend(own.iter().map(|(name, _)| *name));
        let Some(name) = description.get(key).map(toml) else { continue };
        let settings: String = own.iter().map(|(name, value)| format!(", {name} = {}", toml(value))).collect();
        keys.push((key.to_owned(), if own.is_empty() { name } else { format!("{{ name = {name}{settings} }}") }));
    }
    keys.insert(1.min(keys.len()), hidden);
    let rest = description.iter().filter(|(key, _)| !said.contains(key));
    keys.extend(rest.map(|(key, value)| (key.to_owned(), toml(value))).filter(|(key, value)| {
        // The default needs no word.
        !(key == "lib" && value == "\"fused\"")
    }));
    keys.extend(description.get("seed").map(|seed| ("seeds".to_owned(), format!("[{seed}]"))));
    keys
}

/// `[[6, 6]]` of `2-6-6-1`.
fn hidden(description: &Description) -> String {
    let units = description.get("units").map(Value::to_string).unwrap_or_default();
    let units: Vec<&str> = units.split('-').collect();
    format!("[[{}]]", units.get(1..units.len().saturating_sub(1)).unwrap_or_default().join(", "))
}

/// The choices with settings of their own.
fn choices(description: &Description) -> [(&'static str, &'static [Param]); 4] {
    let name = |key: &str| description.get(key).map(Value::to_string).unwrap_or_default();
    let params = |settings: Option<&dyn Settings>| settings.map(Settings::params).unwrap_or_default();
    let dataset = Kind::from_name(&name("dataset"));
    let activation = Activation::from_name(&name("activation"));
    let optimizer = Optimizer::from_name(&name("optimizer"));
    let schedule = Schedule::from_name(&name("schedule"));
    [
        ("dataset", params(dataset.as_ref().map(Kind::settings))),
        ("activation", params(activation.as_ref().map(Activation::settings))),
        ("optimizer", params(optimizer.as_ref().map(Optimizer::settings))),
        ("schedule", params(schedule.as_ref().map(Schedule::settings))),
    ]
}

/// A value as TOML spells it.
fn toml(value: &Value) -> String {
    match value {
        // TOML's basic strings have JSON's escapes.
        Value::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
        Value::Float(x) => format!("{x:?}"),
        Value::List(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// An argument that a POSIX shell takes as it is.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=.,/".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Plan, Run};
    use crate::spec::Experiment;

    fn run(overrides: &[&str]) -> Run {
        let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
        Plan::new(&Experiment::of_overrides("test", &overrides).expect("sound")).run(0)
    }

    #[test]
    fn every_description_gives_back_its_run() {
        let cases: [&[&str]; 5] = [
            &["dataset=xor", "seeds=[3]"],
            &["dataset={ name = \"spirals\", noise = 0.25, arms = 3 }", "hidden=[[]]", "init=he_normal"],
            &["dataset=prod", "optimizer={ name = \"sgd\", momentum = 0.9, nesterov = true }", "shuffle=true"],
            &["dataset=circle", "hidden=[[8, 4]]", "schedule={ name = \"step\", decay = 0.5 }", "lib=\"candle-nn\""],
            &["dataset=and", "points=500", "test=0.2", "label_noise=0.1", "data_seed=7", "learning_rate=1e-7"],
        ];
        for case in cases {
            let run = run(case);
            let again = Experiment::of_overrides("again", &overrides(&run.description)).expect("sound");
            assert_eq!(Plan::new(&again).run(0), run, "{}", command(&run.description));
        }
    }

    #[test]
    fn the_command_is_what_a_person_would_type() {
        let simple = run(&["dataset=xor", "hidden=[[8, 4]]", "seeds=[3]"]).description;
        assert_eq!(
            command(&simple),
            "tallow train --dataset xor --hidden 8,4 --activation relu --optimizer adam --lr 0.01 --epochs 200 \
             --batch-size 100 --seed 3"
        );
        let settings = run(&["dataset=xor", "optimizer={ name = \"sgd\", momentum = 0.9 }"]).description;
        assert!(command(&settings).contains(r#"--set 'optimizer={ name = "sgd", momentum = 0.9 }'"#));
    }
}
