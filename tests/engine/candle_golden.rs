//! The trajectories of PyTorch and others through the reference engine: gradients, losses, weights and outputs, in f32 and in f64.

use candle_core::{DType, Device, Tensor};
use serde_json::Value as Json;
use tallow::activation::Activation;
use tallow::dataset::Task;
use tallow::engine::candle::{Fcnn, wrapped};
use tallow::loss;

use crate::golden::{self, flat, optimizer, schedule, text, whole, wrappers};

/// Everything a trajectory file may say; a file that says more must not pass unnoticed.
const KEYS: [&str; 26] = [
    "torch",
    "reference",
    "dtype",
    "dataset",
    "activation",
    "loss",
    "loss_reduction",
    "optimizer",
    "variant",
    "hyper",
    "wrappers",
    "dims",
    "n",
    "batch",
    "steps",
    "order",
    "X",
    "Y",
    "init_W",
    "init_b",
    "losses",
    "final_W",
    "final_b",
    "final_full_loss",
    "final_accuracy",
    "final_logits_first8",
];

struct Check<'a> {
    file: &'a str,
    exact: bool,
}

impl Check<'_> {
    fn close(&self, ours: &[f64], theirs: &[f64], what: &str) {
        assert_eq!(ours.len(), theirs.len(), "{}: {what}", self.file);
        let (relative, absolute) = if self.exact { (1e-9, 1e-12) } else { (1e-4, 1e-6) };
        for (k, (a, b)) in ours.iter().zip(theirs).enumerate() {
            assert!((a - b).abs() <= relative * b.abs() + absolute, "{}: {what}[{k}] is {a}, PyTorch's {b}", self.file);
        }
    }
}

fn plain(tensor: &Tensor) -> Vec<f64> {
    tensor.flatten_all().and_then(|t| t.to_dtype(DType::F64)).and_then(|t| t.to_vec1()).expect("numbers")
}

fn check(file: &Json, name: &str) -> candle_core::Result<()> {
    for key in file.as_object().expect("an object").keys() {
        assert!(KEYS.contains(&key.as_str()) || key.starts_with("grad0_"), "{name}: unknown key `{key}`");
    }
    let (check, device) = (Check { file: name, exact: file["dtype"] == "float64" }, Device::Cpu);
    let dtype = if check.exact { DType::F64 } else { DType::F32 };
    let tensor = |values: Vec<f64>, shape: &[usize]| Tensor::from_vec(values, shape, &device)?.to_dtype(dtype);
    let dims: Vec<usize> = flat(&file["dims"]).into_iter().map(|units| units as usize).collect();
    let task = match text(file, "loss") {
        "mse" | "mse_loss" => Task::Regression,
        "bce_with_logits" => Task::Binary,
        "cross_entropy" => Task::Multiclass { classes: dims[dims.len() - 1] },
        other => panic!("{name}: unknown loss {other}"),
    };
    let (n, batch) = (whole(file, "n"), whole(file, "batch"));
    let x = tensor(flat(&file["X"]), &[n, dims[0]])?;
    let y = tensor(flat(&file["Y"]), &[n])?;
    let (weights, biases) = (file["init_W"].as_array().expect("layers"), file["init_b"].as_array().expect("layers"));
    let layers = weights.iter().zip(biases).zip(dims.windows(2));
    let layers: Vec<(Tensor, Tensor)> = layers
        .map(|((w, b), ends)| Ok((tensor(flat(w), &[ends[1], ends[0]])?, tensor(flat(b), &[ends[1]])?)))
        .collect::<candle_core::Result<_>>()?;
    let activation = Activation::from_name(text(file, "activation")).expect("a known activation");
    let network = Fcnn::new(layers, activation)?;
    let learning_rate = file["hyper"]["lr"].as_f64().expect("a number");
    let mut optimizer = wrapped(&optimizer(file), wrappers(file), network.vars().to_vec(), true)?;
    let (per_epoch, steps) = (n / batch, whole(file, "steps"));
    let schedule = schedule(file);
    let mut losses = Vec::new();
    for step in 0..steps {
        let from = step % per_epoch * batch;
        let loss =
            loss::tensor(task, &network.forward(&x.narrow(0, from, batch)?)?, &y.narrow(0, from, batch)?, None, 0.0)?;
        losses.extend(plain(&loss));
        if step == 0 {
            let grads = loss.backward()?;
            for (l, pair) in network.vars().chunks_exact(2).enumerate() {
                for (part, var) in [("grad0_W", &pair[0]), ("grad0_b", &pair[1])] {
                    let ours = plain(grads.get(var).expect("a gradient"));
                    check.close(&ours, &flat(&file[part][l]), &format!("{part}[{l}]"));
                }
            }
        }
        optimizer.descend(&loss, learning_rate * schedule.factor(step, per_epoch, steps))?;
    }
    optimizer.exchange()?;
    check.close(&losses, &flat(&file["losses"]), "losses");
    for (l, pair) in network.vars().chunks_exact(2).enumerate() {
        check.close(&plain(&pair[0]), &flat(&file["final_W"][l]), &format!("final_W[{l}]"));
        check.close(&plain(&pair[1]), &flat(&file["final_b"][l]), &format!("final_b[{l}]"));
    }
    let z = network.forward(&x)?;
    check.close(&plain(&loss::tensor(task, &z, &y, None, 0.0)?), &flat(&file["final_full_loss"]), "final_full_loss");
    let theirs = flat(&file["final_logits_first8"]);
    check.close(&plain(&z)[..theirs.len()], &theirs, "final_logits_first8");
    if let Some(accuracy) = file["final_accuracy"].as_f64() {
        let z: Vec<f32> = plain(&z).into_iter().map(|z| z as f32).collect();
        let rows = z.chunks_exact(task.outputs()).zip(plain(&y));
        let correct = rows.filter(|&(z, y)| loss::is_correct(task, z, y as f32)).count();
        check.close(&[correct as f64 / n as f64], &[accuracy], "final_accuracy");
    }
    Ok(())
}

#[test]
fn golden_trajectories_are_met_by_the_reference_engine() {
    golden::each(|file, name| check(file, name).expect("candle computes"));
}
