"""What a finished run says about its learners, its features' scales, and what it rests upon."""

from collections import Counter

from caudal.data.tasks import CLASSIFICATION, REGRESSION
from caudal.ranking.comparison import lead, lead_over_benchmark
from caudal.ranking.run import Result, Run
from caudal.report.advice_grid import Advice, learner, negligible
from caudal.report.importance import feature_weights
from caudal.report.parameter_words import axis_value
from caudal.wording import counted, cut, listed, number, share

UNEQUAL = 10.0
"""Ratio of the features' deviations from which they are to be scaled."""

LEAK = {CLASSIFICATION.name: 0.95, REGRESSION.name: 0.999}
"""An r2 that real data seldom give."""

FAR_BELOW = 0.1
"""Share of points below the benchmark that is worth a line."""

ALL_BUT_ALL = 0.9
"""Share of a value's points that are below the benchmark where the value is named as a cause."""


def learners(run: Run) -> list[Advice]:
    """The learners of the grid whose best point is far behind the best."""
    if not run.best.scored:
        return []
    tops: dict[str, Result] = {}
    for result in run.scored:
        tops.setdefault(learner(result), result)
    found = []
    for name, top in list(tops.items())[1:]:
        behind = lead(run.best, top)
        if behind is None or behind.low <= 0 or negligible(behind, run):
            continue
        points = sum(learner(result) == name for result in run.results)
        found.append(
            Advice(
                "learner",
                f"Leave {name} out: {learner(run.best)} is clearly better here.",
                f"Its best point, #{top.rank}, is {number(behind.mean, behind.reach)} "
                f"± {number(behind.reach, behind.reach)} behind; its "
                f"{counted(points, 'point')} cost time for nothing.",
            )
        )
    return found


def unscaled(run: Run, result: Result) -> list[str]:
    """The numeric features that a point learned as they stand in the data."""
    extractor = result.record.get("parameters", {}).get("extractor", {})
    if extractor.get("scale", True):
        return []
    columns = run.manifest.get("columns", {})
    numeric = [name for name, column in columns.items() if column.get("mean") is not None]
    features = extractor.get("features")
    used = set(features) if isinstance(features, list) else set(numeric)
    return [name for name in numeric if name in used and columns[name]["kind"] == "numeric"]


def how_to_tame(run: Run) -> str:
    """What brings a point that grows beyond bounds to heel, as far as it is not done already."""
    if any(unscaled(run, result) for result in run.results):
        return "scale the features (extractor.scale: true), lower eta0 or raise alpha"
    return "lower eta0 or raise alpha (FTRL: l1 or l2)"


def scales(run: Run) -> list[Advice]:
    """Numeric features of very different size that no point has scaled."""
    features = [unscaled(run, result) for result in run.results]
    if not features or not all(features):
        return []
    names = sorted({name for found in features for name in found})
    spreads = {name: run.manifest["columns"][name].get("std") or 0.0 for name in names}
    spreads = {name: spread for name, spread in spreads.items() if spread > 0}
    if len(spreads) < 2 or max(spreads.values()) < UNEQUAL * min(spreads.values()):
        return []
    least, most = min(spreads, key=spreads.__getitem__), max(spreads, key=spreads.__getitem__)
    return [
        Advice(
            "scales",
            "Scale the features: extractor.scale: true.",
            f"They are of very different size: the deviation of {cut(least, 40)} is "
            f"{number(spreads[least])}, that of {cut(most, 40)} {number(spreads[most])}, and one "
            "rate cannot suit both.",
        )
    ]


def below(run: Run) -> list[Advice]:
    """Points that are worse than no model, where they are many, and what they have in common."""
    gaps = {result.point: lead_over_benchmark(result) for result in run.scored}
    lost = [r for r in run.scored if (gap := gaps[r.point]) is not None and gap.high < 0]
    if not lost or len(lost) < FAR_BELOW * len(run.results) or lost[0] is run.best:
        return []
    counts = Counter((axis, r.values[axis]) for r in lost for axis in run.axes)
    causes = [
        f"{axis} {cut(axis_value(cell, run.axes[axis]), 40)}"
        for (axis, cell), count in counts.most_common()
        if len(run.axes[axis]) > 1
        and len(run.at(axis, cell)) < len(run.scored)
        and count >= ALL_BUT_ALL * len(run.at(axis, cell))
    ]
    whose = f" Nearly all points with {listed(causes, most=3)} are." if causes else ""
    return [
        Advice(
            "below",
            f"{len(lost):,} of {counted(len(run.results), 'point')} are worse than no model.",
            f"They score clearly below the moving average of the label.{whose} They need not be "
            "trained again.",
        )
    ]


def leak(run: Run) -> list[Advice]:
    """A score that is too good; simulated data tell their truth and are left alone."""
    simulated = any(row["truth"] == row["truth"] for row in run.terms)
    if not run.best.scored or not run.best.r2 >= LEAK[run.task.name] or simulated:
        return []
    weights = feature_weights(run)
    named = ""
    if weights:
        name, part = next(iter(weights.items()))
        named = f" {cut(name, 40)} carries {share(part)} of the weight: "
        named += "would it be known when a prediction is wanted?"
    return [
        Advice(
            "leak",
            f"r2 {number(run.best.r2, 0.1)} is probably a leak.",
            f"Real labels are seldom told this well by what comes before them.{named}",
        )
    ]
