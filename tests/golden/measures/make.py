#!/usr/bin/env python3
"""Makes the file beside it: outputs of no network in particular, and what scikit-learn measures of them.

    pip install scikit-learn==1.9.1 numpy
    python tests/golden/measures/make.py            write measures.json
    python tests/golden/measures/make.py --check    compute it anew and compare
"""

import json
import pathlib
import sys
import warnings

import numpy
import sklearn
from sklearn import metrics

PATH = pathlib.Path(__file__).resolve().parent / "measures.json"
BINS = 15


def ece(y, p, predicted, weights):
    """Of bins (b/15, (b + 1)/15], as Guo et al. (2017) have them; scikit-learn has none."""
    confidence = p[numpy.arange(len(y)), predicted]
    bins = numpy.clip(numpy.ceil(confidence * BINS).astype(int), 1, BINS)
    right = (predicted == y).astype(float)
    total = 0.0
    for b in range(1, BINS + 1):
        own = bins == b
        if own.any():
            w = weights[own]
            total += w.sum() * abs(numpy.average(confidence[own], weights=w) - numpy.average(right[own], weights=w))
    return total / weights.sum()


def classification(y, outputs, weights):
    y = y.astype(int)
    z = outputs.astype(numpy.float64)
    if outputs.shape[1] == 1:
        one = 1 / (1 + numpy.exp(-z[:, 0]))
        p, predicted = numpy.stack([1 - one, one], 1), (z[:, 0] > 0).astype(int)
    else:
        e = numpy.exp(z - z.max(1, keepdims=True))
        p, predicted = e / e.sum(1, keepdims=True), z.argmax(1)
    w = {"sample_weight": weights}
    classes = numpy.arange(p.shape[1])
    one_hot = (y[:, None] == classes).astype(float)
    # Of more than two classes tallow takes the mean over those that occur; scikit-learn has none where one does not.
    occurs = [c for c in classes if (y == c).any() and not (y == c).all()] if len(classes) > 2 else [1]
    rank = lambda of: float(numpy.mean([of(y == c, p[:, c], **w) for c in occurs]))
    made = {
        "accuracy": metrics.accuracy_score(y, predicted, **w),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, predicted, **w),
        "f1_macro": metrics.f1_score(y, predicted, average="macro", zero_division=0, **w),
        "roc_auc": rank(metrics.roc_auc_score),
        "average_precision": rank(metrics.average_precision_score),
        "log_loss": metrics.log_loss(y, p, labels=classes, **w),
        "brier": numpy.average(((p - one_hot) ** 2).sum(1), weights=weights) / (2 if len(classes) == 2 else 1),
        "ece": ece(y, p, predicted, weights),
    }
    if len(classes) == 2:
        assert numpy.isclose(made["brier"], metrics.brier_score_loss(y, p[:, 1], **w))
        assert numpy.isclose(made["roc_auc"], metrics.roc_auc_score(y, p[:, 1], **w))
    elif len(set(y)) == len(classes):
        assert numpy.isclose(made["brier"], metrics.brier_score_loss(y, p, labels=classes, **w))
        if (weights == 1).all():
            assert numpy.isclose(made["roc_auc"], metrics.roc_auc_score(y, p, multi_class="ovr", average="macro"))
    matrix = metrics.confusion_matrix(y, predicted, labels=classes, **w)
    f1 = metrics.f1_score(y, predicted, average=None, labels=classes, zero_division=0, **w)
    return made | {"confusion": matrix.tolist(), "f1": f1.tolist()}


def regression(y, outputs, weights):
    w = {"sample_weight": weights}
    z = outputs[:, 0].astype(numpy.float64)
    return {
        "r2": metrics.r2_score(y, z, **w),
        "rmse": metrics.root_mean_squared_error(y, z, **w),
        "mae": metrics.mean_absolute_error(y, z, **w),
    }


def case(random, kind, classes, n, weighted, digits, absent):
    noise = numpy.round(random.normal(0, 1.5, (n, 1 if classes <= 2 else classes)), digits).astype(numpy.float32)
    weights = numpy.round(random.uniform(0, 3, n), 1) if weighted else numpy.ones(n)
    if weighted:
        weights[::7] = 0
    if kind == "regression":
        y = numpy.round(random.normal(3, 2, n), 3).astype(numpy.float32)
        outputs = (y[:, None] + noise).astype(numpy.float32)
        made = regression(y.astype(numpy.float64), outputs, weights.astype(numpy.float32).astype(numpy.float64))
    else:
        y = random.integers(0, classes - absent, n).astype(numpy.float32)
        outputs = noise
        outputs[numpy.arange(n), y.astype(int) if classes > 2 else 0] += (1 if classes > 2 else 2 * y - 1)
        if absent:
            outputs[:, -1] -= 20
        kept = weights.astype(numpy.float32).astype(numpy.float64) > 0
        made = classification(y[kept], outputs[kept], weights.astype(numpy.float32).astype(numpy.float64)[kept])
    return {
        "kind": kind, "classes": classes, "y": y.tolist(), "outputs": [float(z) for z in outputs.ravel()],
        "weights": weights.tolist() if weighted else None, "measures": made,
    }


def main():
    random = numpy.random.default_rng(7)
    cases = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for weighted in (False, True):
            # With one digit many outputs are equal.
            for digits in (1, 6):
                cases += [case(random, "binary", 2, 60, weighted, digits, 0), case(random, "multiclass", 4, 90, weighted, digits, 0),
                          case(random, "multiclass", 4, 70, weighted, digits, 1), case(random, "regression", 0, 50, weighted, digits, 0)]
    made = {"made_by": f"scikit-learn {sklearn.__version__}", "cases": cases}
    if "--check" in sys.argv:
        there = json.loads(PATH.read_text())
        flat = lambda value: [x for item in (value.values() if isinstance(value, dict) else value) for x in flat(item)] if isinstance(value, (dict, list)) else [value]
        numbers = lambda file: numpy.array([x for x in flat(file["cases"]) if isinstance(x, (int, float))])
        same = numpy.allclose(numbers(there), numbers(made), rtol=1e-10)
        print("as it is there" if same else "measures.json is not what this program makes")
        sys.exit(not same)
    PATH.write_text(json.dumps(made) + "\n")


if __name__ == "__main__":
    main()
