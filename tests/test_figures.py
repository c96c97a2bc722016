"""The figures: every mark lies where the axes say its value is."""

import json
import math
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from caudal.ranking.comparison import distinct, lead
from caudal.ranking.curves import stream_blocks
from caudal.ranking.run import gather
from caudal.report.figures import FIGURES
from caudal.report.frame import standalone
from finished_run import AXES, stretches, term, write_json, write_run

TERMS = [
    term("(intercept)", 0.8, truth=0.9),
    term("x1", 0.7, truth=0.4),
    term("c=red*x1", -0.4, 1, truth=-0.3),
]
PIXEL = 0.15
"""Places are written with one decimal."""


class Drawn:
    """A figure of a run, by its marks."""

    def __init__(self, run, name):
        figure = next(figure for figure in FIGURES if figure.name == name)
        self.root = ET.fromstring(standalone(figure.draw(run)).split("\n", 1)[1])
        for node in self.root.iter():
            node.tag = node.tag.removeprefix("{http://www.w3.org/2000/svg}")

    def all(self, tag, *classes):
        """The elements of a name that have all ``classes``."""
        found = self.root.iter(tag)
        return [node for node in found if set(classes) <= set(node.get("class", "").split())]

    def titled(self, tag, *classes):
        """Those that tell what they are: marks, not entries of the legend."""
        return [node for node in self.all(tag, *classes) if node.find("title") is not None]

    def places(self, value_of, anchor, place, panel=(0, math.inf)):
        """The function from a value to its pixel, as the words at the ticks say."""
        ticks = [
            (number(node.text), float(node.get(place)))
            for node in self.all("text", "tick")
            if node.get("text-anchor") == anchor and panel[0] <= float(node.get("x")) < panel[1]
        ]
        values, pixels = np.array([tick for tick in ticks if tick[0] is not None]).T
        if anchor == "end":
            pixels = pixels - 4  # words stand a little below their line
        slope, start = np.polyfit(value_of(values), pixels, 1)
        assert np.allclose(start + slope * value_of(values), pixels, atol=PIXEL)
        return lambda value: start + slope * value_of(value)

    def x(self, value_of=np.asarray):
        return self.places(value_of, "middle", "x")

    def y(self, value_of=np.asarray, panel=(0, math.inf)):
        return self.places(value_of, "end", "y", panel)


def number(words):
    factor = {"k": 1e3, "M": 1e6}.get(words[-1], 1)
    try:
        return float(words.replace("−", "-").rstrip("kM")) * factor
    except ValueError:
        return None


def at(node, *names):
    return [float(node.get(name)) for name in names]


def corners(node):
    return [[float(part) for part in pair.split(",")] for pair in node.get("points").split()]


@pytest.fixture
def run(tmp_path):
    records = write_run(tmp_path, terms=TERMS, sources=[("a", 100_000, {})])
    for place, record in enumerate(records):  # seconds that differ, and so can be told apart
        file = tmp_path / "results" / "fits" / record["point"] / "score.json"
        write_json(file, json.loads(file.read_text()) | {"seconds": 0.5 + place})
    (tmp_path / "results" / "costs.csv").unlink()
    return gather(tmp_path)


def test_leads(run):
    drawn = Drawn(run, "leads")
    x = drawn.x()
    behind = [lead(run.best, group[0]) for group in distinct(run, 10)[1:]]
    best, *dots = drawn.titled("circle")
    assert at(best, "cx") == pytest.approx([x(0)], abs=PIXEL)
    assert [at(dot, "cx")[0] for dot in dots] == pytest.approx(
        [x(-gap.mean) for gap in behind], abs=PIXEL
    )
    whiskers = [at(node, "x1", "x2") for node in drawn.all("line", "whisker")]
    for (low, high), gap in zip(whiskers, behind, strict=True):
        assert (low, high) == pytest.approx((x(-gap.high), x(-gap.low)), abs=PIXEL)


def test_learning_curves(run):
    drawn = Drawn(run, "learning_curves")
    x, y = drawn.x(np.log10), drawn.y()
    (line,) = drawn.titled("polyline", "c0")
    curve = run.best.record["learning_curve"]
    expected = [[x(point["rows"]), y(point["loss_since_last"])] for point in curve]
    assert np.allclose(corners(line), expected, atol=2 * PIXEL)
    (benchmark,) = drawn.titled("polyline", "bench")
    assert np.allclose([corner[1] for corner in corners(benchmark)], y(0.2), atol=PIXEL)


def test_parameters(run):
    drawn = Drawn(run, "parameters")
    wide = 1080 / 3
    for place, axis in enumerate(AXES):
        panel = (place * wide, (place + 1) * wide)
        y = drawn.y(panel=panel)
        dots = [d for d in drawn.titled("circle") if panel[0] <= at(d, "cx")[0] < panel[1]]
        assert len(dots) == len(run.scored)
        middles = {}
        for dot in dots:
            result = run.results[int(dot.get("data-rank")) - 1]
            assert at(dot, "cy")[0] == pytest.approx(y(result.score), abs=2 * PIXEL)
            middles.setdefault(result.values[axis], []).append(at(dot, "cx")[0])
        columns = [(min(middles[cell]), max(middles[cell])) for cell in run.axes[axis]]
        assert all(left[1] < right[0] for left, right in pairwise(columns))


def test_heat_map(run):
    drawn = Drawn(run, "heat_map")
    cells = drawn.all("rect", "cell")
    assert len(cells) == 2 * 3
    ring = drawn.all("rect", "ring")[0]
    best = next(cell for cell in cells if cell.get("data-rank") == "1")
    assert at(ring, "x", "y") == pytest.approx([place + 2 for place in at(best, "x", "y")])

    def light(cell):
        return sum(int(cell.get("fill")[i : i + 2], 16) for i in (1, 3, 5))

    by_rank = sorted(cells, key=lambda cell: int(cell.get("data-rank")))
    assert [light(cell) for cell in by_rank] == sorted(map(light, cells))
    rows = sorted({at(cell, "y")[0] for cell in cells})
    columns = sorted({at(cell, "x")[0] for cell in cells})
    for cell in cells:
        values = run.results[int(cell.get("data-rank")) - 1].values
        assert run.axes["degree"].index(values["degree"]) == rows.index(at(cell, "y")[0])
        assert run.axes["alpha"].index(values["alpha"]) == columns.index(at(cell, "x")[0])


def test_coefficients(run):
    drawn = Drawn(run, "coefficients")
    x = drawn.x()
    dots = drawn.titled("circle")
    assert [at(dot, "cx")[0] for dot in dots] == pytest.approx(
        [x(row["coefficient"]) for row in TERMS], abs=PIXEL
    )
    diamonds = [float(node.get("d")[1:].split()[0]) for node in drawn.titled("path", "truth")]
    assert diamonds == pytest.approx([x(row["truth"]) for row in TERMS], abs=PIXEL)
    bar = drawn.titled("rect", "neg")[0]
    assert at(bar, "x")[0] == pytest.approx(x(-0.4), abs=PIXEL)
    assert sum(at(bar, "x", "width")) == pytest.approx(x(0), abs=PIXEL)


def test_importance(run):
    drawn = Drawn(run, "importance")
    x = drawn.x()
    bars = drawn.titled("rect", "bar")
    # 0.7 of x1 and 0.4 of c=red*x1, which counts half for each
    for bar, part in zip(bars, (90 / 1.1, 20 / 1.1), strict=True):
        assert at(bar, "x")[0] == pytest.approx(x(0), abs=PIXEL)
        assert sum(at(bar, "x", "width")) == pytest.approx(x(part), abs=2 * PIXEL)


def test_more_classes_than_colours_have_a_line_each(tmp_path):
    classes = [f"class {i}" for i in range(12)]
    terms = [term("x1", 1.2 - 0.1 * i, **{"class": name}) for i, name in enumerate(classes)]
    write_run(tmp_path, terms=terms)
    drawn = Drawn(gather(tmp_path), "coefficients")
    words = [node.text for node in drawn.all("text")]
    assert [word for word in words if word.startswith("x1 → ")] == [f"x1 → {n}" for n in classes]
    heights = [at(dot, "cy")[0] for dot in drawn.titled("circle")]
    assert len(set(heights)) == 12


def test_a_last_piece_of_a_few_rows_makes_no_spike(run):
    best = run.best
    usual = Drawn(run, "drift"), Drawn(run, "learning_curves")
    last = best.record["drift"][-1]["rows"]
    best.record["drift"].append({"rows": last + 19, "loss": 0.9, "benchmark_loss": 0.9})
    spike = {"loss_since_last": 0.9, "benchmark_loss_since_last": 0.9}
    best.record["learning_curve"].append(
        best.record["learning_curve"][-1] | spike | {"rows": 100_019}
    )
    for before, name in zip(usual, ("drift", "learning_curves"), strict=True):
        pieces = [len(corners(d.titled("polyline", "c0")[0])) for d in (before, Drawn(run, name))]
        assert pieces[0] == pieces[1]
    before, last = best.record["drift"][-2:]
    assert stream_blocks(best)[-1] == {
        "rows": last["rows"],
        "loss": pytest.approx((1000 * before["loss"] + 19 * 0.9) / 1019),
        "benchmark_loss": pytest.approx((1000 * before["benchmark_loss"] + 19 * 0.9) / 1019),
    }


def test_points_that_diverge_slowly_do_not_fill_the_frame(tmp_path):
    write_run(tmp_path, {"degree": [1, 2], "alpha": [10.0**-k for k in range(40)]}, lambda v: 0.17)
    run = gather(tmp_path)
    for result in run.results[10:]:
        curve = result.record["learning_curve"]
        result.record["learning_curve"] = [
            point | {"loss_since_last": 0.17 + place**3} for place, point in enumerate(curve)
        ]
    run.results[1].record["losses"][0][0] += 0.1  # so that not all predict the same
    assert len(Drawn(run, "learning_curves").titled("polyline", "field")) <= 30


def test_truth(run):
    drawn = Drawn(run, "truth")
    x, y = drawn.x(), drawn.y()
    found = sorted(at(dot, "cx", "cy") for dot in drawn.titled("circle"))
    expected = sorted([x(row["truth"]), y(row["coefficient"])] for row in TERMS)
    assert np.allclose(found, expected, atol=PIXEL)


def test_calibration(run):
    drawn = Drawn(run, "calibration")
    x, y = drawn.x(), drawn.y()
    bins = run.best.record["calibration"]
    found = [at(dot, "cx", "cy") for dot in drawn.titled("circle")]
    assert np.allclose(found, [[x(b["mean_probability"]), y(b["share"])] for b in bins], atol=PIXEL)
    for line, b in zip(drawn.all("line", "whisker"), bins, strict=True):
        low, high = at(line, "y1", "y2")
        assert low > y(b["share"]) > high  # pixels count downwards


def test_drift(run):
    drawn = Drawn(run, "drift")
    x, y = drawn.x(), drawn.y()
    blocks = run.best.record["drift"]
    (line,) = drawn.titled("polyline", "c0")
    expected = [[x(b["rows"]), y(b["loss"])] for b in blocks]
    assert np.allclose(corners(line), expected, atol=2 * PIXEL)
    shade = drawn.titled("rect", "shade")[0]
    assert at(shade, "x")[0] == pytest.approx(x(76_000), abs=2 * PIXEL)


def test_costs(run):
    drawn = Drawn(run, "costs")
    x, y = drawn.x(np.log10), drawn.y()
    dots = [dot for dot in drawn.titled("circle") if dot.get("data-rank")]
    assert len(dots) >= len(run.scored) - 1  # the simplest may be a diamond
    for dot in dots:
        result = run.results[int(dot.get("data-rank")) - 1]
        expected = [x(result.cost["seconds"]), y(result.score)]
        assert np.allclose(at(dot, "cx", "cy"), expected, atol=2 * PIXEL)


def test_the_labels_along_the_stream_fill_each_stretch(tmp_path):
    write_run(tmp_path, terms=TERMS, sources=[("a", 100_000, {})])
    figure = Drawn(gather(tmp_path), "labels")
    y = figure.places(np.asarray, "end", "y")
    heights = [
        [float(box.get("height")) for box in figure.titled("rect", name)] for name in ("f0", "f1")
    ]
    shares = np.array(heights) / (y(0) - y(100))
    np.testing.assert_allclose(shares.sum(0), 1, atol=0.01)
    np.testing.assert_allclose(shares[0], [0.3] * 5 + [0.8] * 5, atol=0.01)


def test_a_number_along_the_stream_is_told_by_its_mean(tmp_path):
    write_run(tmp_path, terms=TERMS, sources=[("a", 100_000, {})])
    label = {"column": "y", "kind": "numeric label", "what": "mean", "p": 0.5, "effect": 0.0}
    found = stretches(label | {"stretches": [float(i) for i in range(10)]})
    found["labels"] = {"names": [], "counts": []}
    write_json(tmp_path / "results/data/stretches.json", found)
    figure = Drawn(gather(tmp_path), "labels")
    y = figure.places(np.asarray, "end", "y")
    heights = [float(dot.get("cy")) for dot in figure.titled("circle", "f0")]
    np.testing.assert_allclose(heights, [y(i) for i in range(10)], atol=PIXEL)
