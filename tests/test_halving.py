"""A search by halving, from outside: who learns what, and what runs again."""

import copy
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time

import caudal
import numpy as np
import pandas as pd
import pytest
from caudal.config.grid import expand
from caudal.learn.fitting import fit_points
from caudal.ranking.promotion import promote
from caudal.ranking.rung_tables import read_places, read_plan
from caudal.ranking.status import status
from workflow import ROOT, command, finished, jobs, results, snakemake, write_config

GRID = [
    {
        "extractor": {"features": [["x1", "x2", "x3"]]},
        "vectorizer": {"n_features": [1024], "degree": [1, 2]},
        "classifier": {"loss": "log_loss", "alpha": [0.001, 0.01, 0.1, 1, 10]},
    }
]
CONFIG = {
    "simulate": {"model": "logistic", "rows": 9000},
    "data": {"label": "y"},
    "stream": {"batch_size": 50, "n_batches": 10},
    "search": {"method": "halving", "first_rows": 1000},
    "grid": GRID,
}
ROWS = [1000, 3000, 9000]


@pytest.fixture(scope="module")
def halved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("halving")
    write_config(folder, CONFIG)
    finished(snakemake(folder))
    return folder


@pytest.fixture
def folder(halved, tmp_path):
    shutil.copytree(halved, tmp_path / "run", symlinks=True)
    return tmp_path / "run"


def ranking(folder):
    return pd.read_csv(folder / "results/ranking.csv")


def planned(folder):
    said = finished(snakemake(folder, "-n"))
    return {} if "Nothing to be done" in said else jobs(said)


def fitted(folder):
    """When each point was fitted on each rung, and where it is kept."""
    home = folder / "results"
    files = [*home.glob("rungs/[0-9]*/*/score.json"), *home.glob("fits/*/score.json")]
    return {file.relative_to(home): file.stat().st_mtime_ns for file in files}


def went_on(folder, rung):
    return {p.point for p in read_places(folder / f"results/rungs/{rung}.csv") if p.goes_on}


def test_points_learn_the_rows_of_their_rung(halved):
    found = ranking(halved)
    assert list(found.columns[:8]) == [
        "rank", "point", "score", "standard_error", "benchmark_score", "r2", "rows", "rung",
    ]  # fmt: skip
    assert [rung.rows for rung in read_plan(halved / "results/rungs/plan.csv")] == ROWS
    assert [ROWS[rung - 1] for rung in found["rung"]] == list(found["rows"])
    assert found["rung"].is_monotonic_decreasing
    for _, rung in found.groupby("rung"):
        assert rung["score"].is_monotonic_decreasing
    assert set(found["rung"]) == {1, 2, 3}
    assert len(went_on(halved, 1)) == sum(found["rung"] > 1)
    assert len(went_on(halved, 2)) == sum(found["rung"] > 2)
    assert found["rows"].sum() < 0.7 * len(found) * ROWS[-1]


def test_each_goes_on_from_its_state_and_comes_to_what_a_fit_from_the_start_would(halved):
    home = halved / "results"
    settings = json.loads((home / "best/score.json").read_text())["settings"]
    points = expand(GRID)
    left = {point.id for point in points}
    for rung, rows in enumerate(ROWS, 1):
        here = [point for point in points if point.id in left]
        records = {}
        for point, _, record in fit_points(
            home / "data/manifest.json", here, **settings, rows=rows
        ):
            records[point.id] = record | {"checksum": ""}
            kept = json.loads((home / f"rungs/{rung}/{point.id}/score.json").read_text())
            for key in ("score", "losses", "drift", "learning_curve", "rows"):
                assert kept[key] == record[key], key
            assert kept["rows_read"] == rows - (ROWS[rung - 2] if rung > 1 else 0)
        if rung < len(ROWS):
            found = promote([(r, "") for r in records.values()], max(1, len(points) // 3**rung))
            left = {place.point for place in found if place.goes_on}
            assert left == went_on(halved, rung)
    assert set(ranking(halved).query("rung == 3")["point"]) == left


def test_every_point_has_its_last_fit_where_others_look(halved):
    home = halved / "results"
    for row in ranking(halved).itertuples():
        for name in ("model.pkl", "score.json"):
            kept = (home / "fits" / row.point / name).read_bytes()
            assert kept == (home / f"rungs/{row.rung}/{row.point}/{name}").read_bytes()
    best = caudal.results(1, halved)[0]
    assert best.record["rung"] == 3
    with open(home / "best/model.pkl", "rb") as file:
        model = pickle.load(file)
    rows = pd.DataFrame({"x1": [0.5], "x2": [1.0], "x3": [-1.0]})
    assert np.array_equal(model.predict_proba(rows), best.model.predict_proba(rows))


def test_the_run_is_told(halved):
    page = (halved / "results/report.html").read_text()
    assert 'id="rungs"' in page
    assert "among the best 3" in page
    found = status(halved)
    assert str(found).startswith("rung 3 of 3, 9,000 rows:")
    assert found.ended
    assert found.leader["point"] == ranking(halved)["point"][0]


def test_a_second_run_has_nothing_to_do(halved):
    assert planned(halved) == {}


@pytest.mark.parametrize("cores, points_per_job", [(4, 1), (2, 4), (1, 100)])
def test_same_bytes_whatever_the_cores_and_the_jobs(halved, tmp_path, cores, points_per_job):
    write_config(tmp_path, {**CONFIG, "points_per_job": points_per_job})
    finished(snakemake(tmp_path, cores=cores))
    assert results(tmp_path) == results(halved)
    for model in (halved / "results/fits").glob("*/model.pkl"):
        assert model.read_bytes() == (tmp_path / model.relative_to(halved)).read_bytes()
    assert planned(tmp_path) == {}


def test_a_killed_run_is_finished_by_the_same_command(halved, tmp_path):
    write_config(tmp_path, CONFIG)
    for done in ("results/rungs/1/*.json", "results/rungs/2/*.json"):
        run = subprocess.Popen(
            command(), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + 300
        while not list(tmp_path.glob(done)):
            assert run.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGINT)
        run.wait(timeout=120)
    finished(snakemake(tmp_path))
    assert results(tmp_path) == results(halved)
    assert planned(tmp_path) == {}


def test_a_new_value_starts_at_the_first_rung_and_others_stay(halved, folder, tmp_path):
    before = fitted(folder)
    wider = copy.deepcopy(CONFIG)
    wider["grid"][0]["classifier"]["alpha"] = [0.001, 0.005, 0.01, 0.1, 1, 10]
    write_config(folder, wider)
    assert planned(folder)["fit_rung"] == 2
    finished(snakemake(folder))
    after = fitted(folder)
    again = {file for file, when in before.items() if after.get(file, when) != when}
    assert again == set()
    new = set(after) - set(before)
    assert len([file for file in new if file.parts[:2] == ("rungs", "1")]) == 2
    assert set(ranking(folder)["rung"]) == {1, 2, 3}
    assert planned(folder) == {}
    (tmp_path / "fresh").mkdir()
    write_config(tmp_path / "fresh", wider)
    finished(snakemake(tmp_path / "fresh"))
    assert results(folder) == results(tmp_path / "fresh")


def test_a_value_that_goes_leaves_what_a_run_without_it_has(folder, tmp_path):
    fewer = copy.deepcopy(CONFIG)
    fewer["grid"][0]["classifier"]["alpha"] = [0.001, 0.1, 1, 10]
    (tmp_path / "fresh").mkdir()
    for home in (folder, tmp_path / "fresh"):
        write_config(home, fewer)
        finished(snakemake(home))
    assert results(folder) == results(tmp_path / "fresh")


def test_until_fit_makes_the_fits_of_all_rungs(halved, tmp_path):
    write_config(tmp_path, CONFIG)
    finished(snakemake(tmp_path, "--until", "fit"))
    kept = sorted(file.parent.name for file in tmp_path.glob("results/fits/*/model.pkl"))
    assert kept == sorted(ranking(halved)["point"])
    assert not (tmp_path / "results/ranking.csv").exists()


@pytest.mark.parametrize(
    "lost", ["fits/*/model.pkl", "fits/*/score.json", "rungs/1/*/model.pkl", "rungs/2.csv",
             "rungs/3/*.json", "rungs/plan.csv", "rungs/1"],
)  # fmt: skip
def test_what_is_lost_is_made_again(halved, folder, lost):
    path = sorted((folder / "results").glob(lost))[0]
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    finished(snakemake(folder))
    assert path.exists()
    assert results(folder) == results(halved)
    assert planned(folder) == {}


@pytest.mark.parametrize("cut", ["fits/*/model.pkl", "rungs/2/*/score.json", "rungs/1/*.json"])
def test_what_is_damaged_is_named_and_made_again(halved, folder, cut):
    path = sorted((folder / "results").glob(cut))[0]
    path.write_bytes(path.read_bytes()[:-20])
    check = [sys.executable, "-m", "caudal.cli", "check", "--discard"]
    said = subprocess.run(
        [sys.executable, "-c", "from caudal.cli import main; main(['check', '--discard'])"],
        cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
    )  # fmt: skip
    assert check and said.returncode == 1, said.stdout
    assert str(path.relative_to(folder)) in said.stdout
    finished(snakemake(folder))
    assert results(folder) == results(halved)


def day(number, folder):
    """600 rows of one day."""
    draws = np.random.default_rng(number)
    x, c = draws.standard_normal(600), draws.choice(["red", "green", "blue"], 600)
    y = (x + (c == "red") + draws.logistic(size=600) > 0).astype(int)
    frame = pd.DataFrame({"x": x, "c": c, "y": y})
    (folder / "days").mkdir(exist_ok=True)
    frame.to_csv(folder / f"days/{number:02}.csv", index=False)


DAYS = {
    "data": {"files": ["days/*.csv"], "label": "y"},
    "stream": {"batch_size": 20, "n_batches": 10},
    "search": {"method": "halving", "first_rows": 400},
    "grid": [{"classifier": {"class": "FTRLClassifier", "eta0": [0.003, 0.03, 0.3], "l1": [0, 5]}}],
}


def test_a_new_day_goes_on_from_the_survivors(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        write_config(folder, DAYS)
        for number in range(3):
            day(number, folder)
    finished(snakemake(old))
    before = fitted(old)
    assert [rung.rows for rung in read_plan(old / "results/rungs/plan.csv")] == [400, 1200, 1800]
    for number in range(3, 5):
        for folder in (old, new):
            day(number, folder)
        finished(snakemake(old))
        rows = [rung.rows for rung in read_plan(old / "results/rungs/plan.csv")]
        assert rows == [400, 1200, 600 * (number + 1)]
        after = fitted(old)
        again = {file.parts for file in before if after[file] != before[file]}
        assert {parts[1] for parts in again if parts[0] == "rungs"} == {"3"}
        costs = pd.read_csv(old / "results/costs.csv").merge(ranking(old), on="point")
        assert set(costs.query("rung == 3")["rows_read"]) == {600}
        before = after
    finished(snakemake(new))
    assert results(old) == results(new)
    for model in (new / "results/fits").glob("*/model.pkl"):
        assert model.read_bytes() == (old / model.relative_to(new)).read_bytes()


def test_a_day_past_a_rung_adds_one(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, numbers in ((old, (0, 1)), (new, (0, 1, 2))):
        folder.mkdir()
        write_config(folder, {**DAYS, "points_per_job": 4})
        for number in numbers:
            day(number, folder)
        finished(snakemake(folder))
    assert len(read_plan(old / "results/rungs/plan.csv")) == 2
    day(2, old)
    finished(snakemake(old))
    assert len(read_plan(old / "results/rungs/plan.csv")) == 3
    assert results(old) == results(new)


def test_without_states_and_mixed_the_rungs_are_the_same(tmp_path):
    mixed = {**CONFIG["stream"], "order": "mux"}
    found = {}
    for keep in (True, False):
        home = tmp_path / str(keep)
        home.mkdir()
        write_config(home, {**CONFIG, "stream": {**mixed, "keep_state": keep}})
        finished(snakemake(home))
        found[keep] = results(home)
        costs = pd.read_csv(home / "results/costs.csv").merge(ranking(home), on="point")
        best = costs.query("rung == 3")
        assert set(best["rows_read"]) == ({6000} if keep else {9000})
    assert found[True] == found[False]


def test_back_to_the_whole_grid(folder):
    write_config(folder, {key: value for key, value in CONFIG.items() if key != "search"})
    finished(snakemake(folder))
    assert "rung" not in ranking(folder)
    assert set(ranking(folder)["rows"]) == {9000}
    assert str(status(folder)).startswith("10 of 10 points")
