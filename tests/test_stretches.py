"""How the stretches of the data compare: what differs is found, what does not is left alone."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from caudal.data.stretch_test import between_stretches, holm
from caudal.data.stretches import compare, spread_parts
from caudal.data.time_order import Slices, are_in_order, may_be_time, thinned
from caudal.ranking.order import LEVEL, SMALL
from made_run import WRITTEN, complete, make_data


def compared(folder, frame, **data):
    """The comparison of a frame whose label is y, by (column, what); and what tells the time."""
    folder.mkdir(exist_ok=True)
    frame.to_csv(folder / "rows.csv", index=False)
    settings = complete(WRITTEN | {"data": {"files": ["rows.csv"], "label": "y", **data}})["data"]
    manifest, _ = make_data(folder, folder / "rows.csv", settings)
    found = compare(manifest)
    return {(told["column"], told["what"]): told for told in found["columns"]}, found


def stationary(rng, rows=2000):
    """Numbers, levels, gaps and labels that are the same all along."""
    x = rng.normal(size=rows)
    return pd.DataFrame(
        {
            "x": np.where(rng.random(rows) < 0.1, np.nan, x),
            "heavy": rng.standard_t(2, rows),
            "c": rng.choice(["a", "b", "c"], rows, p=[0.7, 0.2, 0.1]),
            "many": rng.integers(0, 500, rows).astype(str),
            "y": np.where(rng.random(rows) < 1 / (1 + np.exp(-x)), "yes", "no"),
        }
    )


def clear(found):
    """Which of the comparisons are told."""
    sure = holm([told["p"] for told in found.values()], LEVEL)
    return {
        key for (key, told), s in zip(found.items(), sure, strict=True)
        if s and told["effect"] >= SMALL
    }  # fmt: skip


def test_a_stream_that_stays_the_same_is_left_alone(tmp_path):
    rng = np.random.default_rng(0)
    alarms = [bool(clear(compared(tmp_path / f"{i}", stationary(rng))[0])) for i in range(20)]
    assert sum(alarms) <= 1


def test_neighbours_that_are_alike_are_no_change(tmp_path):
    """Twenty rows of one user each, as ratings come."""
    rng = np.random.default_rng(1)
    users = np.repeat(np.arange(1000), 20)
    taste = rng.normal(size=1000)[users]
    frame = pd.DataFrame({"x": taste + rng.normal(size=20_000), "y": rng.random(20_000) < 0.5})
    frame["y"] = np.where(rng.random(20_000) < 1 / (1 + np.exp(-2 * taste)), "yes", "no")
    assert not clear(compared(tmp_path, frame)[0])


def test_rows_by_the_million_do_not_cry_wolf():
    """A difference that is sure, and too small to matter."""
    rng = np.random.default_rng(2)
    stretch = np.repeat(np.arange(10), 16)
    means = (0.05 * (stretch >= 5) + rng.normal(0, 1 / np.sqrt(6250), 160))[:, None]
    found = between_stretches(means, np.full(160, 6250.0), stretch, np.ones(1))
    assert found.p < 1e-6
    assert found.effect == pytest.approx(0.05**2 / 4, rel=0.3)
    assert found.effect < SMALL


@pytest.mark.parametrize("levels", [1, 2, 5, 40])
@pytest.mark.parametrize("alike", [1, 5])
def test_by_chance_alone_p_is_even(levels, alike):
    """Of a number, and of levels that come one by one or several rows at a time."""
    rng = np.random.default_rng(3)
    stretch = np.repeat(np.arange(10), 8)
    shares = rng.dirichlet(np.ones(max(levels, 2)))
    ps, effects = [], []
    for _ in range(400):
        if levels == 1:
            means, variance = rng.normal(0, 0.1, (80, 1)), np.ones(1)
        else:
            means = rng.multinomial(100 // alike, shares, 80) / (100 // alike)
            means, variance = means[:, means.any(0)], means.mean(0)[means.any(0)]
        found = between_stretches(means, np.full(80, 100.0), stretch, variance)
        ps.append(found.p)
        effects.append(found.effect)
    assert 0.005 <= np.mean(np.array(ps) < 0.05) <= 0.08
    assert np.mean(np.array(ps) < 0.01) <= 0.03
    assert np.mean(effects) < 0.005 * alike * levels


def test_what_changes_is_found_and_told(tmp_path):
    rng = np.random.default_rng(4)
    frame = stationary(rng, 4000)
    late = np.arange(4000) >= 2000
    frame["moved"] = rng.normal(size=4000) + late
    frame["gaps"] = np.where(late & (rng.random(4000) < 0.5), np.nan, rng.normal(size=4000))
    frame["site"] = np.repeat([f"s{i}" for i in range(8)], 500)
    frame["shop"] = [f"{'late' if new else 'early'}{rng.integers(300)}" for new in late]
    frame.loc[late, "y"] = np.where(rng.random(2000) < 0.8, "yes", "no")
    found, whole = compared(tmp_path, frame)
    assert clear(found) == {
        ("moved", "mean"), ("gaps", "missing"), ("site", "levels"), ("shop", "levels"),
        ("y", "levels"),
    }  # fmt: skip
    assert found["moved", "mean"]["effect"] == pytest.approx(0.2, abs=0.03)  # 0.25 / (1 + 0.25)
    assert found["site", "levels"]["effect"] > 0.7
    shares = found["y", "levels"]["stretches"]
    assert len(shares) == 10
    assert abs(shares[-1] - shares[0]) > 0.2
    gaps = found["gaps", "missing"]["stretches"]
    assert gaps[0] == 0
    assert gaps[-1] == pytest.approx(0.5, abs=0.1)
    means = found["moved", "mean"]["stretches"]
    assert means[-1] - means[0] == pytest.approx(1, abs=0.25)
    assert whole["time"] is None


def test_the_labels_are_counted_along_the_stream(tmp_path):
    frame = pd.DataFrame({"x": np.zeros(2000) + 0.5, "y": ["a"] * 1000 + ["b"] * 1000})
    _, whole = compared(tmp_path, frame)
    names, counts = whole["labels"]["names"], np.array(whole["labels"]["counts"])
    assert set(names) == {"a", "b"}
    assert counts.sum() == 2000
    assert counts[:5, names.index("a")].tolist() == [200] * 5
    assert counts[5:, names.index("a")].tolist() == [0] * 5


def test_too_few_rows_say_nothing(tmp_path):
    found, whole = compared(tmp_path, stationary(np.random.default_rng(5), 900))
    assert found == {}
    assert whole["labels"]["names"]


def test_numbers_beyond_all_measure_are_compared(tmp_path):
    frame = stationary(np.random.default_rng(6), 2000)
    frame["huge"] = np.where(np.arange(2000) % 7, 1e308, -1e308)
    frame["same"] = 0.25
    found, _ = compared(tmp_path, frame)
    assert np.isfinite(found["huge", "mean"]["stretches"]).all()
    assert ("same", "mean") not in found


DAYS = pd.date_range("2019-01-01", periods=4000, freq="h")


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("when", DAYS.astype(str), "when"),
        ("when", DAYS.strftime("%Y-%m-%d"), "when"),
        ("when", DAYS[::-1].astype(str), None),
        ("timestamp", DAYS.astype("int64") // 10**9, "timestamp"),
        ("saleYear", np.repeat(np.arange(2000, 2010), 400), "saleYear"),
        ("saleYear", np.tile(np.repeat(np.arange(2000, 2010), 40), 10), None),
        ("price", np.linspace(0.5, 99.5, 4000), None),
    ],
)
def test_the_order_of_time_is_told_by_a_column(tmp_path, column, values, told):
    frame = stationary(np.random.default_rng(7), 4000)
    frame[column] = np.asarray(values)
    found, whole = compared(tmp_path, frame)
    assert whole["time"] == told
    assert (column in {name for name, _ in found}) == (told is None)


@pytest.mark.parametrize("in_order", [True, False])
def test_the_order_of_time_is_told_by_a_date_that_is_only_taken_apart(tmp_path, in_order):
    frame = stationary(np.random.default_rng(8), 4000)
    frame["when"] = DAYS.astype(str) if in_order else np.tile(DAYS[::10].astype(str), 10)
    found, whole = compared(tmp_path, frame, derive={"when": ["hour", "month"]})
    assert whole["time"] == ("when" if in_order else None)
    assert ("when.month" in {name for name, _ in found}) == (not in_order)


def test_slices_of_dates_stay_few():
    slices = Slices()
    for start in range(0, 300_000, 30_000):
        slices.add(pa.array(range(start, start + 30_000)).cast(pa.timestamp("s")))
    assert 16 < len(slices.slices) <= 64
    assert sum(rows for rows, _ in slices.slices) == 300_000
    assert are_in_order([when for _, when in slices.slices])
    assert thinned([[1, 5], [1, 7]], 1) == [[2, 6]]


def test_names_are_not_taken_for_times():
    assert not may_be_time("candidate", {"kind": "numeric", "mean": 1.0})
    assert not may_be_time("date", {"kind": "label", "top_levels": {"2019-01-01": 1}})
    assert not may_be_time("year", {"kind": "categorical", "top_levels": {"old": 1, "new": 1}})


def test_of_very_many_parts_some_are_looked_at():
    parts = [{"rows": 10, "file": str(i)} for i in range(1000)]
    chosen = list(spread_parts(parts, 40))
    assert len(chosen) == 40
    assert [start for start, _ in chosen] == [10 * int(part["file"]) for _, part in chosen]
    assert max(np.diff([start for start, _ in chosen])) <= 260
    assert len(list(spread_parts(parts[:3], 40))) == 3
