"""What a finished run has written, made up without fitting: for the tests of the report."""

import csv
import json
import math
from itertools import product
from pathlib import Path

import numpy as np
from caudal import checked_json
from caudal.models.score_record import FORMAT, plain

BLOCKS = 24
ROWS = 100_000


def losses_of(level, benchmark=0.2, spread=0.001):
    """Block losses around ``level`` and the benchmark's; hard blocks are hard for both.

    Points of one level predict the same.
    """
    hard = np.random.default_rng(0).normal(0, 0.005, BLOCKS)
    own = level + hard + np.random.default_rng(round(level * 1e6)).normal(0, spread, BLOCKS)
    return [[float(a), float(b)] for a, b in zip(own, benchmark + hard, strict=True)]


def curve_of(level, start=0.25, benchmark=0.2):
    """A learning curve of checkpoints that has come down to ``level`` at its end."""
    rows = [25_000, 30_000, 36_000, 43_000, 50_000, 60_000, 71_000, 84_000, ROWS]
    return [
        {
            "rows": n,
            "loss": level + 0.01,
            "loss_since_last": level + (start - level) * (1 - i / (len(rows) - 1)) ** 2,
            "benchmark_loss": benchmark,
            "benchmark_loss_since_last": benchmark,
        }
        for i, n in enumerate(rows)
    ]


def score_record(point, level, parameters):
    """A point's ``score.json``; with ``level`` None the point has diverged."""
    losses = losses_of(level) if level is not None else []
    own = np.array(losses).reshape(-1, 2)
    known = level is not None
    score = -float(own[:, 0].mean()) if known else None
    benchmark = -float(own[:, 1].mean()) if known else -0.2
    return {
        "format": FORMAT,
        "point": point,
        "parameters": parameters,
        "score": score,
        "standard_error": float(own[:, 0].std(ddof=1) / math.sqrt(BLOCKS)) if known else None,
        "benchmark_score": benchmark,
        "r2": 1 - score / benchmark if known else None,
        "rows": ROWS,
        "batches": 100,
        "batches_in_score": BLOCKS,
        "seconds": 0.5,
        "rows_per_second": ROWS / 0.5,
        "peak_memory_mb": 350.0,
        "model_bytes": 1600,
        "rows_read": ROWS,
        "diverged": not known,
        "columns_touched": 9,
        "learning_curve": curve_of(level) if known else [],
        "losses": losses,
        "drift": [
            {"rows": 21_000 + 1000 * i, "loss": a, "benchmark_loss": b}
            for i, (a, b) in enumerate(losses)
        ],
        "calibration": [
            {"low": i / 10, "high": (i + 1) / 10, "rows": 1000,
             "mean_probability": i / 10 + 0.05, "share": i / 10 + 0.06}
            for i in range(10)
        ],
        "data_checksum": "f61f636a358c",
        "versions": {"python": "3.11.2"},
        "settings": {
            "stream": {"batch_size": 1000}, "score": {"loss": "squared"}, "seed": 0,
        },
    }  # fmt: skip


def default_level(values):
    """A loss that alpha and degree decide and n_features does not."""
    alpha = abs(math.log10(values.get("alpha", 0.001)) + 3)
    return 0.17 + 0.01 * alpha + 0.01 * (2 - values.get("degree", 2))


AXES = {"n_features": [2**18, 2**20], "degree": [1, 2], "alpha": [0.0001, 0.001, 0.01]}


def write_run(folder, axes=AXES, level=default_level, terms=None, sources=None):
    """Write a whole run: the grid of ``axes``, each point with the loss that ``level`` gives it."""
    home = Path(folder) / "results"
    records = []
    for number, cells in enumerate(product(*axes.values())):
        values = dict(zip(axes, cells, strict=True))
        extractor, classifier = (
            {name: values[name] for name in names if values.get(name) is not None}
            for names in (("features", "scale"), ("class", "alpha", "eta0", "l1"))
        )
        if "class" not in classifier:
            classifier["loss"] = "log_loss"
        rest = {name: v for name, v in values.items() if name not in extractor | classifier}
        parameters = {"extractor": extractor, "vectorizer": rest, "classifier": classifier}
        record = score_record(f"{number:012x}", level(values), parameters)
        write_json(home / "fits" / record["point"] / "score.json", record)
        records.append((record, values))
    records.sort(key=lambda pair: (pair[0]["score"] is None, -(pair[0]["score"] or 0)))
    fields = ["score", "standard_error", "benchmark_score", "r2", "rows"]
    write_csv(
        home / "ranking.csv",
        ["rank", "point", *fields, *axes],
        [[i, r["point"], *(r[f] for f in fields), *map(cell, values.values())]
         for i, (r, values) in enumerate(records, 1)],
    )  # fmt: skip
    costs = ["seconds", "rows_per_second", "peak_memory_mb", "model_bytes", "rows_read"]
    write_csv(
        home / "costs.csv",
        ["point", *costs],
        [[r["point"], *(r[c] for c in costs)] for r, _ in records],
    )
    if terms is not None:
        write_csv(
            home / "best" / "coefficients.csv", list(terms[0]), [list(t.values()) for t in terms]
        )
    if sources is not None:
        write_json(home / "data" / "manifest.json", manifest(sources))
        write_json(home / "data" / "stretches.json", stretches())
    return [record for record, _ in records]


def manifest(sources):
    """A merged manifest of sources given as (name, rows, rejects by reason)."""
    shown = [
        {"name": name, "file": f"data/{name}.csv", "rows_in": rows + sum(rejects.values()),
         "rows": rows, "rows_rejected": sum(rejects.values()), "rows_dropped": 0,
         "rejects": rejects, "dropped": {}, "labels": {"0": rows // 4, "1": rows - rows // 4}}
        for name, rows, rejects in sources
    ]  # fmt: skip
    totals = {
        key: sum(s[key] for s in shown)
        for key in ("rows_in", "rows", "rows_rejected", "rows_dropped")
    }
    return {
        **totals,
        "sources": shown,
        "columns": {
            "x1": {"kind": "numeric", "missing": 2, "min": -1.0, "max": 1.0, "mean": 0.0,
                   "std": 0.5},
            "c": {"kind": "categorical", "missing": 0, "levels": 2, "levels_exact": True,
                  "top_levels": {"red": 60_000, "blue": 40_000}},
            "y": {"kind": "label", "missing": 0, "levels": 2, "levels_exact": True,
                  "top_levels": {"1": 75_000, "0": 25_000}},
        },
        "labels": {"0": 25_000, "1": 75_000},
        "classes": ["0", "1"],
        "parts": [{"file": "a/part-00000.parquet", "rows": ROWS, "bytes": 2_000_000}],
        "notes": [],
    }  # fmt: skip


def stretches(*columns, time=None):
    """How the stretches of the data compare; ``columns`` are those that were compared."""
    labels = {"names": ["1", "0"], "counts": [[700, 300]] * 5 + [[200, 800]] * 5}
    return {"rows": ROWS, "labels": labels, "time": time, "columns": list(columns)}


def term(name, coefficient, collisions=0, **more):
    """A row of ``coefficients.csv``."""
    return {"term": name, "column": 7, "coefficient": coefficient, "collisions": collisions, **more}


def cell(value):
    """A parameter's value as it stands in tables."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def write_csv(path, header, rows):
    """Write a table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_json(path, content):
    """Write a record with its checksum."""
    checked_json.write(path, plain(content))
