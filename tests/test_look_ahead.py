"""Nothing is foreseen: a batch's loss depends on no row that comes after the batch."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from caudal.config.grid import expand
from caudal.config.settings import complete
from caudal.data.chunks import chunk_streamer
from caudal.data.manifest import load
from caudal.learn.fitting import fit_points
from hypothesis import given, settings
from hypothesis import strategies as st
from made_run import make_data

ROWS = 180
VALUES = {
    "x": ["", "0", "-3.25", "1e200", "-1.7e308", "nan"],
    "late": ["", "0", "40000", "1e-300"],
    "c": ["", "a", "a level of its own"],
    "w": ["0", "0.5", "1e6"],
    "y": ["0", "1"],
}
CLASSES = ["", "0", "1", "2", "3", "9"]
"""Labels where 0, 1, 2 and 3 are declared, and the first two occur."""
GRIDS = [
    {
        "extractor": {"features": [["x", "late", "c"]], "scale": [True, False]},
        "vectorizer": {"n_features": 256, "degree": 2},
        "classifier": {"loss": "log_loss", "alpha": 0.01},
    },
    {
        "extractor": {"features": [["x", "late", "c"]]},
        "vectorizer": {"n_features": 256},
        "classifier": {"class": ["FTRLClassifier", "BernoulliNB"]},
    },
]


def frame_of(seed):
    """Rows of which one column is constant, then missing, and varies at the end only."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=ROWS)
    late = np.where(np.arange(ROWS) < 60, 1.0, np.where(np.arange(ROWS) < 90, np.nan, 30_000 * x))
    columns = {
        "id": np.arange(ROWS),
        "x": x,
        "late": late,
        "c": rng.choice(list("ab"), ROWS),
        "w": 1,
    }
    return (
        pd.DataFrame({**columns, "y": (x + rng.normal(size=ROWS) > 0).astype(int)})
        .astype(str)
        .replace("nan", "")
        .fillna("")
    )


def losses(frame, batch_size, order, data):
    """The rows in the order of the stream, and of each point the losses of all scored batches and
    whether it diverged."""
    data = {"files": ["rows.csv"], "label": "y", "numeric": ["x", "late"], "weight": "w", **data}
    stream = {"batch_size": batch_size, "n_batches": 10 if batch_size == 1 else 3, "order": order}
    if order == "mux":
        stream["mux"] = {"active": 3, "piece": 5}
    config = complete({
        "data": data, "stream": stream, "score": {"loss": "log", "drop_scores": 0.0}, "grid": GRIDS,
    })  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        frame.to_csv(Path(folder) / "rows.csv", index=False)
        manifest, _ = make_data(folder, Path(folder) / "rows.csv", config["data"], chunk_rows=24)
        chunks = chunk_streamer(manifest.parent, load(manifest), ["id"], config["stream"], 0)
        rows = [int(row) for chunk in chunks.generate() for row in chunk["id"].to_pylist()]
        parts = (config[key] for key in ("stream", "score", "data"))
        return rows, [
            (record["losses"], record["diverged"])
            for _, _, record in fit_points(manifest, expand(GRIDS), *parts, 0)
        ]


@cache
def plain_losses(batch_size, order, data):
    return losses(frame_of(0), batch_size, order, HOW[data])


HOW = {
    "mean": {"missing": {"numeric": "mean"}},
    "indicator": {"missing": {"numeric": "zero", "indicator": True}},
    "drop": {"missing": {"numeric": "drop"}},
    "classes": {"classes": [0, 1, 2, 3], "bad_rows": "quarantine", "max_bad_share": 1.0},
}
"""Settings of data. Where a row leaves, all that come after it move up: in a mux, to anywhere."""


@pytest.mark.parametrize("batch_size", [1, 8])
@pytest.mark.parametrize(
    "order, data", [*(("sequential", data) for data in HOW), ("mux", "mean"), ("mux", "indicator")]
)
@settings(max_examples=6)
@given(
    row=st.integers(0, ROWS - 1),
    change=st.sampled_from([(name, value) for name in VALUES for value in VALUES[name]]),
    label=st.sampled_from(CLASSES),
)
def test_a_later_row_changes_no_loss(batch_size, order, data, row, change, label):
    changed = frame_of(0)
    changed.loc[row, change[0]] = change[1]
    if data == "classes":
        changed.loc[row, "y"] = label
    rows, unchanged = plain_losses(batch_size, order, data)
    earlier = rows.index(row) if order == "mux" else sum(other < row for other in rows)
    unscored = 10 if batch_size == 1 else 3
    whole = max(0, earlier // batch_size - unscored)
    _, found = losses(changed, batch_size, order, HOW[data])
    for (before, _), (after, diverged) in zip(unchanged, found, strict=True):
        assert len(before) > 10
        # What diverges has no losses of its last chunk.
        known = min(whole, len(after)) if diverged else whole
        assert before[:known] == after[:known]
