"""Courses of trainings that are stopped early, by scikit-learn and by Keras, on two real data sets.

    pip install scikit-learn==1.9.1 keras==3.15.1 jax==0.10.2
    python make.py            # writes the files
    python make.py --check    # computes them anew and compares: numbers within 1e-4, epochs exactly

Each file holds standardized samples (float32) as they are trained on, those that choose, the first weights in PyTorch's
layout (out x in), and for each library the loss of every epoch, what it watched, the epoch whose weights are kept and the
epoch that was the last, both counted from 1, and what it watched with the weights kept. Samples are taken in their order, in batches of 32, the last one short.
"""

import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

import keras
import numpy as np
import sklearn.neural_network._multilayer_perceptron as perceptron
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

HERE = Path(__file__).parent
BATCH, EPOCHS, HIDDEN, PATIENCE = 32, 400, 12, 10
RATES = {"breast_cancer": 0.003, "wine": 0.03}


def samples(name):
    """Training and validation samples: of breast_cancer the ten means, of wine all columns."""
    x, y = {"breast_cancer": load_breast_cancer, "wine": load_wine}[name](return_X_y=True)
    x = x[:, :10] if name == "breast_cancer" else x
    x, held, y, chosen = train_test_split(x, y, test_size=0.3, random_state=3, stratify=y)
    centre, scale = x.mean(0), x.std(0)
    scaled = lambda x: ((x - centre) / scale).astype(np.float32)
    return scaled(x), y, scaled(held), chosen


class Known(MLPClassifier):
    """With first weights that are kept, and best weights that are counted."""

    def _initialize(self, y, layer_units, dtype):
        super()._initialize(y, layer_units, dtype)
        self.first = [w.copy() for w in self.coefs_], [b.copy() for b in self.intercepts_]


def scikit_learn(name, x, y, held, chosen):
    """MLPClassifier(early_stopping=True), whose own split is replaced by that of the file."""
    labels = len(np.unique(y))

    def split(x, y, **_):
        rows = len(x) - len(held)
        return x[:rows], x[rows:], y[:rows], y[rows:]

    perceptron.train_test_split = split
    model = Known(
        (HIDDEN,), "tanh", solver="adam", alpha=0.0, batch_size=BATCH, learning_rate_init=RATES[name], max_iter=EPOCHS,
        shuffle=False, random_state=1, early_stopping=True, n_iter_no_change=PATIENCE,
    )
    model.fit(np.concatenate([x, held]), np.concatenate([y, chosen]))
    assert labels in (2, 3) and model.n_iter_ < EPOCHS
    scores = model.validation_scores_
    course = {
        "loss": [float(loss) for loss in model.loss_curve_],
        "watched": [float(score) for score in scores],
        "kept": int(np.argmax(scores)) + 1,
        "stopped": model.n_iter_,
        "at_end": float(model.score(held, chosen)),
    }
    return model.first, course


def keras_loop(name, first, x, y, held, chosen):
    """fit() with EarlyStopping(restore_best_weights=True)."""
    (w0, w1), (b0, b1) = first
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((x.shape[1],)), keras.layers.Dense(HIDDEN, "tanh"), keras.layers.Dense(len(b1))])
    model.set_weights([w0, b0, w1, b1])
    losses = keras.losses
    loss = losses.BinaryCrossentropy if len(b1) == 1 else losses.SparseCategoricalCrossentropy
    model.compile(keras.optimizers.Adam(RATES[name], epsilon=1e-8), loss(from_logits=True))
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=PATIENCE, restore_best_weights=True)
    seen = model.fit(
        x, y, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0, callbacks=[stop],
        validation_data=(held, chosen), validation_batch_size=len(held),
    ).history
    assert stop.stopped_epoch > 0
    return {
        "loss": seen["loss"],
        "watched": seen["val_loss"],
        "kept": stop.best_epoch + 1,
        "stopped": stop.stopped_epoch + 1,
        "at_end": float(model.evaluate(held, chosen, batch_size=len(held), verbose=0)),
    }


def made(name):
    x, y, held, chosen = samples(name)
    first, course = scikit_learn(name, x, y, held, chosen)
    numbers = lambda array: [float(np.format_float_positional(v, unique=True)) for v in np.asarray(array, np.float32).ravel()]
    return {
        "made_with": {"scikit-learn": "1.9.1", "keras": "3.15.1"},
        "task": "binary" if len(np.unique(y)) == 2 else "multiclass",
        "units": [x.shape[1], HIDDEN, len(first[1][1])],
        "learning_rate": RATES[name],
        "batch": BATCH,
        "epochs": EPOCHS,
        "patience": PATIENCE,
        "X": numbers(x), "Y": [int(v) for v in y],
        "validation_X": numbers(held), "validation_Y": [int(v) for v in chosen],
        "init_W": [numbers(w.T) for w in first[0]], "init_b": [numbers(b) for b in first[1]],
        "scikit_learn": course,
        "keras": keras_loop(name, first, x, y, held, chosen),
    }


def near(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(near(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(near, a, b))
    return a == b or isinstance(a, float) and abs(a - b) <= 1e-4 * max(1.0, abs(b))


if __name__ == "__main__":
    wrong = []
    for name in RATES:
        path, new = HERE / f"{name}.json", made(name)
        print(name, {key: (new[key]["kept"], new[key]["stopped"]) for key in ("scikit_learn", "keras")})
        if "--check" not in sys.argv:
            path.write_text(json.dumps(new) + "\n")
        elif not near(new, json.loads(path.read_text())):
            wrong.append(name)
    sys.exit(f"other than recorded: {', '.join(wrong)}" if wrong else 0)
