"""The peers of the speed benchmark: one learning pass of each over a simulated CSV.

    python tests/benchmarks/peers.py vw numeric FILE.csv
    python tests/benchmarks/peers.py river categorical FILE.csv --rows 50000

prints one line of JSON: rows, seconds and cpu_seconds of the learning pass alone (the best of
--repeats), rows_per_second, peak_memory_mb, model_bytes and score. The features are x1, x2, x3
and, in the categorical case, also c1 to c6; the label is y, 0 or 1; the terms are those of
degree 2: 9 a row in the numeric case, 48 in the categorical one. The score is progressive: minus
the squared error of the probability predicted for a row before it is learned, over the rows that
Caudal's defaults would score (not the first 20,000, nor the first 70% of the others).

Pin the process to a core before it starts (`os.sched_setaffinity`, `taskset`). The packages are
in requirements.txt beside this file.
"""

import argparse
import itertools
import json
import pickle
import re
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

NUMERIC = ["x1", "x2", "x3"]
CATEGORICAL = ["c1", "c2", "c3", "c4", "c5", "c6"]
FEATURES = {"numeric": NUMERIC, "categorical": NUMERIC + CATEGORICAL}
NOT_SCORED, DROPPED = 20_000, 0.7
BATCH = 1000
ALPHA = 0.001
VW_OPTIONS = "--loss_function logistic --link logistic -b 22 -q nn"


def vw(case: str, csv_file: Path, rows: int | None, repeats: int) -> dict:
    """Vowpal Wabbit's C++ driver over its cache, with its default learner.

    All features share one namespace, which `-q nn` crosses with itself: that also multiplies each
    level by itself (54 terms a row, not 48), yet is twice as fast as a namespace for each feature.

    The conversion to its text format and the cache are made beforehand by another process, the
    progressive predictions and the model file by a further pass over the cache: none is timed.
    """
    from vowpalwabbit import Workspace

    with tempfile.TemporaryDirectory(dir=csv_file.parent, prefix="vw-") as name:
        folder = Path(name)
        options = f"{VW_OPTIONS} --quiet -d {folder}/text -c"
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
            other.submit(write_vw_cache, case, csv_file, rows, folder, options).result()
        _, cost = best_pass(lambda: Workspace(options).finish(), repeats)
        Workspace(f"{options} -p {folder}/predictions -f {folder}/model").finish()
        model_bytes = (folder / "model").stat().st_size
        return summary(
            cost, model_bytes, np.loadtxt(folder / "predictions"), np.load(folder / "labels.npy")
        )


def write_vw_cache(case: str, csv_file: Path, rows: int | None, folder: Path, options: str) -> None:
    """Convert the CSV to VW's text in ``folder`` and that to its cache; save the labels."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv
    from vowpalwabbit import Workspace

    line_options = csv.WriteOptions(include_header=False, quoting_style="none")
    as_text = csv.ConvertOptions(column_types=dict.fromkeys(FEATURES[case], pa.string()))
    labels = []
    with csv.CSVWriter(
        folder / "text", pa.schema({"": pa.string()}), write_options=line_options
    ) as writer:
        for block in csv.open_csv(csv_file, convert_options=as_text):
            if rows is not None:
                block = block[: rows - sum(map(len, labels))]
            labels.append(block["y"].to_numpy())
            parts = [pc.if_else(pc.equal(block["y"], 1), "1 |n", "-1 |n")]
            for feature in FEATURES[case]:
                parts += [f" {feature}{':' if feature in NUMERIC else '='}", block[feature]]
            lines = pc.binary_join_element_wise(*parts, "")
            writer.write_batch(pa.record_batch({"": lines}))
    np.save(folder / "labels.npy", np.concatenate(labels))
    Workspace(options + " -k").finish()


def river(case: str, csv_file: Path, rows: int | None, repeats: int) -> dict:
    """River: dicts, its polynomial extender and its logistic regression, row by row."""
    from river import compose, feature_extraction, linear_model, stream

    types = dict.fromkeys(NUMERIC, float) | {"y": int}

    def learn() -> tuple:
        if case == "numeric":
            terms = feature_extraction.PolynomialExtender(degree=2)
        else:
            pairs = feature_extraction.PolynomialExtender(degree=2, interaction_only=True)
            terms = compose.TransformerUnion(
                compose.FuncTransformer(squares), compose.FuncTransformer(one_hot) | pairs
            )
        model = terms | linear_model.LogisticRegression()
        probabilities, labels = [], []
        data = stream.iter_csv(csv_file, target="y", converters=types)
        for x, y in itertools.islice(data, rows):
            probabilities.append(model.predict_proba_one(x)[True])
            model.learn_one(x, y)
            labels.append(y)
        return model, probabilities, labels

    (model, probabilities, labels), cost = best_pass(learn, repeats)
    return summary(cost, len(pickle.dumps(model)), probabilities, labels)


def squares(x: dict) -> dict:
    """The squares of a row's numeric features."""
    return {f"{feature}^2": x[feature] ** 2 for feature in NUMERIC}


def one_hot(x: dict) -> dict:
    """A row with each categorical feature as an indicator of its level."""
    return {f if f in NUMERIC else f"{f}={v}": v if f in NUMERIC else 1 for f, v in x.items()}


def notebook(case: str, csv_file: Path, rows: int | None, repeats: int) -> dict:
    """The notebook's route: a dict per row, FeatureHasher, `partial_fit` on 2^22 columns."""
    import pandas as pd
    from sklearn.feature_extraction import FeatureHasher
    from sklearn.linear_model import SGDClassifier

    def learn() -> tuple:
        hasher = FeatureHasher(n_features=2**22)
        model = SGDClassifier(loss="log_loss", alpha=ALPHA, shuffle=False)
        probabilities, labels = [], []
        for batch in pd.read_csv(csv_file, chunksize=BATCH, nrows=rows):
            records = batch[FEATURES[case]].to_dict("records")
            x = hasher.transform(terms_of(record) for record in records)
            y = batch["y"].to_numpy()
            if labels:
                probabilities.extend(model.predict_proba(x)[:, 1])
            else:
                probabilities.extend([0.5] * len(y))
            model.partial_fit(x, y, classes=[0, 1])
            labels.extend(y)
        return model, probabilities, labels

    (model, probabilities, labels), cost = best_pass(learn, repeats)
    return summary(cost, len(pickle.dumps(model)), probabilities, labels)


def terms_of(record: dict) -> dict:
    """All terms of a row up to degree 2, with their values."""
    factors = one_hot(record)
    pairs = itertools.combinations(factors.items(), 2)
    return factors | squares(record) | {"*".join(sorted((f, g))): v * w for (f, v), (g, w) in pairs}


def best_pass(learn: Callable, repeats: int) -> tuple[object, dict]:
    """Call ``learn`` ``repeats`` times; return what it gave last, and the fastest call's cost."""
    costs = []
    for _ in range(repeats):
        outcome = None  # the last model makes room for the next
        start, cpu_start = time.perf_counter(), time.process_time()
        outcome = learn()
        costs.append((time.perf_counter() - start, time.process_time() - cpu_start))
    seconds, cpu_seconds = min(costs)
    return outcome, {
        "seconds": round(seconds, 4),
        "cpu_seconds": round(cpu_seconds, 4),
        "peak_memory_mb": round(peak_memory_mb(), 1),
    }


def summary(cost: dict, model_bytes: int, probabilities: list, labels: list) -> dict:
    """What a peer's run reports: its cost, the size of its model and its progressive score."""
    errors = (np.asarray(probabilities) - np.asarray(labels)) ** 2
    errors = errors[NOT_SCORED:]
    return {
        "rows": len(labels),
        **cost,
        "rows_per_second": round(len(labels) / cost["seconds"]),
        "model_bytes": model_bytes,
        "score": -float(errors[int(DROPPED * len(errors)) :].mean()),
    }


def peak_memory_mb() -> float:
    """This process's peak of resident memory; unlike getrusage's, never that of its parent."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def main() -> None:
    """Read the command line, run one peer, print its line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("case", choices=FEATURES)
    parser.add_argument("csv_file", type=Path)
    parser.add_argument("--rows", type=int, help="take at most so many rows")
    parser.add_argument("--repeats", type=int, default=1, help="report the fastest of so many")
    arguments = parser.parse_args()
    if arguments.rows is not None and arguments.rows <= NOT_SCORED:
        parser.error(f"--rows {arguments.rows}: the first {NOT_SCORED} are not scored, take more.")
    run = PEERS[arguments.peer]
    result = run(arguments.case, arguments.csv_file, arguments.rows, arguments.repeats)
    print(json.dumps({"peer": arguments.peer, "case": arguments.case, **result}))


PEERS = {"vw": vw, "river": river, "notebook": notebook}

if __name__ == "__main__":
    main()
