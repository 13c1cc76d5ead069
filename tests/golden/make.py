#!/usr/bin/env python3
"""Makes the PyTorch trajectories beside it.

    pip install torch==2.15.0 numpy
    python tests/golden/make.py            write the files that are missing, or that --check finds wrong
    python tests/golden/make.py --check    compute every file anew and compare it with the one that is there

A new case is a line of VARIANTS or SETTINGS. Whatever torch computes is computed anew; the inputs of a file (samples,
targets, first weights) are those of the files that are there for the same data set, since the generator that drew the
first of them is not known. A data set that no file has yet draws them from numpy with a seed of its name.
"""

import argparse
import json
import math
import pathlib
import sys
import zlib

import numpy
import torch

HERE = pathlib.Path(__file__).resolve().parent
# The version that makes the files; --check finds a file of another one wrong.
TORCH = "2.15.0"

SAMPLES, BATCH, STEPS = 200, 50, 60

SGD = {"momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False}
ADAM = {"betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0, "amsgrad": False, "decoupled_weight_decay": False}
ADAMW = ADAM | {"weight_decay": 0.01, "decoupled_weight_decay": True}
RMSPROP = {"momentum": 0, "alpha": 0.99, "eps": 1e-8, "centered": False, "weight_decay": 0}
ADAGRAD = {"lr_decay": 0, "eps": 1e-10, "weight_decay": 0, "initial_accumulator_value": 0}

# Name: class in torch.optim, learning rate, all settings. AdamW decouples its decay and takes no word for it.
VARIANTS = {
    "sgd": ("SGD", 0.1, SGD),
    "sgd_momentum": ("SGD", 0.05, SGD | {"momentum": 0.9}),
    "sgd_momentum_damp": ("SGD", 0.1, SGD | {"momentum": 0.9, "dampening": 0.3}),
    "sgd_momentum_wd": ("SGD", 0.05, SGD | {"momentum": 0.9, "weight_decay": 0.01}),
    "sgd_nesterov": ("SGD", 0.05, SGD | {"momentum": 0.9, "nesterov": True}),
    "sgd_nesterov_wd": ("SGD", 0.05, SGD | {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "sgd_wd": ("SGD", 0.1, SGD | {"weight_decay": 0.01}),
    "adam": ("Adam", 0.01, ADAM),
    "adam_amsgrad": ("Adam", 0.01, ADAM | {"amsgrad": True}),
    "adam_betas": ("Adam", 0.02, ADAM | {"betas": [0.8, 0.95], "eps": 1e-6}),
    "adam_wd": ("Adam", 0.01, ADAM | {"weight_decay": 0.01}),
    "adamw": ("AdamW", 0.01, ADAMW),
    "adamw_wd": ("AdamW", 0.01, ADAMW | {"weight_decay": 0.2}),
    "rmsprop": ("RMSprop", 0.01, RMSPROP),
    "rmsprop_centered": ("RMSprop", 0.01, RMSPROP | {"centered": True}),
    "rmsprop_momentum": ("RMSprop", 0.003, RMSPROP | {"momentum": 0.9}),
    "rmsprop_wd": ("RMSprop", 0.01, RMSPROP | {"weight_decay": 0.01}),
    "adagrad": ("Adagrad", 0.05, ADAGRAD),
    "adagrad_decay": ("Adagrad", 0.05, ADAGRAD | {"lr_decay": 0.02, "initial_accumulator_value": 0.1}),
    "adagrad_wd": ("Adagrad", 0.05, ADAGRAD | {"weight_decay": 0.01}),
}

# Data set, activation, units of the hidden layers.
SETTINGS = [("prod", "relu", [6]), ("xor", "tanh", [6]), ("quadrants", "sigmoid", [6])]

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}

# Data set: loss, outputs, target of samples in -2...2. More data sets are drawn with two features.
DATASETS = {
    "prod": ("mse", 1, lambda x: x[:, 0] * x[:, 1] / 4),
    "xor": ("bce_with_logits", 1, lambda x: x[:, 0] * x[:, 1] > 0),
    "quadrants": ("cross_entropy", 4, lambda x: (x[:, 0] < 0) * 1 + (x[:, 1] < 0) * 2),
}

DTYPES = {"f32": torch.float32, "f64": torch.float64}

# How far computed numbers may be from those of another CPU, relative to the larger and absolute: kernels of one version
# round differently from CPU to CPU, and 60 steps amplify it. What is not computed must be equal.
TOLERANCES = {"f32": (1e-4, 1e-6), "f64": (1e-11, 1e-13)}
COMPUTED = ("grad0_", "losses", "final_")


def drawn(dataset, dims):
    """Inputs of a data set and a shape that no file has: f32 numbers, the same for the same names."""
    _, _, target = DATASETS[dataset]
    random = numpy.random.default_rng(zlib.crc32(f"{dataset} {dims}".encode()))
    x = random.uniform(-2, 2, (SAMPLES, dims[0])).astype(numpy.float32)
    inputs = {"X": x.tolist(), "Y": target(x).astype(numpy.float32)[:, None].tolist(), "init_W": [], "init_b": []}
    for before, after in zip(dims, dims[1:]):
        bound = 1 / math.sqrt(before)
        inputs["init_W"].append(random.uniform(-bound, bound, (after, before)).astype(numpy.float32).tolist())
        inputs["init_b"].append(random.uniform(-bound, bound, after).astype(numpy.float32).tolist())
    return inputs


def inputs_of(dataset, dims):
    """Samples, targets and first weights, as the files that are there have them."""
    for path in sorted(HERE.glob("*.json")):
        file = json.loads(path.read_text())
        if (file["dataset"], file["dims"]) == (dataset, dims):
            return {key: file[key] for key in ("X", "Y", "init_W", "init_b")}
    return drawn(dataset, dims)


def trajectory(variant, dataset, activation, hidden, dtype, inputs):
    """What a file says."""
    name, lr, settings = VARIANTS[variant]
    loss_name, outputs, _ = DATASETS[dataset]
    dims = [2, *hidden, outputs]

    def tensor(values):
        return torch.tensor(values, dtype=DTYPES[dtype])

    x, y = tensor(inputs["X"]), tensor(inputs["Y"])
    weights = [tensor(w).requires_grad_() for w in inputs["init_W"]]
    biases = [tensor(b).requires_grad_() for b in inputs["init_b"]]

    def forward(x):
        for k, (w, b) in enumerate(zip(weights, biases)):
            x = torch.nn.functional.linear(x, w, b)
            x = ACTIVATIONS[activation](x) if k + 1 < len(weights) else x
        return x

    def loss_of(z, y):
        if loss_name == "mse":
            return torch.nn.functional.mse_loss(z, y)
        if loss_name == "bce_with_logits":
            return torch.nn.functional.binary_cross_entropy_with_logits(z, y)
        return torch.nn.functional.cross_entropy(z, y[:, 0].long())

    parameters = [p for pair in zip(weights, biases) for p in pair]
    words = {key: value for key, value in settings.items() if key != "decoupled_weight_decay"}
    optimizer = getattr(torch.optim, name)(parameters, lr=lr, foreach=False, **words)
    losses, gradients = [], {}
    for step in range(STEPS):
        rows = slice(step * BATCH % SAMPLES, step * BATCH % SAMPLES + BATCH)
        optimizer.zero_grad()
        loss = loss_of(forward(x[rows]), y[rows])
        loss.backward()
        if step == 0:
            gradients = {"grad0_W": [w.grad.tolist() for w in weights], "grad0_b": [b.grad.tolist() for b in biases]}
        losses.append(loss.item())
        optimizer.step()
    with torch.no_grad():
        z = forward(x)
        right = {"bce_with_logits": lambda: (z > 0) == (y > 0.5), "cross_entropy": lambda: z.argmax(1) == y[:, 0]}
        accuracy = right[loss_name]().sum().item() / SAMPLES if loss_name in right else None
        return {
            "torch": torch.__version__,
            "dtype": str(DTYPES[dtype]).removeprefix("torch."),
            "dataset": dataset,
            "activation": activation,
            "loss": loss_name,
            "loss_reduction": "mean",
            "optimizer": name,
            "variant": variant,
            "hyper": {"lr": lr} | settings,
            "dims": dims,
            "n": SAMPLES,
            "batch": BATCH,
            "steps": STEPS,
            "order": f"sequential, batch j = rows [{BATCH}j,{BATCH}j+{BATCH}), j = step % {SAMPLES // BATCH}",
            **{key: inputs[key] for key in ("X", "Y", "init_W", "init_b")},
            **gradients,
            "losses": losses,
            "final_W": [w.tolist() for w in weights],
            "final_b": [b.tolist() for b in biases],
            "final_full_loss": loss_of(z, y).item(),
            "final_accuracy": accuracy,
            "final_logits_first8": z[:8].tolist(),
        }


def plain(value):
    """With whole numbers written as such, as the files have them."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def files():
    """Each file's name, its dtype, and what it is to say."""
    for dataset, activation, hidden in SETTINGS:
        inputs = inputs_of(dataset, [2, *hidden, DATASETS[dataset][1]])
        for variant in VARIANTS:
            for dtype in DTYPES:
                shape = "-".join(map(str, hidden))
                name = f"{variant}__{dataset}__{activation}__{shape}__{dtype}.json"
                yield name, dtype, plain(trajectory(variant, dataset, activation, hidden, dtype, inputs))


def differences(ours, theirs, tolerance, place):
    """Where two values differ by more than that, in words."""
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for k, pair in enumerate(zip(ours, theirs)):
            yield from differences(*pair, tolerance, f"{place}[{k}]")
    elif isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        relative, absolute = tolerance
        if not abs(ours - theirs) <= relative * max(abs(ours), abs(theirs)) + absolute:
            yield f"{place} is {theirs}, computed anew {ours}"
    elif ours != theirs:
        yield f"{place} is {theirs!r}, computed anew {ours!r}"


def faults(path, dtype, ours):
    """What is wrong with a file, in words."""
    if not path.exists():
        return ["is missing"]
    theirs = json.loads(path.read_text())
    if list(ours) != list(theirs):
        return [f"has the keys {list(theirs)}, not {list(ours)}"]
    found = []
    for key, value in ours.items():
        if key == "torch":
            if theirs[key].partition("+")[0] != TORCH:
                found.append(f"was made by torch {theirs[key]}, not {TORCH}")
        else:
            tolerance = TOLERANCES[dtype] if key.startswith(COMPUTED) else (0, 0)
            found.extend(differences(value, theirs[key], tolerance, key))
    return found


def main():
    parser = argparse.ArgumentParser(description="Makes the PyTorch trajectories beside this program.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is wrong or missing")
    is_check = parser.parse_args().check
    if not is_check and torch.__version__.partition("+")[0] != TORCH:
        sys.exit(f"this is torch {torch.__version__}; the files are made by {TORCH}")
    torch.set_num_threads(1)
    made, wrong = set(), 0
    for name, dtype, file in files():
        made.add(name)
        found = faults(HERE / name, dtype, file)
        wrong += bool(found)
        for fault in found[:5]:
            print(f"{name} {fault}")
        if found and not is_check:
            (HERE / name).write_text(json.dumps(file, separators=(",", ":"), allow_nan=False))
    for name in sorted({path.name for path in HERE.glob("*.json")} - made):
        print(f"{name} is not a file that this program makes")
        wrong += 1
    print(f"torch {torch.__version__}: {len(made)} files, {wrong} wrong" + (" before" if wrong and not is_check else ""))
    sys.exit(1 if is_check and wrong else 0)


if __name__ == "__main__":
    main()
