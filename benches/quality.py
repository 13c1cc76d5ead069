"""Test scores at defaults: scikit-learn's MLP and tallow on the same splits of the same tables.

Usage: python benches/quality.py TALLOW [FOLDER]
needs scikit-learn and pandas; TALLOW is the program, FOLDER holds further tables (default: experiments/data).

Every table is split ten times into three quarters and a quarter, classes by their shares. Accuracy, or R² of a regression: mean
over the splits and its standard error. First both at their defaults on the raw table (scikit-learn gets words as one-hot columns
and means for missing cells, without which it takes no such table); then both with the same settings.
"""

import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy
import pandas
from sklearn import datasets
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

SEEDS = range(10)
EQUAL = {"hidden": 64, "batch": 32, "rate": 0.001, "epochs": 100}


def tables(folder):
    for name in ["iris", "wine", "breast_cancer", "digits", "diabetes"]:
        frame = getattr(datasets, "load_" + name)(as_frame=True).frame
        yield name, frame.rename(columns={frame.columns[-1]: "target"}), name == "diabetes"
    targets = {"penguins": "species", "segment": None, "phishing": None, "diamonds": "price"}
    for name, target in targets.items():
        path = next((path for path in [folder / f"{name}.csv", folder / f"{name}.csv.gz"] if path.exists()), None)
        if path is None:
            continue
        frame = pandas.read_csv(path)
        if len(frame) > 5000:
            frame = frame.sample(5000, random_state=0)
        target = target or frame.columns[-1]
        frame = frame[[column for column in frame if column != target] + [target]]
        yield name, frame.rename(columns={target: "target"}), name == "diamonds"


def scikit(train, test, regression, equal):
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False))
    numbers = [SimpleImputer()] + ([StandardScaler()] if equal else [])
    inputs = ColumnTransformer([
        ("words", words, make_column_selector(dtype_exclude="number")),
        ("numbers", make_pipeline(*numbers), make_column_selector(dtype_include="number")),
    ])
    settings = {"random_state": 0}
    if equal:
        settings |= dict(hidden_layer_sizes=(EQUAL["hidden"],), batch_size=EQUAL["batch"], alpha=0.0,
                         learning_rate_init=EQUAL["rate"], max_iter=EQUAL["epochs"], n_iter_no_change=10**6)
    network = MLPRegressor(**settings) if regression else MLPClassifier(**settings)
    if equal and regression:
        network = TransformedTargetRegressor(network, transformer=StandardScaler())
    model = make_pipeline(inputs, network)
    model.fit(train.drop(columns="target"), train["target"])
    return model.score(test.drop(columns="target"), test["target"])


def ours(program, train, test, regression, equal, seed):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        train.to_csv(folder / "train.csv", index=False)
        test.to_csv(folder / "test.csv", index=False)
        settings = ""
        if equal:
            settings = (f"hidden = [{EQUAL['hidden']}]\nbatch_size = {EQUAL['batch']}\n"
                        f"learning_rate = {EQUAL['rate']}\nepochs = {EQUAL['epochs']}\n")
        kind = 'kind = "regression"\n' if regression else 'kind = "multiclass"\n' if train["target"].nunique() > 2 else ""
        (folder / "e.toml").write_text(
            f"seeds = [{seed}]\n[train]\n{settings}[train.dataset]\nname = \"csv\"\npath = \"train.csv\"\n"
            f"test_path = \"test.csv\"\ntarget = \"target\"\n{kind}"
        )
        run = dict(cwd=folder, check=True, capture_output=True)
        subprocess.run([program, "sweep", "e.toml", "--quiet", "--no-report"], **run)
        table = subprocess.run([program, "export", "e.toml", "--table", "runs"], text=True, **run).stdout
        (folder / "runs.csv").write_text(table)
        row = pandas.read_csv(folder / "runs.csv").iloc[0]
    return 1 - row["test_loss"] / test["target"].var(ddof=0) if regression else row["test_accuracy"]


def told(scores):
    return f"{numpy.mean(scores):.3f} ± {numpy.std(scores, ddof=1) / len(scores) ** 0.5:.3f}"


def main():
    warnings.filterwarnings("ignore")
    program = str(pathlib.Path(sys.argv[1]).resolve())
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "experiments/data")
    loaded = list(tables(folder))
    for equal in [False, True]:
        print("\nequal settings:" if equal else "\nat defaults:", flush=True)
        print("| table | rows | scikit-learn | tallow |\n|---|---|---|---|")
        for name, frame, regression in loaded:
            theirs, own = [], []
            for seed in SEEDS:
                stratify = None if regression else frame["target"]
                train, test = train_test_split(frame, test_size=0.25, random_state=seed, stratify=stratify)
                theirs.append(scikit(train, test, regression, equal))
                own.append(ours(program, train, test, regression, equal, seed))
            measure = "R²" if regression else "accuracy"
            print(f"| {name} ({measure}) | {len(frame):,} | {told(theirs)} | {told(own)} |", flush=True)


main()
