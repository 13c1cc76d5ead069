//! The files of the reference implementations' trajectories, as `tests/golden/make.py` writes them.

use std::path::PathBuf;

use serde_json::Value as Json;
use tallow::optim::{Average, Lookahead, Optimizer, Wrappers};
use tallow::param::{Literal, Value};
use tallow::schedule::Schedule;

/// Hands every file of `GOLDEN_DIR`, or of the committed ones, to `check` with its name; there must be some.
pub fn each(mut check: impl FnMut(&Json, &str)) {
    let folder = std::env::var_os("GOLDEN_DIR").map_or_else(|| PathBuf::from("tests/golden"), PathBuf::from);
    let mut checked = 0;
    for entry in std::fs::read_dir(&folder).expect("the folder of trajectories") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let file: Json = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
            let name = path.display().to_string();
            for case in cases(file) {
                check(&case, &format!("{name} {}", text(&case, "variant")));
                checked += 1;
            }
        }
    }
    assert!(checked > 0, "no trajectory in {}", folder.display());
}

/// The trajectories of a file: itself, or each of its cases with what they share.
fn cases(mut file: Json) -> Vec<Json> {
    let shared = file.as_object_mut().expect("an object");
    let Some(Json::Array(cases)) = shared.remove("cases") else { return vec![file] };
    let whole = |case: Json| {
        let Json::Object(own) = case else { panic!("a case is an object") };
        Json::Object(shared.clone().into_iter().chain(own).collect())
    };
    cases.into_iter().map(whole).collect()
}

/// All numbers of a nested list, in order.
pub fn flat(json: &Json) -> Vec<f64> {
    match json {
        Json::Array(items) => items.iter().flat_map(flat).collect(),
        Json::Null => Vec::new(),
        number => vec![number.as_f64().expect("a number")],
    }
}

/// A text of a file.
pub fn text<'a>(json: &'a Json, key: &str) -> &'a str {
    json[key].as_str().unwrap_or_else(|| panic!("`{key}` is a text"))
}

/// A whole number of a file.
pub fn whole(json: &Json, key: &str) -> usize {
    json[key].as_u64().unwrap_or_else(|| panic!("`{key}` is a whole number")) as usize
}

/// The optimizer of a file, by its reference's names; a setting that tallow has not may only have the value that changes nothing.
pub fn optimizer(file: &Json) -> Optimizer {
    let mut optimizer = Optimizer::from_name(&text(file, "optimizer").to_lowercase()).expect("a known optimizer");
    let known = optimizer.settings().params();
    let mut set = |name: &str, value: &Json| {
        let number = |number: &Json| match known.iter().find(|param| param.name == name) {
            Some(param) if matches!(param.default, Literal::Int(_)) => number.as_i64().map(Value::Int),
            _ => number.as_f64().map(Value::Float),
        };
        let value = match value {
            Json::Bool(value) => Value::Bool(*value),
            Json::String(word) => Value::Text(word.clone()),
            value => number(value).expect("a number"),
        };
        optimizer.settings_mut().set(name, &value).expect("an accepted value");
    };
    for (name, value) in file["hyper"].as_object().expect("settings") {
        let pairs = |names: [&'static str; 2]| names.into_iter().zip(value.as_array().expect("a pair"));
        match name.as_str() {
            // The schedule's.
            "lr" | "warmup_steps" => {}
            // What follows from others, or has no limit.
            _ if value.is_null() => {}
            "betas" => pairs(["beta1", "beta2"]).for_each(|(name, value)| set(name, value)),
            "etas" => pairs(["etaminus", "etaplus"]).for_each(|(name, value)| set(name, value)),
            "step_sizes" => pairs(["step_size_min", "step_size_max"]).for_each(|(name, value)| set(name, value)),
            "b1" => set("beta1", value),
            "b2" => set("beta2", value),
            "b3" => set("beta3", value),
            "r" => set("average_power", value),
            "initial_accumulator_value" => set("initial_accumulator", value),
            name if known.iter().any(|param| param.name == name) => set(name, value),
            "decoupled_weight_decay" => assert_eq!(value, text(file, "optimizer").eq_ignore_ascii_case("adamw")),
            "maximize" | "foreach" | "capturable" | "differentiable" | "fused" => {
                assert!(matches!(value, Json::Null | Json::Bool(false)), "{name} = {value}");
            }
            name => panic!("unknown setting `{name}`"),
        }
    }
    optimizer
}

/// What a file puts around its optimizer.
pub fn wrappers(file: &Json) -> Wrappers {
    let given = &file["wrappers"];
    let per_epoch = whole(file, "n") / whole(file, "batch");
    let swa = given["swa"].as_u64().map(|first| Average::Swa { per_epoch, first: first as usize });
    let alpha = given["lookahead_alpha"].as_f64();
    Wrappers {
        cautious: given["cautious"] == true,
        lookahead: alpha.map(|alpha| Lookahead { steps: whole(given, "lookahead"), alpha }),
        average: given["ema"].as_f64().map(Average::Ema).or(swa),
    }
}

/// The schedule of a file: a warm-up, or none.
pub fn schedule(file: &Json) -> Schedule {
    let per_epoch = whole(file, "n") / whole(file, "batch");
    match file["hyper"]["warmup_steps"].as_u64() {
        Some(steps) if steps > 0 => {
            let mut warmup = Schedule::from_name("warmup").expect("a known schedule");
            let epochs = Value::Int(steps as i64 / per_epoch as i64);
            warmup.settings_mut().set("warmup_epochs", &epochs).expect("an accepted value");
            warmup
        }
        _ => Schedule::from_name("constant").expect("a known schedule"),
    }
}
