"""What a finished run says about its grid: edges, axes without effect, simpler points."""

from dataclasses import dataclass

from caudal.config.grid import learner_in, learner_name, task_in
from caudal.learn.error_bars import MeanEstimate
from caudal.ranking.comparison import lead, lead_over_benchmark, score_estimate, simplest
from caudal.ranking.run import Result, Run, is_number, value_of
from caudal.report.next_values import next_value, plain
from caudal.report.parameter_words import axis_value, differs_by
from caudal.wording import listed, number

NEGLIGIBLE = 0.05
"""A difference counts as none where its whole interval lies below this share of the best point's
lead over the benchmark."""


@dataclass(frozen=True)
class Advice:
    """One thing to do (or to leave), and the figures that say so. ``kind`` names the rule."""

    kind: str
    headline: str
    detail: str


def learner(result: Result) -> str:
    """The class of a point's learner."""
    parameters = result.record.get("parameters", {})
    return learner_name(learner_in(parameters), task_in(parameters))


def edges(run: Run) -> list[Advice]:
    """Axes on whose edge the best lies, where the step to that edge was a clear gain."""
    found = []
    for axis, cells in run.axes.items():
        # The same name may mean another thing to another learner.
        alike = [r for r in run.scored if learner(r) == learner(run.best)]
        tried = {result.values[axis] for result in alike}
        numbers = [cell for cell in cells if is_number(cell) and cell in tried]
        at = run.best.values[axis]
        if len(numbers) < 2 or at not in (numbers[0], numbers[-1]) or not run.best.scored:
            continue
        neighbour = numbers[1] if at == numbers[0] else numbers[-2]
        rival = next(result for result in alike if result.values[axis] == neighbour)
        gain = lead(run.best, rival)
        step = next_value(axis, value_of(at), value_of(neighbour))
        if gain is None or gain.low <= 0 or negligible(gain, run) or step is None:
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
        if behind is not None and negligible(behind, run):
            idle[axis] = max(0.0, behind.mean)
    return idle


def negligible(gain: MeanEstimate, run: Run) -> bool:
    """Whether a difference is next to nothing beside the best point's lead over the benchmark."""
    whole = abs(run.best.score - run.best.benchmark_score)
    return max(abs(gain.low), abs(gain.high)) < NEGLIGIBLE * whole


def idle(run: Run) -> list[Advice]:
    idle = idle_axes(run)
    if not idle:
        return []
    left = {tuple(r.values[axis] for axis in run.axes if axis not in idle) for r in run.results}
    verb = "makes" if len(idle) == 1 else "make"
    most = max(idle.values())
    little = f"The best points of each value differ by at most {most:.1g} in score."
    return [
        Advice(
            "idle",
            f"{listed(list(idle))} {verb} {'next to ' if most else ''}no difference here.",
            f"{little if most else 'The best points of each value predict the same.'} One value "
            f"each would do: {len(left):,} points instead of {len(run.results):,}.",
        )
    ]


def simpler(run: Run) -> list[Advice]:
    gain = lead_over_benchmark(run.best)
    if len(run.scored) < 2 or gain is None or gain.low <= 0:  # there is none worth taking
        return []
    point = simplest(run)
    if point is run.best:
        error = score_estimate(run.best).standard_error
        return [
            Advice(
                "simpler",
                "Take the best point: none within one standard error is simpler.",
                f"One standard error of its score is {number(error)}.",
            )
        ]
    behind = lead(run.best, point)
    cost = ""
    if behind is not None:
        gap = (
            f"{number(max(0.0, behind.mean), behind.reach)} ± {number(behind.reach, behind.reach)}"
        )
        if behind.low > 0 and not negligible(behind, run):
            cost = f" Batch by batch it is clearly behind, by {gap}: that is what simplicity costs."
        else:
            cost = f" Batch by batch it is {gap} behind, next to nothing."
        if behind.low <= 0 and not negligible(behind, run):
            cost = f" Batch by batch it is {gap} behind, too close to call."
    return [
        Advice(
            "simpler",
            f"The simplest point within one standard error is #{point.rank}.",
            f"Unlike the best it has {differs_by(point, run.best, run.axes)}.{cost}",
        )
    ]


def one_point(run: Run) -> list[Advice]:
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
