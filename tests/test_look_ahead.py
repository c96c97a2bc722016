"""Nothing is foreseen: a batch's loss depends on no row that comes after the batch."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from caudal.config.grid import expand
from caudal.config.settings import complete
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
    columns = {"x": x, "late": late, "c": rng.choice(list("ab"), ROWS), "w": 1.0}
    return (
        pd.DataFrame({**columns, "y": (x + rng.normal(size=ROWS) > 0).astype(int)})
        .astype(str)
        .replace("nan", "")
        .fillna("")
    )


def losses(frame, batch_size, missing):
    """Of each point the losses of all scored batches, and whether it diverged."""
    data = {"files": ["rows.csv"], "label": "y", "numeric": ["x", "late"], "weight": "w",
            "missing": missing}  # fmt: skip
    stream = {"batch_size": batch_size, "n_batches": 10 if batch_size == 1 else 3}
    config = complete({
        "data": data, "stream": stream, "score": {"loss": "log", "drop_scores": 0.0}, "grid": GRIDS,
    })  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        frame.to_csv(Path(folder) / "rows.csv", index=False)
        manifest, _ = make_data(folder, Path(folder) / "rows.csv", config["data"])
        parts = (config[key] for key in ("stream", "score", "data"))
        return [
            (record["losses"], record["diverged"])
            for _, _, record in fit_points(manifest, expand(GRIDS), *parts, 0)
        ]


@cache
def plain_losses(batch_size, *missing):
    return losses(frame_of(0), batch_size, dict(missing))


@pytest.mark.parametrize("batch_size", [1, 8])
@pytest.mark.parametrize(
    "missing",
    [{"numeric": "mean"}, {"numeric": "zero", "indicator": True}, {"numeric": "drop"}],
    ids=lambda missing: "-".join(map(str, missing.values())),
)
@settings(max_examples=6)
@given(
    row=st.integers(0, ROWS - 1),
    change=st.sampled_from([(name, value) for name in VALUES for value in VALUES[name]]),
)
def test_a_later_row_changes_no_loss(batch_size, missing, row, change):
    changed = frame_of(0)
    changed.loc[row, change[0]] = change[1]
    drops = missing["numeric"] == "drop"
    kept = frame_of(0)["late"].ne("").to_numpy() if drops else np.ones(ROWS, bool)
    unscored = 10 if batch_size == 1 else 3
    whole = max(0, int(kept[:row].sum()) // batch_size - unscored)
    unchanged = plain_losses(batch_size, *missing.items())
    found = losses(changed, batch_size, missing)
    for (before, _), (after, diverged) in zip(unchanged, found, strict=True):
        assert len(before) > 10
        # What diverges has no losses of its last chunk.
        known = min(whole, len(after)) if diverged else whole
        assert before[:known] == after[:known]
