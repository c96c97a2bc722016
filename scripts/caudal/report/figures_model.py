"""Figures of the best model: coefficients, truth, calibration, loss over stream time."""

import math

from caudal.config.grid import learner_in
from caudal.data.tasks import REGRESSION
from caudal.ranking.curves import score_from, stream_blocks
from caudal.ranking.run import Run
from caudal.report.frame import Frame, Scale, label_width, notice, span
from caudal.report.importance import feature_weights
from caudal.report.markup import Markup
from caudal.wording import cut, number, share, short

WIDTH = 1080
MOST_BARS = 30
LONGEST = 40
COLOURS = 7


def coefficients(run: Run) -> Markup:
    """The largest coefficients; a hollow diamond where the truth is known."""
    classes = _classes(run)
    if len(classes) > COLOURS:  # they have no colour each, so each coefficient has its line
        terms = [
            (f"{cut(row['term'], LONGEST // 2)} → {cut(row['class'], LONGEST // 3)}", [row])
            for row in run.terms[:MOST_BARS]
        ]
    else:
        terms = _by_term(run)[:MOST_BARS]
    if not terms:
        return notice("There is no results/best/coefficients.csv: this model has no named terms.")
    names = [_label(name, found) for name, found in terms]
    rows = [row for _, found in terms for row in found]
    true = any(math.isfinite(row["truth"]) for row in rows)
    frame = Frame(WIDTH, 40 + 24 * len(terms) + 48, "Largest coefficients",
                  left=label_width(names, LONGEST + 2), top=36)  # fmt: skip
    values = [row["coefficient"] for row in rows] + [row["truth"] for row in rows]
    x = Scale(*span(values, zero=True), *frame.across)
    frame.x_axis(x, _meaning(run))
    frame.line(x(0), frame.top, x(0), frame.upward[0], "zero")
    for place, (_, found) in enumerate(terms):
        y = frame.top + 18 + 24 * place
        frame.text(frame.left - 10, y + 4, names[place], "end")
        for row in found:
            _coefficient(frame, x, y, row, classes)
    entries = [("dot", f"f{i}", cut(name, 24)) for i, name in enumerate(classes)]
    if not 0 < len(classes) <= COLOURS:
        entries = [("dot", "f0", "learned")]
    if true:
        entries.append(("diamond", "truth", "truth"))
    if any(row["collisions"] for row in rows):
        entries.append(("none", "", "† shares its column with other terms"))
    frame.legend(entries, 16)
    return frame.svg()


def _label(term: str, rows: list[dict]) -> str:
    return cut(term, LONGEST) + (" †" if any(row["collisions"] for row in rows) else "")


def _meaning(run: Run) -> str:
    """What a coefficient is, for the axis."""
    parameters = run.best.record.get("parameters", {})
    unit = "standard deviation" if parameters.get("extractor", {}).get("scale", True) else "unit"
    if run.task is REGRESSION:
        return f"coefficient (change of {cut(run.label, 30)} per {unit})"
    positive = run.manifest.get("positive")
    learner = learner_in(parameters)
    if learner.get("class") != "FTRLClassifier" and learner.get("loss") != "log_loss":
        return f"coefficient (per {unit})"
    of = f" of {cut(positive, 30)}" if positive else ""
    return f"coefficient (change in the log odds{of} per {unit})"


def _coefficient(frame: Frame, x: Scale, y: float, row: dict, classes: list[str]) -> None:
    value, truth = row["coefficient"], row["truth"]
    single = not 0 < len(classes) <= COLOURS
    colour = 0 if single else classes.index(row["class"])
    said = f"{cut(row['term'], 120)}: {value:.4g}"
    said += f" for {row['class']}" if classes else ""
    said += f", truth {truth:.4g}" if math.isfinite(truth) else ""
    said += f", shares its column with {row['collisions']} more" if row["collisions"] else ""
    if not math.isfinite(value):
        return
    if single:
        frame.rect(min(x(0), x(value)), y - 6, abs(x(value) - x(0)), 12,
                   "bar" if value >= 0 else "bar neg", said)  # fmt: skip
    if math.isfinite(truth):
        frame.diamond(x(truth), y, "truth", said)
    frame.dot(x(value), y, f"f{colour}", said, r=4)


def _by_term(run: Run) -> list[tuple[str, list[dict]]]:
    """The terms, the largest first, each with its row for every class."""
    found: dict[str, list[dict]] = {}
    for row in run.terms:
        found.setdefault(row["term"], []).append(row)
    return list(found.items())


def _classes(run: Run) -> list[str]:
    found = {row["class"] for row in run.terms if row.get("class")}
    known = [name for name in run.manifest.get("classes", []) if name in found]
    return known + sorted(found - set(known))


def importance(run: Run) -> Markup:
    """The share of the weight that each feature's terms hold together."""
    weights = list(feature_weights(run).items())[:MOST_BARS]
    if len(weights) < 2:
        return notice("The weight of features takes a model of two features or more.")
    names = [cut(name, LONGEST) for name, _ in weights]
    frame = Frame(WIDTH, 20 + 24 * len(names) + 48, "Weight of each feature",
                  left=label_width(names, LONGEST), top=14)  # fmt: skip
    x = Scale(0, max(part for _, part in weights) * 105, *frame.across)
    frame.x_axis(x, "share of the absolute coefficients (%)")
    for place, (name, part) in enumerate(weights):
        y = frame.top + 18 + 24 * place
        frame.text(frame.left - 10, y + 4, names[place], "end")
        frame.rect(x(0), y - 6, x(100 * part) - x(0), 12, "bar", f"{cut(name, 120)}: {share(part)}")
    return frame.svg()


def truth(run: Run) -> Markup:
    """Learned coefficients against the true ones."""
    rows = [r for r in run.terms if math.isfinite(r["truth"]) and math.isfinite(r["coefficient"])]
    if len(rows) < 2:
        return notice("The truth is known for simulated data only.")
    frame = Frame(480, 440, "Learned against true coefficients", top=26)
    ends = span([r["truth"] for r in rows] + [r["coefficient"] for r in rows])
    x, y = Scale(*ends, *frame.across), Scale(*ends, *frame.upward)
    frame.x_axis(x, "true coefficient")
    frame.y_axis(y, "learned coefficient")
    frame.line(x(ends[0]), y(ends[0]), x(ends[1]), y(ends[1]), "bench")
    for row in reversed(rows):
        said = f"{cut(row['term'], 120)}: learned {row['coefficient']:.4g}, true {row['truth']:.4g}"
        frame.dot(x(row["truth"]), y(row["coefficient"]), "f0" if len(rows) < 60 else "dot", said)
    return frame.svg()


def calibration(run: Run) -> Markup:
    """Shares that came true against predicted probabilities, with 95 % intervals."""
    bins = [b for b in run.best.record.get("calibration") or [] if b["rows"]]
    if not bins:
        return notice("The record of the best point holds no calibration.")
    frame = Frame(480, 440, "Calibration", top=26)
    x, y = Scale(0, 1, *frame.across), Scale(0, 1, *frame.upward)
    frame.x_axis(x, "predicted probability")
    frame.y_axis(y, "share that came true")
    most = max(b["rows"] for b in bins)
    for b in bins:
        height = 70 * b["rows"] / most
        wide = x(b["high"]) - x(b["low"]) - 2
        frame.rect(x(b["low"]) + 1, frame.upward[0] - height, wide, height, "count",
                   f"{b['rows']:,} rows from {b['low']:.1f} to {b['high']:.1f}")  # fmt: skip
    frame.line(x(0), y(0), x(1), y(1), "bench")
    frame.path([(x(b["mean_probability"]), y(b["share"])) for b in bins], "top")
    for b in bins:
        low, high = wilson(b["share"], b["rows"])
        place = x(b["mean_probability"])
        frame.line(place, y(low), place, y(high), "whisker")
        said = (
            f"predicted {b['mean_probability']:.3f}, came true {b['share']:.3f} "
            f"(95 % from {low:.3f} to {high:.3f}), {b['rows']:,} rows"
        )
        frame.dot(place, y(b["share"]), "f0", said)
    return frame.svg()


def wilson(share: float, rows: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927).

    >>> [round(end, 3) for end in wilson(0.5, 100)]
    [0.404, 0.596]
    """
    weight = 1 + z * z / rows
    middle = (share + z * z / (2 * rows)) / weight
    reach = z * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows)) / weight
    return max(0.0, middle - reach), min(1.0, middle + reach)


def drift(run: Run) -> Markup:
    """Loss of the best point and the benchmark along the stream."""
    blocks = stream_blocks(run.best)
    if len(blocks) < 3:
        return notice("The record of the best point holds no losses along the stream.")
    frame = Frame(WIDTH, 340, "Loss over stream time", top=52)
    end = blocks[-1]["rows"]
    x = Scale(0, end, *frame.across)
    values = [v for b in blocks for v in (b["loss"], b["benchmark_loss"])]
    y = Scale(*span(values), *frame.upward)
    counted = score_from(run)
    if counted:
        foot, head = frame.upward
        frame.rect(x(counted), head, x(end) - x(counted), foot - head, "shade",
                   f"the score counts from row {counted:,.0f} on")  # fmt: skip
    frame.x_axis(x, "rows of the stream")
    frame.y_axis(y, f"mean {run.loss} of a block")
    for key, class_, name in (
        ("benchmark_loss", "bench", "benchmark"),
        ("loss", "l c0", "best point"),
    ):
        said = [f"to row {b['rows']:,}: {number(b[key], 0.00002)}" for b in blocks]
        frame.path([(x(b["rows"]), y(b[key])) for b in blocks], class_, name, said)
    entries = [("line", "l c0", f"best point (#{run.best.rank})"), ("line", "bench", "benchmark")]
    if counted:
        entries.append(("box", "shade", f"in the score (from row {short(counted)} on)"))
    frame.legend(entries, 16)
    return frame.svg()
