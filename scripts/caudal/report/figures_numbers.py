"""Figures where the label is a number: predicted against true, residuals, means."""

from caudal.data.tasks import REGRESSION
from caudal.ranking.curves import score_from
from caudal.ranking.run import Run
from caudal.report.figures_model import WIDTH
from caudal.report.frame import Frame, Scale, notice, span
from caudal.report.markup import Markup
from caudal.wording import cut, number, short


def predicted_true(run: Run) -> Markup:
    """Mean labels against mean predictions in groups of the prediction, with the labels' spread."""
    groups = run.best.record.get("predicted_true") or []
    if len(groups) < 2:
        return notice("The predictions of the best point do not differ enough to make groups.")
    frame = Frame(480, 440, "Predicted against true", top=26)
    ends = [g["mean_label"] + side * g["spread"] for g in groups for side in (-1, 1)]
    places = [g["mean_prediction"] for g in groups]
    low, high = span([*ends, *places])
    x, y = Scale(*span(places), *frame.across), Scale(low, high, *frame.upward)
    frame.x_axis(x, f"mean prediction of {cut(run.label, 30)}", most=5)
    frame.y_axis(y, "mean true label, and its deviation")
    frame.line(x(x.low), y(x.low), x(x.high), y(x.high), "bench")
    frame.path([(x(g["mean_prediction"]), y(g["mean_label"])) for g in groups], "top")
    for group in groups:
        at, label, spread = group["mean_prediction"], group["mean_label"], group["spread"]
        frame.line(x(at), y(label - spread), x(at), y(label + spread), "whisker")
        said = (
            f"predicted {number(at)}, true {number(label)}, deviation {number(spread)}, "
            f"{group['rows']:,} rows"
        )
        frame.dot(x(at), y(label), "f0", said)
    return frame.svg()


def residuals(run: Run) -> Markup:
    """The mean residual of the best point along the stream."""
    blocks = run.best.record.get("residuals") or []
    blocks = [b for b in blocks if b["residual"] is not None]
    if len(blocks) < 3:
        return notice("The record of the best point holds no residuals along the stream.")
    frame = Frame(WIDTH, 300, "Residuals over stream time", top=52)
    end = blocks[-1]["rows"]
    x = Scale(0, end, *frame.across)
    y = Scale(*span([b["residual"] for b in blocks], zero=True), *frame.upward)
    counted = score_from(run)
    if counted:
        foot, head = frame.upward
        frame.rect(x(counted), head, x(end) - x(counted), foot - head, "shade",
                   f"the score counts from row {counted:,.0f} on")  # fmt: skip
    frame.x_axis(x, "rows of the stream")
    frame.y_axis(y, f"{cut(run.label, 30)} less its prediction, mean of a block")
    frame.line(*frame.across[:1], y(0), frame.across[1], y(0), "zero")
    said = [f"to row {b['rows']:,}: {number(b['residual'])}" for b in blocks]
    points = [(x(b["rows"]), y(b["residual"])) for b in blocks]
    frame.path(points, "l c0", "best point", said)
    entries = [("line", "l c0", f"best point (#{run.best.rank})")]
    if counted:
        entries.append(("box", "shade", f"in the score (from row {short(counted)} on)"))
    frame.legend(entries, 16)
    return frame.svg()


def label_means(run: Run) -> Markup:
    """The mean label in every stretch of the data."""
    told = (c for c in run.stretches.get("columns", []) if c["kind"] == REGRESSION.label)
    means: list[float] = next((c["stretches"] for c in told if c["what"] == "mean"), [])
    if len(means) < 2:
        return notice("There are no labels along the stream: the rows are too few.")
    rows = run.stretches["rows"]
    frame = Frame(WIDTH, 260, "Labels along the stream", top=52)
    x, y = Scale(0, rows, *frame.across), Scale(*span(means), *frame.upward)
    frame.x_axis(x, "rows of the data, in the order of the files")
    frame.y_axis(y, f"mean of {cut(run.label, 30)}", 5)
    for place, mean in enumerate(means):
        left, right = (x(rows * (place + end) / len(means)) for end in (0, 1))
        foot = frame.upward[0]
        frame.rect(left + 1, y(mean), right - left - 2, foot - y(mean), "bar", number(mean))
    entries = [("box", "bar", "mean of a tenth")]
    if start := score_from(run):
        frame.line(x(start), frame.upward[1] - 6, x(start), frame.upward[0], "bench")
        entries.append(("line", "bench", f"the score begins (row {short(start)})"))
    frame.legend(entries, 16)
    return frame.svg()
