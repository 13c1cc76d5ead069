//! The command that trains a run again, from its description alone.

use crate::activation::Activation;
use crate::dataset::Kind;
use crate::optim::Optimizer;
use crate::param::{Param, Value};
use crate::plan::Description;
use crate::schedule::Schedule;

/// Keys that `tallow train` has a flag for.
const FLAGS: [(&str, &str); 5] = [
    ("learning_rate", "--lr"),
    ("epochs", "--epochs"),
    ("batch_size", "--batch-size"),
    ("seed", "--seed"),
    ("init", "--init"),
];

/// `tallow train …` of a run. A CSV dataset's path is as the experiment file gives it.
pub(super) fn command(description: &Description) -> String {
    let mut words = vec!["tallow train".to_owned()];
    let mut taken = vec!["units", "depth", "data_hash"];
    for (key, params) in families(description) {
        taken.push(key);
        let name = description.get(key).map(Value::to_string);
        let Some(name) = name.filter(|name| key != "schedule" || name != "constant") else { continue };
        let settings: Vec<(&str, &Value)> =
            params.iter().filter_map(|param| Some((param.name, description.get(param.name)?))).collect();
        taken.extend(settings.iter().map(|(name, _)| *name));
        let flag = match key {
            "schedule" => format!("--set schedule={}", toml(&Value::Text(name.clone()))),
            _ => format!("--{key} {name}"),
        };
        words.push(if settings.is_empty() {
            flag
        } else {
            let settings: Vec<String> =
                settings.iter().map(|(name, value)| format!("{name} = {}", toml(value))).collect();
            format!("--set {}", quoted(&format!("{key}={{ name = \"{name}\", {} }}", settings.join(", "))))
        });
    }
    let units = description.get("units").map(Value::to_string).unwrap_or_default();
    let units: Vec<&str> = units.split('-').collect();
    let hidden = units.get(1..units.len().saturating_sub(1)).unwrap_or_default().join(",");
    words.push(format!("--hidden {}", if hidden.is_empty() { "none" } else { &hidden }));
    for (key, flag) in FLAGS {
        taken.push(key);
        words.extend(description.get(key).map(|value| format!("{flag} {value}")));
    }
    let rest = description.iter().filter(|(key, value)| !(taken.contains(key) || *key == "lib" && is(value, "fused")));
    words.extend(rest.map(|(key, value)| format!("--set {}", quoted(&format!("{key}={}", toml(value))))));
    words.join(" ")
}

fn is(value: &Value, text: &str) -> bool {
    matches!(value, Value::Text(found) if found == text)
}

/// The choices with settings of their own.
fn families(description: &Description) -> [(&'static str, &'static [Param]); 4] {
    let name = |key: &str| description.get(key).map(Value::to_string).unwrap_or_default();
    let or_none = |params: Option<&'static [Param]>| params.unwrap_or_default();
    [
        ("dataset", or_none(Kind::from_name(&name("dataset")).map(|kind| kind.settings().params()))),
        ("activation", or_none(Activation::from_name(&name("activation")).map(|kind| kind.settings().params()))),
        ("optimizer", or_none(Optimizer::from_name(&name("optimizer")).map(|kind| kind.settings().params()))),
        ("schedule", or_none(Schedule::from_name(&name("schedule")).map(|kind| kind.settings().params()))),
    ]
}

/// A value as TOML spells it.
fn toml(value: &Value) -> String {
    match value {
        Value::Text(text) => serde_json::to_string(text).expect("text"),
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
