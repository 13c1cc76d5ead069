//! Schedules against `torch.optim.lr_scheduler`, step by step; `tests/golden/make.py` writes the file.

use serde_json::Value as Json;
use tallow::param::Value;
use tallow::schedule::Schedule;

use crate::golden::{flat, text, whole};

/// A setting of a schedule as the file has it: whole numbers are written as such.
fn value(json: &Json, default: &Value) -> Value {
    match json {
        Json::Array(items) => Value::List(items.iter().map(|item| value(item, &Value::Int(0))).collect()),
        number if matches!(default, Value::Float(_)) => Value::Float(number.as_f64().expect("a number")),
        number => Value::Int(number.as_i64().expect("a whole number")),
    }
}

#[test]
fn schedules_are_those_of_pytorch_at_every_step() {
    let text_of_file = std::fs::read("tests/golden/schedules/torch.json").expect("the file of schedules");
    let file: Json = serde_json::from_slice(&text_of_file).expect("JSON");
    let (per_epoch, total) = (whole(&file, "per_epoch"), whole(&file, "total"));
    for case in file["cases"].as_array().expect("cases") {
        let table = &case["schedule"];
        let mut schedule = Schedule::from_name(text(table, "name")).expect("a known schedule");
        for (name, said) in table.as_object().expect("a table").iter().filter(|(name, _)| *name != "name") {
            let default = schedule.settings().get(name).expect("a known setting");
            schedule.settings_mut().set(name, &value(said, &default)).expect("an accepted value");
        }
        let theirs = flat(&case["factors"]);
        assert_eq!(theirs.len(), total, "{table}");
        for (step, theirs) in theirs.into_iter().enumerate() {
            let ours = schedule.factor(step, per_epoch, total);
            // Recurrences of torch round on their way; at a cosine's end what is left is a difference of nearly equal numbers.
            assert!((ours - theirs).abs() <= 1e-12, "{table} at step {step}: {ours}, PyTorch {theirs}");
        }
    }
}
