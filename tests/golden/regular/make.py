#!/usr/bin/env python3
"""Makes the trajectories beside it, of regularized trainings, by PyTorch in f64.

    pip install torch==2.15.0 numpy scipy
    python tests/golden/regular/make.py            write the files
    python tests/golden/regular/make.py --check    compute them anew and compare

Masks of dropout and noise of inputs are counted, not drawn: by Philox4x32-10 as its authors publish it, written anew here.
Label smoothing of two classes and class weights are Keras' (PyTorch has no smoothing for two classes, and applies class
weights to the smoothed classes one by one); the rest is torch.optim, torch.nn.functional and torch.nn.utils.
"""

import json
import pathlib
import sys

import numpy
import torch
from scipy.special import ndtri

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES, BATCH, STEPS, FEATURES = 200, 50, 60, 3

NONE = {
    "dropout": [], "input_noise": 0.0, "label_smoothing": 0.0, "class_weights": [], "l1": 0.0,
    "decay_biases": True, "clip_value": None, "clip_norm": None,
}

# Name: task, hidden layers, optimizer with its name in tallow and its settings, learning rate, regularization.
CASES = {
    "dropout": ("binary", [8, 6], ("sgd", {"momentum": 0.9}), 0.05, {"dropout": [0.3, 0.5]}),
    "noise": ("regression", [8], ("adam", {}), 0.01, {"input_noise": 0.3}),
    "smoothing_binary": ("binary", [8], ("adam", {}), 0.01, {"label_smoothing": 0.2, "class_weights": [0.5, 3.0]}),
    "smoothing_multiclass": ("multiclass", [8, 6], ("adam", {}), 0.01, {"label_smoothing": 0.1, "class_weights": [1.0, 0.25, 2.0, 4.0]}),
    "penalty": ("regression", [8], ("rmsprop", {}), 0.005, {"l1": 0.01}),
    "penalty_of_weights": ("binary", [8, 6], ("sgd", {"weight_decay": 0.05}), 0.1, {"l1": 0.003, "decay_biases": False}),
    "decay_of_weights": ("multiclass", [8], ("adamw", {"weight_decay": 0.5}), 0.01, {"decay_biases": False}),
    "clip_value": ("regression", [8], ("sgd", {"momentum": 0.9}), 0.05, {"clip_value": 0.05}),
    "clip_norm": ("multiclass", [8, 6], ("sgd", {}), 0.5, {"clip_norm": 0.1}),
    "everything": ("multiclass", [8, 6, 5], ("adamw", {"weight_decay": 0.1}), 0.01, {
        "dropout": [0.2, 0.0, 0.4], "input_noise": 0.1, "label_smoothing": 0.05, "class_weights": [1.0, 2.0, 0.5, 1.5],
        "l1": 0.001, "decay_biases": False, "clip_value": 0.2, "clip_norm": 0.3,
    }),
}


def philox(key, counter):
    """Four words for each counter of four words (n × 4, uint32)."""
    mask = numpy.uint64(0xFFFFFFFF)
    a, b, c, d = (counter[:, k].astype(numpy.uint64) for k in range(4))
    k0, k1 = key
    for _ in range(10):
        left, right = a * numpy.uint64(0xD2511F53), c * numpy.uint64(0xCD9E8D57)
        shift = numpy.uint64(32)
        a, b, c, d = (right >> shift) ^ b ^ numpy.uint64(k0), right & mask, (left >> shift) ^ d ^ numpy.uint64(k1), left & mask
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return numpy.stack([a, b, c, d], 1)


def units(key, step, layer, samples, width):
    """Numbers in [0, 1) of a layer's units for the samples of a batch: samples × width."""
    place, unit = numpy.meshgrid(numpy.arange(samples), numpy.arange(width), indexing="ij")
    flat = place.size
    counter = numpy.stack([place.ravel(), unit.ravel() // 4, numpy.full(flat, layer), numpy.full(flat, step)], 1)
    words = philox(key, counter.astype(numpy.uint32))[numpy.arange(flat), unit.ravel() % 4]
    return ((words >> numpy.uint64(8)).astype(float) / 2**24).reshape(samples, width)


def loss_of(task, z, y, given):
    weights = torch.tensor(given["class_weights"] or [1.0] * 4, dtype=torch.float64)
    smoothing = given["label_smoothing"]
    if task == "regression":
        return torch.nn.functional.mse_loss(z[:, 0], y)
    if task == "binary":
        target = y * (1 - smoothing) + smoothing / 2
        losses = torch.nn.functional.binary_cross_entropy_with_logits(z[:, 0], target, reduction="none")
    else:
        losses = torch.nn.functional.cross_entropy(z, y.long(), reduction="none", label_smoothing=smoothing)
    own = weights[y.long()]
    return (losses * own).sum() / own.sum()


def trajectory(name):
    task, hidden, (optimizer, settings), rate, changed = CASES[name]
    given = NONE | changed
    random = numpy.random.default_rng(list(name.encode()))
    x = numpy.round(random.uniform(-2, 2, (SAMPLES, FEATURES)), 4)
    product = x[:, 0] * x[:, 1]
    y = {"regression": numpy.round(product, 4), "binary": (product > 0) * 1.0,
         "multiclass": (x[:, 0] > 0) + 2.0 * (x[:, 1] > 0)}[task]
    dims = [FEATURES, *hidden, 4 if task == "multiclass" else 1]
    key = [int(word) for word in random.integers(0, 2**32, 2)]
    first = lambda *shape: numpy.round(random.uniform(-0.5, 0.5, shape), 4)
    W = [first(n, m) for m, n in zip(dims, dims[1:])]
    b = [first(n) for n in dims[1:]]
    tensors = lambda arrays: [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in arrays]
    weights, biases = tensors(W), tensors(b)
    decay = settings.get("weight_decay", 0)
    groups = [{"params": weights}, {"params": biases, **({} if given["decay_biases"] else {"weight_decay": 0})}]
    made = {
        "sgd": lambda: torch.optim.SGD(groups, lr=rate, momentum=settings.get("momentum", 0), weight_decay=decay),
        "adam": lambda: torch.optim.Adam(groups, lr=rate, weight_decay=decay),
        "adamw": lambda: torch.optim.AdamW(groups, lr=rate, weight_decay=decay),
        "rmsprop": lambda: torch.optim.RMSprop(groups, lr=rate, weight_decay=decay),
    }[optimizer]()
    X, Y = torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    losses = []
    for step in range(STEPS):
        rows = slice(step * BATCH % SAMPLES, step * BATCH % SAMPLES + BATCH)
        h = X[rows]
        if given["input_noise"]:
            middles = units(key, step, 0, BATCH, FEATURES) + 0.5 / 2**24
            h = h + torch.tensor(given["input_noise"] * ndtri(middles))
        for l, (w, c) in enumerate(zip(weights, biases)):
            h = torch.nn.functional.linear(h, w, c)
            if l + 1 < len(weights):
                h = torch.tanh(h)
                drop = given["dropout"][l] if given["dropout"] else 0.0
                if drop:
                    kept = units(key, step, l + 1, BATCH, dims[l + 1]) >= numpy.float32(drop)
                    h = h * torch.tensor(kept / (1 - drop))
        loss = loss_of(task, h, Y[rows], given)
        losses.append(loss.item())
        made.zero_grad()
        # tallow tells the plain loss of a batch: the penalty is in the gradient alone.
        penalized = weights + (biases if given["decay_biases"] else [])
        (loss + given["l1"] * sum(p.abs().sum() for p in penalized)).backward()
        if given["clip_value"] is not None:
            torch.nn.utils.clip_grad_value_(weights + biases, given["clip_value"])
        if given["clip_norm"] is not None:
            torch.nn.utils.clip_grad_norm_(weights + biases, given["clip_norm"])
        made.step()
    return {
        "made_by": f"torch {torch.__version__.split('+')[0]}", "task": task, "dims": dims, "batch": BATCH, "steps": STEPS, "learning_rate": rate,
        "optimizer": optimizer, "settings": settings, "key": key, **given,
        "X": x.ravel().tolist(), "Y": y.tolist(), "init_W": [w.ravel().tolist() for w in W], "init_b": [c.tolist() for c in b],
        "losses": losses, "W": [w.detach().ravel().tolist() for w in weights], "b": [c.tolist() for c in biases],
    }


def main():
    wrong = 0
    for name in CASES:
        path, made = HERE / f"{name}.json", trajectory(name)
        if "--check" in sys.argv:
            there = json.loads(path.read_text())
            same = all(there[k] == v for k, v in made.items() if k not in ("losses", "W", "b"))
            flat = lambda file: numpy.concatenate([numpy.ravel(a) for k in ("W", "b") for a in file[k]] + [file["losses"]])
            if not same or not numpy.allclose(flat(there), flat(made), rtol=1e-9, atol=1e-12):
                wrong += 1
                print(f"{path.name} is not what this program makes")
        else:
            path.write_text(json.dumps(made) + "\n")
    print(f"{len(CASES)} files, {wrong} wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
