"""The speed benchmark: that it runs, and says what it is to say. Nothing here is timed."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from caudal.simulate.write import simulate

FOLDER = Path(__file__).parent / "benchmarks"


@pytest.fixture
def module(monkeypatch):
    """The benchmarks' modules, by name, as their programs import them."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def quick(*options):
    """The tables that a quick run prints, as rows of cells."""
    command = [sys.executable, str(FOLDER / "run.py"), "--quick", *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in done.stdout.splitlines()
        if line.startswith("|") and not line.startswith("|-")
    ]


def test_quick_run(tmp_path):
    tables = quick("--cache", tmp_path)
    headings, *rows = [row for row in tables if len(row) == len(tables[0])]
    assert [row[:3] for row in rows] == [
        [case, "24,000", program]
        for case in ("numeric", "categorical")
        for program in (
            "Caudal, SGD", "Caudal, SGD, row by row", "Caudal, FTRL", "Caudal, FTRL, row by row",
        )
    ]  # fmt: skip
    for row in rows:
        told = dict(zip(headings, row, strict=True))
        assert float(told["M rows/s"]) > 0
        assert -0.25 < float(told["score"]) < -0.05
    columns = [row for row in tables if "2^18" in row]
    assert [row[0] for row in columns] == ["numeric", "categorical"]
    assert columns[0][2] == "9"


def test_a_csv_of_ones_own(tmp_path):
    """Learners that find what is there are above the benchmark, scored over the same rows."""
    file = tmp_path / "mine.csv"
    simulate({"model": "logistic", "rows": 24_000}, 0, [file], tmp_path / "truth")
    options = ["--csv", file, "--label", "y", "--numeric", "x1,x2,x3", "--cache", tmp_path]
    headings, *rows = quick(*options)
    told = [dict(zip(headings, row, strict=True)) for row in rows]
    assert [(row["data"], row["program"], row["batch"]) for row in told] == [
        ("mine", f"Caudal, {learner}", batch)
        for batch in ("1", "1,000")
        for learner in ("SGD", "FTRL")
    ]
    for row in told:
        assert 0.05 < float(row["r2"]) < 0.3
        benchmark = float(row["score"]) / (1 - float(row["r2"]))
        assert benchmark == pytest.approx(-0.19, abs=0.02)


@pytest.mark.parametrize("rows", [51_920, 60_000, 24_001])
def test_all_batch_sizes_score_the_same_rows(module, rows):
    real, ours = module("real_data"), module("ours")
    from caudal.learn.progressive import make_plan

    by_batches = ours.fit_settings("y")
    plan = make_plan({"rows": rows}, by_batches["stream"], by_batches["score"])
    for size in (1, 1000):
        settings = real.settings_of("y", size, plan)
        own = make_plan({"rows": rows}, settings["stream"], settings["score"])
        assert own.unscored * size == 20_000
        assert own.first_kept * size == plan.first_kept * 1000


def test_vowpal_wabbit_gets_the_same_rows(module):
    """Numbers as they are, levels by name, its own signs replaced; what is missing left out."""
    rows = pa.table(
        {
            "my x": [1.5, None, -1e-7],
            "c": pa.array(["a b", "c:d|e", None]).dictionary_encode(),
            "y": pa.array(["yes", "no", "yes"]).dictionary_encode(),
        }
    )
    assert module("vw_text").vw_lines(rows, "y", "yes") == [
        "1 |n my_x:1.5 c=a_b",
        "-1 |n c=c_d_e",
        "1 |n my_x:-1e-7 c=",
    ]


def test_its_score_is_over_the_rows_that_count(module, tmp_path):
    real = module("real_data")
    file = tmp_path / "mine.csv"
    simulate({"model": "logistic", "rows": 25_000}, 0, [file], tmp_path / "truth")
    manifest_file = real.converted(file, tmp_path / "mine", {"label": "y"}, ["x2", "x1"])
    assert set(json.loads(manifest_file.read_text())["columns"]) == {"x1", "x2", "y"}
    labels = pd.read_csv(file)["y"].to_numpy().astype(float)
    assert (module("vw_text").labels_of(manifest_file, "y") == labels).all()
    predicted = labels.copy()
    predicted[:23_000] = 0.5  # the first 20,000, and of the others' 5 batches 3
    predicted[23_000:] = np.abs(labels[23_000:] - 0.1)
    np.savetxt(tmp_path / "predictions", predicted)
    plan = real.Plan(25_000, 1000, 20, 0.7)
    cost = {"predictions": tmp_path / "predictions"}
    assert real.vw_score(manifest_file, "y", cost, plan) == pytest.approx(-0.01)


def test_the_tables_stand_between_the_marks(module, tmp_path):
    put_between = module("markdown_tables").put_between
    readme = tmp_path / "README.md"
    assert not put_between(readme, "new\n")
    readme.write_text("a\n<!-- benchmark -->\nold\n<!-- /benchmark -->\nb\n")
    for text in ("new\n", "newer\n"):
        assert put_between(readme, text)
        expected = f"a\n<!-- benchmark -->\n{text}<!-- /benchmark -->\nb\n"
        assert readme.read_text() == expected


def test_it_gets_standardised_numbers_too(module, tmp_path):
    """Means and deviations are the first chunk's, as in a fit."""
    real = module("real_data")
    file = tmp_path / "mine.csv"
    simulate({"model": "logistic", "rows": 25_000}, 0, [file], tmp_path / "truth")
    manifest_file = real.converted(file, tmp_path / "mine", {"label": "y"}, ["x1"])
    real.write_vw_text(manifest_file, ["x1"], "y", tmp_path / "scaled.vw", scale=True)
    lines = (tmp_path / "scaled.vw").read_text().splitlines()
    x = pd.read_csv(file)["x1"]
    expected = (x - x[:20_000].mean()) / x[:20_000].std(ddof=0)
    assert [float(line.partition("x1:")[2]) for line in lines] == pytest.approx(expected.tolist())
