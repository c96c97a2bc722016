"""Figures that compare the points: leads, learning curves, costs."""

import math

from caudal.ranking.comparison import distinct, lead, simplest
from caudal.ranking.curves import checkpoints
from caudal.ranking.run import Result, Run
from caudal.report.figures_grid import score_range
from caudal.report.frame import Frame, Scale, label_width, notice, span
from caudal.report.markup import Markup
from caudal.report.parameter_words import described, differs_by
from caudal.wording import cut, number, signed

WIDTH = 1080
MOST_LEADS = 10
MOST_CURVES = 5
MOST_FIELD = 30
"""Curves of other points that are drawn behind the best."""


def leads(run: Run) -> Markup:
    """How far the best points are behind the best, with the paired 95 % interval."""
    groups = distinct(run, MOST_LEADS)
    rows = [
        (group, behind) for group in groups[1:] if (behind := lead(run.best, group[0])) is not None
    ]
    if not rows:
        return notice("There is no second point to compare the best with.")
    names = [group_name(run, group) for group in [groups[0], *(g for g, _ in rows)]]
    frame = Frame(WIDTH, 34 + 26 * len(names) + 44, "Differences from the best point",
                  left=label_width(names, 58), top=10)  # fmt: skip
    low, high = span([0.0, *(-d.high for _, d in rows), *(-d.low for _, d in rows)])
    x = Scale(low, high, *frame.across)
    frame.x_axis(x, "score minus that of the best point (95 % interval, same batches)")
    frame.line(x(0), frame.top, x(0), frame.upward[0], "zero")
    y = frame.top + 18.0
    frame.text(frame.left - 10, y + 4, cut(names[0], 58), "end", "strong")
    frame.dot(x(0), y, "dot best", f"{names[0]}: the best", data_rank=run.best.rank)
    for name, (group, behind) in zip(names[1:], rows, strict=True):
        y += 26
        said = (
            f"{name}: {signed(-behind.mean, behind.reach)}, 95 % from "
            f"{signed(-behind.high, behind.reach)} to "
            f"{signed(-behind.low, behind.reach)}"
        )
        frame.text(frame.left - 10, y + 4, cut(name, 58), "end")
        frame.line(x(-behind.high), y, x(-behind.low), y, "whisker")
        frame.dot(x(-behind.mean), y, "f0", said, data_rank=group[0].rank)
    return frame.svg()


def group_name(run: Run, group: list[Result]) -> str:
    """Points that predict the same, by their ranks and what sets the nearest of them apart."""
    ranks = f"#{group[0].rank}"
    if len(group) > 1:
        ranks += f"–{group[-1].rank}" if len(group) > 2 else f", {group[-1].rank}"
    if group[0] is run.best:
        return f"{ranks}  best" + (" (all alike)" if len(group) > 1 else "")
    return f"{ranks}  {differs_by(nearest(group, run.best), run.best, run.axes)}"


def nearest(group: list[Result], other: Result) -> Result:
    """The one of ``group`` that differs from ``other`` in the fewest parameters."""
    return min(group, key=lambda r: sum(r.values[a] != other.values[a] for a in r.values))


def learning_curves(run: Run) -> Markup:
    """Loss since the last checkpoint against rows, of the best points, the benchmark, the field."""
    curves = [(r, checkpoints(r)) for r in run.scored]
    curves = [(r, curve) for r, curve in curves if curve]
    if not curves or len(curves[0][1]) < 2:
        return notice("The records hold no learning curve of two checkpoints or more.")
    groups = distinct(run, MOST_CURVES)
    shown = [group[0] for group in groups]
    tops = [(r, curve) for r, curve in curves if any(r is s for s in shown)]
    best_curve = curves[0][1]
    rows = [c["rows"] for c in best_curve]
    frame = Frame(WIDTH, 440, "Learning curves", top=78)
    x = Scale(rows[0], rows[-1], *frame.across, log=True)
    y = Scale(*_loss_range(tops, best_curve), *frame.upward)
    frame.x_axis(x, "rows learned (log axis)", most=8)
    frame.y_axis(y, f"mean {run.loss} since the last checkpoint")
    rest = [(r, curve) for r, curve in curves if not any(r is s for s in shown)]
    visible = [(r, curve) for r, curve in rest if _losses(curve)[-1] <= y.high][:MOST_FIELD]
    plot = Frame(frame.width, frame.height, "")
    for result, curve in reversed(visible):
        _curve(plot, x, y, curve, "field", result)
    benchmark = [(c["rows"], c["benchmark_loss_since_last"]) for c in best_curve]
    plot.path([(x(n), y(v)) for n, v in benchmark], "bench", "benchmark",
              [f"{n:,} rows: {v:.5f}" for n, v in benchmark])  # fmt: skip
    for place, (result, curve) in reversed(list(enumerate(tops))):
        _curve(plot, x, y, curve, f"l c{place}", result)
    frame.inside(*plot.parts)
    entries = [("line", f"l c{place}", cut(group_name(run, group), 44))
               for place, group in enumerate(groups)]  # fmt: skip
    entries.append(("line", "bench", "benchmark"))
    if rest:
        above = sum(_losses(curve)[-1] > y.high for _, curve in rest)
        more = f" ({above:,} end above the frame)" if above else ""
        if len(visible) == MOST_FIELD:
            more = f" (the best {MOST_FIELD} of them)"
        entries.append(("line", "field", f"the other {len(rest):,} points{more}"))
    frame.legend(entries, 16)
    return frame.svg()


def _losses(curve: list[dict]) -> list[float]:
    return [c["loss_since_last"] for c in curve]


def _loss_range(tops, best_curve) -> tuple[float, float]:
    ours = [value for _, curve in tops for value in _losses(curve)]
    benchmark = [c["benchmark_loss_since_last"] for c in best_curve]
    low, high = span([*_losses(best_curve), *benchmark])
    return min(low, min(ours)), min(max(high, max(ours)), high + (high - low))


def _curve(frame: Frame, x: Scale, y: Scale, curve: list[dict], class_: str, result: Result):
    points = [(x(c["rows"]), y(min(c["loss_since_last"], 10 * y.high))) for c in curve]
    at = None
    if class_ != "field":
        at = [
            f"{c['rows']:,} rows: {c['loss_since_last']:.5f} ({c['loss']:.5f} since the start)"
            for c in curve
        ]
    frame.path(points, class_, f"#{result.rank}", at, data_rank=result.rank)


def costs(run: Run) -> Markup:
    """Score against seconds of each point."""
    timed = [r for r in run.scored if r.cost.get("seconds", math.nan) > 0]
    if len(timed) < 2:
        return notice("Costs can be compared with scores from two points on.")
    frame = Frame(WIDTH, 380, "Score against seconds", top=52)
    seconds = [r.cost["seconds"] for r in timed]
    x = Scale(min(seconds) * 0.93, max(seconds) * 1.07, *frame.across, log=True)
    y = Scale(*score_range(run), *frame.upward)
    frame.x_axis(x, "seconds a point (log axis)", most=8)
    frame.y_axis(y, "score")
    benchmark = run.best.benchmark_score
    frame.line(frame.left, y(benchmark), frame.across[1], y(benchmark), "bench")
    simple = simplest(run)
    for result in reversed(timed):
        class_ = "dot best" if result is run.best else "dot"
        height = y(y.clip(result.score))
        score = number(result.score, result.standard_error)
        said = f"#{result.rank}: {score}, {result.cost['seconds']:.3g} s"
        if result is simple and result is not run.best:
            frame.diamond(
                x(result.cost["seconds"]),
                height,
                "truth",
                f"{said}; {described(result, run.axes)}",
                6,
            )
        elif result.score < y.low:
            frame.rect(
                x(result.cost["seconds"]) - 2.5,
                height - 5,
                5,
                5,
                "out",
                said,
                data_rank=result.rank,
            )
        else:
            frame.dot(x(result.cost["seconds"]), height, class_, said, data_rank=result.rank)
    entries = [
        ("dot", "dot best", "the best"),
        ("dot", "dot", "each other point"),
        ("line", "bench", "benchmark"),
    ]
    if simple is not run.best:
        entries.insert(1, ("diamond", "truth", "simplest within one standard error"))
    if any(result.score < y.low for result in timed):
        entries.append(("box", "out", "below the frame"))
    frame.legend(entries, 16)
    return frame.svg()
