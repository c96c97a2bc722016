"""The tree ensemble beside the best point: what it learns, what it is scored by, how it fails."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from caudal.errors import Damaged
from caudal.learn import yardstick
from caudal.learn.yardstick import Every, Table, measure, split
from caudal.models.score_record import read_score
from caudal.ranking.run import gather
from caudal.report.advice import advise
from caudal.report.advice_yardstick import compared
from finished_run import write_json, write_run
from made_run import WRITTEN, complete, make_data, make_fits

ROWS = 12_000


def xor(rng, rows=ROWS):
    """A label that no linear model of degree 1 tells, and one level in a hundred is missing."""
    x = rng.normal(size=(rows, 2))
    c = rng.choice(["a", "b", None], rows, p=[0.5, 0.49, 0.01])
    likely = (x[:, 0] * x[:, 1] > 0) ^ (c == "b")
    y = np.where(rng.random(rows) < np.where(likely, 0.9, 0.1), "yes", "no")
    x[rng.random(rows) < 0.05, 0] = np.nan
    return pd.DataFrame({"x1": x[:, 0], "x2": x[:, 1], "c": c, "y": y})


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run of one linear point: its manifest, its record, and what its fit depended on."""
    folder = tmp_path_factory.mktemp("run")
    xor(np.random.default_rng(0)).to_csv(folder / "rows.csv", index=False)
    data = complete(WRITTEN)["data"] | {"files": ["rows.csv"]}
    manifest, _ = make_data(folder, folder / "rows.csv", data)
    point, *_ = make_fits(folder, manifest, data, [{"classifier": {"loss": ["log_loss"]}}])
    record = read_score(folder / "results/fits" / point.id / "score.json")
    return manifest, record, record["settings"]


def test_trees_tell_what_a_linear_model_does_not(made):
    manifest, record, settings = made
    found = measure(manifest, record, settings, 5000)
    assert record["r2"] < 0.05
    assert found["r2"] > 0.4
    assert found["score"] == pytest.approx((1 - found["r2"]) * record["benchmark_score"])
    assert 2500 < found["rows"] <= 5000
    assert found["rows_scored"] == record["batches_in_score"] * settings["stream"]["batch_size"]
    assert found["point"] == record["point"]
    assert measure(manifest, record, settings, 5000) == found


@pytest.mark.parametrize("order", ["sequential", "mux"])
def test_the_rows_in_the_score_are_not_learned(made, order, monkeypatch):
    """Those before the score are learned, those from there on predicted, in either order."""
    manifest, record, settings = made
    mux = complete(WRITTEN | {"stream": {"order": "mux", "batch_size": 100, "n_batches": 2}})
    stream = settings["stream"] if order == "sequential" else mux["stream"]
    seen = {}
    real = yardstick.split

    def spy(pieces, places, border, most):
        sample, rest = real(pieces, places, border, most)
        later = list(rest)
        seen["learned"] = sample["x2"].to_pylist()
        seen["scored"] = [x for some in later for x in some["x2"].to_pylist()]
        return sample, iter(later)

    monkeypatch.setattr(yardstick, "split", spy)
    measure(manifest, record, settings | {"stream": stream}, ROWS)
    assert not set(seen["learned"]) & set(seen["scored"])
    assert len(seen["learned"]) + len(seen["scored"]) == ROWS
    assert len(seen["scored"]) == record["batches_in_score"] * 100
    if order == "sequential":
        rows = pd.read_csv(manifest.parents[2] / "rows.csv")["x2"]
        np.testing.assert_allclose(seen["learned"] + seen["scored"], rows)


def test_rows_are_evenly_spread_and_no_more_than_asked_for():
    pieces = [(start, {"x": pa.array(range(start, start + 70))}) for start in range(0, 700, 70)]
    places = [(start, 70) for start, _ in pieces]
    sample, rest = split(iter(pieces), places, 405, 50)
    assert sample["x"].to_pylist() == list(range(0, 405, 9))
    assert [x for some in rest for x in some["x"].to_pylist()] == list(range(405, 700))
    every = Every(100, 1000)
    assert every.of({"x": pa.array([1, 2])}, 0, 2)["x"].to_pylist() == [1, 2]


def test_rare_levels_unknown_ones_and_gaps_are_missing():
    levels = [f"l{i:03d}" for i in range(300)] + [f"l{i:03d}" for i in range(254)]
    sample = {"c": pa.array(levels).dictionary_encode()}
    table = Table(["c"], sample)
    assert table.categorical == [True]
    codes = table.matrix({"c": pa.array(["l000", "l299", "new", None]).dictionary_encode()})
    assert codes[0, 0] == 0
    assert np.isnan(codes[1:, 0]).all()
    assert np.nanmax(table.matrix(sample)) == 253


def test_a_failure_is_a_sentence(made, monkeypatch):
    manifest, record, settings = made
    monkeypatch.setattr(yardstick, "ClassTrees", lambda *_: 1 / 0)
    found = measure(manifest, record, settings, 5000)
    assert found["failure"] == "it failed (ZeroDivisionError: division by zero)."
    json.dumps(found)


def test_what_was_killed_is_not_tried_again(made):
    manifest, record, settings = made
    assert "killed" in measure(manifest, record, settings, 5000, killed=True)["failure"]


@pytest.mark.parametrize("killed", [False, True])
def test_damage_is_no_failure_of_the_trees(made, killed):
    manifest, record, settings = made
    part = next(manifest.parent.glob("rows/part-00003.parquet"))
    whole = part.read_bytes()
    part.write_bytes(whole[:-1])
    try:
        with pytest.raises(Damaged, match="part-00003"):
            measure(manifest, record, settings, 5000, killed=killed)
    finally:
        part.write_bytes(whole)


def told(folder, **found):
    """A run beside which the trees have found this."""
    best = write_run(folder, {"degree": [1, 2]}, lambda v: 0.17)[0]
    write_json(
        folder / "results/yardstick.json",
        {"point": best["point"], "data_checksum": best["data_checksum"], "rows": 50_000} | found,
    )
    return gather(folder)


def test_the_report_has_one_sentence(tmp_path):
    ours = told(tmp_path, r2=0.0).best.r2
    run = told(tmp_path, r2=ours + 0.02)
    assert compared(run) == (
        f"A tree ensemble on a sample of 50,000 rows reaches r2 {ours + 0.02:.3f} with the same "
        f"features on the same later rows, and the best point {ours:.3f}: being linear costs 0.020 "
        "of r2."
    )
    assert "yardstick" not in {advice.kind for advice in advise(run)}
    assert "costs nothing" in compared(told(tmp_path, r2=0.1))


def test_trees_that_are_far_better_are_advice(tmp_path):
    found = [a for a in advise(told(tmp_path, r2=0.5)) if a.kind == "yardstick"]
    assert found[0].headline.startswith("Trees do better")


def test_a_yardstick_of_another_best_point_is_not_told(tmp_path):
    assert compared(told(tmp_path, r2=0.5, point="another")) is None
    assert "it failed" in compared(told(tmp_path, failure="it failed (x)."))
