"""What the report says of the order of the rows, from the stretches of a made-up run."""

import os

import numpy as np
import pytest
from caudal.data.stretches import NAME
from caudal.ranking.order import STRETCHES, order_of
from caudal.ranking.run import gather
from caudal.report.advice import advise
from caudal.report.glance import headline
from caudal.wording import THIN
from caudal.workflow import closing
from finished_run import stretches, term, write_json, write_run

AXES = {"features": [["x1", "c"], ["x1"]], "alpha": [0.001, 0.01]}


def write_stretches(folder, *columns, time=None):
    """Stretches in which ``columns`` (dicts) were compared."""
    plain = {"kind": "categorical", "what": "levels", "level": "red", "p": 1e-9, "effect": 0.1,
             "stretches": [0.1] * 5 + [0.6] * 5}  # fmt: skip
    found = stretches(*(plain | column for column in columns), time=time)
    write_json(folder / "results" / "data" / NAME, found)


def run_of(folder, *columns, time=None, records=None, **stream):
    """A run whose stretches differ so, and the settings of whose stream are these."""
    found = write_run(folder, AXES, lambda v: 0.17, [term("x1", 1.0)], [("a", 100_000, {})])
    write_stretches(folder, *columns, time=time)
    for record in found:
        record["settings"]["stream"] |= stream
        write_json(
            folder / "results/fits" / record["point"] / "score.json", record | (records or {})
        )
    return gather(folder)


def test_rows_that_differ_come_first_and_ask_for_a_mux(tmp_path):
    run = run_of(tmp_path, {"column": "c"}, {"column": "y", "kind": "label"})
    first, *rest = advise(run)
    assert first.headline == "Set stream.order: mux, unless the rows come in the order of time."
    said = first.detail.replace(THIN, " ")
    assert "the share of y=red goes from 10 % in the first to 60 % in the 6th tenth" in said
    assert "so does c" in said
    assert "The score counts the last 24,000 rows only." in said
    assert not {"rows", "drift", "order"} & {advice.kind for advice in rest}
    assert "on the last stretch of a stream that changes" in headline(run)


def test_the_order_of_time_is_not_to_be_mixed(tmp_path):
    run = run_of(tmp_path, {"column": "c"}, time="pickup")
    first = advise(run)[0]
    assert first.headline == "The stream changes with time: the score speaks of its last stretch."
    assert "The column pickup tells that they come in the order of time" in first.detail
    assert "mux" not in first.headline + first.detail


@pytest.mark.parametrize(
    "column",
    [
        {"column": "c", "p": 0.02},  # chance
        {"column": "c", "effect": 0.005},  # next to nothing
        {"column": "unused"},
    ],
)
def test_what_may_be_chance_is_small_or_unused_is_no_difference(tmp_path, column):
    run = run_of(tmp_path, column)
    assert not order_of(run).differs
    found = advise(run)
    assert "order" not in {advice.kind for advice in found}
    assert "rows" in {advice.kind for advice in found}
    assert "stretch" not in headline(run)


def test_many_columns_make_chance_findings_likely(tmp_path):
    columns = [{"column": "c", "p": 0.5} for _ in range(99)]
    assert not order_of(run_of(tmp_path, {"column": "x1", "p": 0.002}, *columns)).differs
    assert order_of(run_of(tmp_path, {"column": "x1", "p": 0.00005}, *columns)).differs


def test_a_stream_that_is_mixed_is_told_by_its_benchmark_alone(tmp_path):
    assert not order_of(run_of(tmp_path, {"column": "c"}, order="mux")).differs
    rng = np.random.default_rng(0)
    blocks = [
        {"rows": 1000 * i, "loss": 0.15, "benchmark_loss": 0.2 - 0.1 * (i > 50) + error}
        for i, error in enumerate(rng.normal(0, 0.01, 100), 1)
    ]  # fmt: skip
    run = run_of(tmp_path, records={"drift": blocks}, order="mux")
    first = advise(run)[0]
    assert first.headline.startswith("Mix the rows more")
    assert "stream.mux.active" in first.detail


def test_a_change_of_the_benchmarks_loss_is_one(tmp_path):
    rng = np.random.default_rng(0)

    def blocks(step):
        return [
            {"rows": 1000 * i, "loss": 0.15, "benchmark_loss": 0.2 - step * (i > 50) + e}
            for i, e in enumerate(rng.normal(0, 0.01, 100), 1)
        ]

    assert not order_of(run_of(tmp_path, records={"drift": blocks(0.0)})).differs
    assert not order_of(run_of(tmp_path, records={"drift": blocks(0.01)})).differs
    found = order_of(run_of(tmp_path, records={"drift": blocks(0.1)}))
    assert [d.what for d in found.differences] == ["loss"]
    assert len(found.differences[0].stretches) == STRETCHES


def test_a_run_without_the_comparison_says_nothing(tmp_path):
    write_run(tmp_path, AXES)
    assert not order_of(gather(tmp_path)).differs


def test_a_run_says_it_when_it_ends(tmp_path, monkeypatch, capsys):
    run = run_of(tmp_path, {"column": "c"}, {"column": "x1", "effect": 0.02})
    best = run.best.record
    write_json(tmp_path / "results/best/score.json", best)
    monkeypatch.chdir(tmp_path)

    class Point:
        parameters = best["parameters"]

    closing.say([Point])
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Caudal: done. Open results/report.html in a browser."
    assert said[1].startswith("Caudal: the rows differ along the stream (c and x1)")
    assert "stream.order: mux" in said[1]
    os.remove(tmp_path / "results/data" / NAME)
    closing.say([Point])
    assert len(capsys.readouterr().out.splitlines()) == 1
