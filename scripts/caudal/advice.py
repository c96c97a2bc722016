"""What to do next: what a finished run says about its grid, its data and its model."""

import math
from dataclasses import dataclass

from caudal.axis_steps import next_value, plain
from caudal.gather import Run, is_number, value_of
from caudal.paired import Difference, last_doubling, lead, lead_over_benchmark, simplest
from caudal.wording import axis_value, differs_by, listed, number, share, signed

NEGLIGIBLE = 0.05
"""A difference counts as none where its whole interval lies below this share of the best point's
lead over the benchmark."""

MOST_CALIBRATION_ERROR = 0.03
MOST_REJECTED = 0.001


@dataclass(frozen=True)
class Advice:
    """One thing to do (or to leave), and the figures that say so. ``kind`` names the rule."""

    kind: str
    headline: str
    detail: str


def advise(run: Run) -> list[Advice]:
    """All that is worth doing next, the most urgent first."""
    rules = (_benchmark, _diverged, _edges, _rows, _idle_axes, _simpler, _collisions,
             _calibration, _rejected, _one_point)  # fmt: skip
    return [advice for rule in rules for advice in rule(run)]


def _benchmark(run: Run) -> list[Advice]:
    """Nothing else matters where the best point is no better than the label's average."""
    if not run.best.scored:
        return [
            Advice(
                "benchmark",
                "No point has a score.",
                "All of them diverged: scale the features (extractor.scale: true) or lower eta0.",
            )
        ]
    gain = lead_over_benchmark(run.best)
    if gain is None or gain.low > 0:
        return []
    doubt = "is worse than" if gain.high < 0 else "cannot be told from"
    return [
        Advice(
            "benchmark",
            f"The best point {doubt} the benchmark.",
            f"Its lead is {signed(gain.mean, gain.reach)} "
            f"(95 % from {signed(gain.low, gain.reach)} "
            f"to {signed(gain.high, gain.reach)}). Check that the label is the right "
            "column, scale the features (extractor.scale: true), try smaller learning rates "
            "or more rows.",
        )
    ]


def _diverged(run: Run) -> list[Advice]:
    gone = [result for result in run.results if not result.scored]
    if not gone or not run.best.scored:
        return []
    return [
        Advice(
            "diverged",
            f"{listed_count(len(gone), 'point')} diverged.",
            "Their weights grew beyond all numbers, so they have no score. Scale the features "
            "(extractor.scale: true), lower eta0 or raise alpha: "
            + listed([result.point for result in gone[:5]], most=5)
            + ("…" if len(gone) > 5 else "")
            + ".",
        )
    ]


def _edges(run: Run) -> list[Advice]:
    """Axes on whose edge the best lies, where the step to that edge was a clear gain."""
    found = []
    for axis, cells in run.axes.items():
        numbers = [cell for cell in cells if is_number(cell)]
        at = run.best.values[axis]
        if len(numbers) < 2 or at not in (numbers[0], numbers[-1]) or not run.best.scored:
            continue
        neighbour = numbers[1] if at == numbers[0] else numbers[-2]
        rivals = run.at(axis, neighbour)
        gain = lead(run.best, rivals[0]) if rivals else None
        step = next_value(axis, value_of(at), value_of(neighbour))
        if gain is None or gain.low <= 0 or _negligible(gain, run) or step is None:
            continue
        end = "lowest" if at == numbers[0] else "highest"
        found.append(
            Advice(
                "edge",
                f"Widen {axis}: the best lies on its edge.",
                f"{axis_value(at)} is the {end} value tried, and it beats "
                f"{axis_value(neighbour)} by {number(gain.mean, gain.reach)} "
                f"± {number(gain.reach, gain.reach)}. "
                f"Add {axis} {plain(step)} to the grid; only the new points are trained.",
            )
        )
    return found


def _rows(run: Run) -> list[Advice]:
    """Whether the last doubling of the rows still brought something."""
    trend = last_doubling(run.best)
    if trend is None or not run.best.scored:
        return []
    gain = f"{signed(trend.mean, trend.reach)} ± {number(trend.reach, trend.reach)}"
    if trend.low > 0:
        headline = "More rows help: the learning curve still falls."
        detail = f"The last doubling of the rows added {gain} to the lead over the benchmark."
    elif trend.high < 0:
        headline = "The best point loses ground along the stream."
        detail = (
            f"Its lead over the benchmark changed by {gain} in the last doubling of the rows. The "
            "data may drift: try learning_rate: constant with a small eta0, and look at the loss "
            "over stream time below."
        )
    else:
        headline = "More rows alone would change little."
        detail = (
            f"The last doubling of the rows changed the lead over the benchmark by {gain}, "
            "which cannot be told from nothing. Better features or more interactions come first."
        )
    return [Advice("rows", headline, detail)]


def idle_axes(run: Run) -> dict[str, float]:
    """The axes that make no difference, with the most that their values differ by.

    Of each value the best point counts; an axis is idle where even the worst of these is behind
    by a negligible amount. That it cannot be told from the best would not be enough.
    """
    idle = {}
    for axis, cells in run.axes.items():
        tops = [found[0] for cell in cells if (found := run.at(axis, cell))]
        if len(tops) < 2 or len(tops) < len(cells):
            continue
        behind = lead(run.best, min(tops, key=lambda result: result.score))
        if behind is not None and _negligible(behind, run):
            idle[axis] = max(0.0, behind.mean)
    return idle


def _negligible(gain: Difference, run: Run) -> bool:
    whole = abs(run.best.score - run.best.benchmark_score)
    return max(abs(gain.low), abs(gain.high)) < NEGLIGIBLE * whole


def _idle_axes(run: Run) -> list[Advice]:
    idle = idle_axes(run)
    if not idle:
        return []
    left = {tuple(r.values[axis] for axis in run.axes if axis not in idle) for r in run.results}
    verb = "makes" if len(idle) == 1 else "make"
    most = max(idle.values())
    return [
        Advice(
            "idle",
            f"{listed(list(idle))} {verb} no difference here.",
            f"The best points of their values differ by at most {most:.1g} in score. One value "
            f"each would do: {len(left):,} points instead of {len(run.results):,}.",
        )
    ]


def _simpler(run: Run) -> list[Advice]:
    if len(run.scored) < 2:
        return []
    point = simplest(run)
    if point is run.best:
        return [
            Advice(
                "simpler",
                "Take the best point: none within one standard error is simpler.",
                f"One standard error of its score is {number(run.best.standard_error, 0)}.",
            )
        ]
    behind = lead(run.best, point)
    cost = ""
    if behind is not None:
        cost = (
            f" Batch by batch it is {number(max(0.0, behind.mean), behind.reach)} "
            f"± {number(behind.reach, behind.reach)} behind."
        )
    return [
        Advice(
            "simpler",
            f"The simplest point within one standard error is #{point.rank}.",
            f"Unlike the best it has {differs_by(point, run.best)}.{cost}",
        )
    ]


def _collisions(run: Run) -> list[Advice]:
    weights = run.weights
    if not weights.get("collided") or not weights["all"]:
        return []
    collided = [row["term"] for row in run.terms if row["collisions"]]
    named = f", the largest {listed(collided[:3], most=3)}" if collided else ""
    part = weights["collided"] / weights["all"]
    columns = run.best.record.get("parameters", {}).get("vectorizer", {}).get("n_features")
    more = f"Add n_features {columns * 2} to the grid" if columns else "Add more n_features"
    return [
        Advice(
            "collisions",
            f"{share(part)} of the weight sits in shared columns.",
            f"{weights['collided_terms']:,} of {weights['terms']:,} terms share their column with "
            f"another{named}; their coefficients cannot be told apart. {more} if you read them.",
        )
    ]


def calibration_error(bins: list[dict]) -> float:
    """The mean distance between predicted and seen share, weighted by the rows of each bin."""
    bins = [b for b in bins if b["rows"]]
    rows = sum(b["rows"] for b in bins)
    apart = sum(b["rows"] * abs(b["mean_probability"] - b["share"]) for b in bins)
    return apart / rows if rows else math.nan


def _calibration(run: Run) -> list[Advice]:
    error = calibration_error(run.best.record.get("calibration") or [])
    if not error > MOST_CALIBRATION_ERROR:
        return []
    return [
        Advice(
            "calibration",
            "Do not read the probabilities as they stand.",
            f"On average they are {error:.3f} away from the shares that came true; see the "
            "calibration below.",
        )
    ]


def _rejected(run: Run) -> list[Advice]:
    rows_in = run.manifest.get("rows_in") or 0
    gone = run.manifest.get("rows_rejected", 0) + run.manifest.get("rows_dropped", 0)
    if not rows_in or gone <= MOST_REJECTED * rows_in:
        return []
    return [
        Advice(
            "rejected",
            f"{share(gone / rows_in)} of the rows were left out.",
            f"{run.manifest.get('rows_rejected', 0):,} were rejected as bad and "
            f"{run.manifest.get('rows_dropped', 0):,} dropped for missing values, of "
            f"{rows_in:,}; the reasons stand in the section on the data.",
        )
    ]


def _one_point(run: Run) -> list[Advice]:
    if len(run.results) > 1:
        return []
    return [
        Advice(
            "one",
            "Give the grid an alternative.",
            "There is one point, so nothing can be said about its parameters; a second alpha or "
            "degree costs one more pass.",
        )
    ]


def listed_count(count: int, noun: str) -> str:
    """``1 point``, ``2 points``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
