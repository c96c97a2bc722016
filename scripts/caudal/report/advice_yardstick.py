"""What the yardstick, a tree ensemble on a sample, says of the best point."""

from caudal.ranking.run import Run
from caudal.report.advice_grid import Advice
from caudal.wording import counted, number

CLEARLY_BETTER = 0.1
"""The share of the benchmark's loss that is left, by which trees have to be better for advice."""


def compared(run: Run) -> str | None:
    """The yardstick beside the best point, in a sentence; None where there is none."""
    if not run.yardstick or not run.best.scored:
        return None
    if "failure" in run.yardstick:
        return f"There is no yardstick beside the best point: {run.yardstick['failure']}"
    ours, trees = run.best.r2, run.yardstick["r2"]
    cost = "being linear costs nothing here"
    if trees > ours:
        cost = f"being linear costs {number(trees - ours, 0.01)} of r2"
    return (
        f"A tree ensemble on a sample of {counted(run.yardstick['rows'], 'row')} reaches r2 "
        f"{number(trees, 0.01)} with the same features on the same later rows, and the best point "
        f"{number(ours, 0.01)}: {cost}."
    )


def yardstick(run: Run) -> list[Advice]:
    """Where the trees are clearly better, what to try."""
    said = compared(run)
    if said is None or "r2" not in run.yardstick:
        return []
    if run.yardstick["r2"] - run.best.r2 < CLEARLY_BETTER * (1 - run.best.r2):
        return []
    return [
        Advice(
            "yardstick",
            "Trees do better: try interactions, a higher degree, or other features.",
            said,
        )
    ]
