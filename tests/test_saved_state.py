"""A long fit saves its state and, after a kill, goes on from there to the same bytes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from caudal.config.grid import expand
from caudal.config.sections import Mux
from caudal.features.hashing import EMPTY, Registry
from caudal.learn import batches, job
from caudal.learn.fitting import fit_points
from caudal.learn.saved_state import NAME, SavedStates
from caudal.models.pickling import dump_model
from made_run import CONFIG, make_data

ROOT = Path(__file__).parents[1]
DATA = {"label": "y", "weight": None, "missing": {"numeric": "mean"}}
MUX = Mux().model_dump()
COSTS = ("seconds", "rows_per_second", "rows_read")
GRID = [
    {
        "extractor": {"scale": True},
        "vectorizer": {"n_features": 512, "degree": [1, 2]},
        "classifier": {"loss": "log_loss", "penalty": "elasticnet", "shuffle": [True, False]},
    },
    {
        "extractor": {"scale": True},
        "vectorizer": {"n_features": 512, "degree": 2},
        "classifier": {"class": "FTRLClassifier", "l1": 0.1},
    },
    {"classifier": {"class": "BernoulliNB"}},
    {"classifier": {"average": True, "loss": "log_loss"}},
    {
        "vectorizer": {"n_features": 64},
        "classifier": {"class": "MLPClassifier", "hidden_layer_sizes": 3},
    },
]


@pytest.fixture(autouse=True)
def _batch_by_batch():
    """So that a kill can fall between any two batches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "ROWS_AT_ONCE", 1)
        yield


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """2,050 rows in two sources with missing numbers and categories."""
    folder = tmp_path_factory.mktemp("rows")
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"x": random.normal(size=2050), "c": random.integers(0, 40, 2050)})
    frame["y"] = (frame["x"] + frame["c"] / 20 + random.normal(size=2050) > 1).astype(int)
    frame.loc[::7, "x"] = None
    frame["c"] = "c" + frame["c"].astype(str)
    frame[:730].to_csv(folder / "a.csv", index=False)
    frame[730:].to_csv(folder / "b.csv", index=False)
    return make_data(folder, folder / "*.csv", {"label": "y"})[0]


def states(folder, points, every=0, keep=False):
    return SavedStates({p.id: folder / p.id / NAME for p in points}, keep, every)


def fitted(manifest, folder, points, stream, saved=None, code=""):
    found = {}
    for point, model, record in fit_points(
        manifest, points, stream, CONFIG["score"], DATA, 0, saved, code
    ):
        dump_model(model, folder / "model.pkl")
        kept = {key: value for key, value in record.items() if key not in COSTS}
        found[point.id] = (folder / "model.pkl").read_bytes(), json.dumps(kept)
    return found


def kill_after(monkeypatch, number):
    """Make every fit end before it learns that batch; gives the list of batches learned."""
    learn, learned = job.Job.learn, []

    def counted(own, batch):
        if own.batches == number:
            raise Killed
        learned.append(own.batches)
        learn(own, batch)

    monkeypatch.setattr(job.Job, "learn", counted)
    return learned


@pytest.mark.parametrize(
    "changes, killed_after, first_again, step",
    [
        ({}, 9, 8, 1),
        ({"order": "mux", "mux": {**MUX, "active": 3, "piece": 10}}, 9, 8, 1),
        ({"epochs": 3, "order": "mux", "mux": MUX}, 49, 48, 1),
        ({"epochs": 2, "prefetch": True}, 23, 23, 2),  # its own process gives whole chunks
    ],
)
def test_a_killed_fit_goes_on_to_the_same_bytes(
    manifest, tmp_path, monkeypatch, changes, killed_after, first_again, step
):
    stream = {**CONFIG["stream"], **changes}  # 21 batches, two to a chunk
    points = expand(GRID)
    whole = fitted(manifest, tmp_path, points, stream)
    kill_after(monkeypatch, killed_after)
    with pytest.raises(Killed):
        fitted(manifest, tmp_path, points, stream, states(tmp_path, points))
    monkeypatch.undo()
    learned = kill_after(monkeypatch, -1)
    assert fitted(manifest, tmp_path, points, stream, states(tmp_path, points)) == whole
    assert learned == list(range(first_again, 21 * stream["epochs"], step))


def test_points_at_different_places_take_a_pass_each(manifest, tmp_path, monkeypatch):
    points, stream = expand(GRID), CONFIG["stream"]
    whole = fitted(manifest, tmp_path, points, stream)
    for number, killed in ((9, points[:2]), (5, points[2:5])):
        kill_after(monkeypatch, number)
        with pytest.raises(Killed):
            fitted(manifest, tmp_path, killed, stream, states(tmp_path, points))
        monkeypatch.undo()
    learned = kill_after(monkeypatch, -1)
    assert fitted(manifest, tmp_path, points, stream, states(tmp_path, points)) == whole
    assert learned == [*range(8, 21), *range(4, 21), *range(21)]


def test_a_state_serves_the_same_fit_alone(manifest, tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO")
    points = expand(GRID[:1])[:1]
    file = tmp_path / points[0].id / NAME
    kill_after(monkeypatch, 9)
    with pytest.raises(Killed):
        fitted(manifest, tmp_path, points, CONFIG["stream"], states(tmp_path, points), "1")
    monkeypatch.undo()
    state = file.read_bytes()
    smaller = {**CONFIG["stream"], "n_batches": 1}
    for said, stream, code, content in [
        ("the code has changed", CONFIG["stream"], "2", state),
        ("stream.n_batches was 2 and is 1", smaller, "1", state),
        (f"{file} is damaged", CONFIG["stream"], "1", state[:-1]),
        (f"{file} is damaged", CONFIG["stream"], "1", state[:-9] + b"x" + state[-8:]),
        (f"{file} is damaged", CONFIG["stream"], "1", b""),
    ]:
        file.write_bytes(content)
        caplog.clear()
        learned = kill_after(monkeypatch, 1)
        with pytest.raises(Killed):
            fitted(manifest, tmp_path, points, stream, states(tmp_path, points, 1e9), code)
        monkeypatch.undo()
        assert learned == [0]
        assert not file.exists()
        lines = [line for line in caplog.messages if "starts over" in line]
        assert lines == [f"{points[0].id} starts over: {said}"]


def test_a_registry_filled_anew_gives_the_same_slots():
    columns = np.random.default_rng(0).permutation(100_000).astype(np.int32)[:3000]
    registry = Registry()
    registry.set_touched(columns)
    assert (registry.touched() == columns).all()
    entries = np.sort(registry.table[registry.table != EMPTY])
    np.testing.assert_array_equal(entries, (np.arange(3000) << 32) | columns)


SCRIPT = """
import json, sys
from caudal.workflow.job_log import job_log
from fit import fit
with job_log("logs/fit/fit.log"):
    fit(**json.loads(sys.argv[1]), save_seconds=0)
"""


def test_sigkill_after_a_save(manifest, tmp_path):
    points = expand(GRID[:1])
    settings = {"stream": {**CONFIG["stream"], "epochs": 4000}, "score": CONFIG["score"],
                "data": DATA, "seed": 0}  # fmt: skip

    def call(folder, epochs):
        settings["stream"]["epochs"] = epochs
        homes = [folder / point.id for point in points]
        return {
            "manifest": str(manifest),
            "models": [str(home / "model.pkl") for home in homes],
            "scores": [str(home / "score.json") for home in homes],
            "points": [point.parameters for point in points],
            "settings": settings,
        }

    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}

    def start(folder):
        folder.mkdir(exist_ok=True)
        arguments = json.dumps(call(folder, 60))
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT, arguments], cwd=folder, env=environment
        )

    killed, whole = tmp_path / "killed", tmp_path / "whole"
    run = start(killed)
    state = killed / points[0].id / NAME
    deadline = time.monotonic() + 120
    while not state.exists():
        assert run.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert not list(killed.glob("*/score.json"))
    assert start(killed).wait(timeout=120) == 0
    said = (killed / "logs/fit/fit.log").read_text()
    assert f"{points[0].id} goes on after" in said
    assert int(said.split("goes on after ")[1].split()[0]) >= 200
    assert start(whole).wait(timeout=120) == 0
    for file in whole.glob("*/model.pkl"):
        assert file.read_bytes() == (killed / file.relative_to(whole)).read_bytes()
    assert not list(tmp_path.glob(f"*/*/{NAME}"))
    assert not list(killed.rglob(".*"))
