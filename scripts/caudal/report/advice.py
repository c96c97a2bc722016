"""What to do next: what a finished run says about its grid, its data and its model."""

import math

from caudal.models.score_record import fate
from caudal.ranking.comparison import last_doubling, lead_over_benchmark, turning_point
from caudal.ranking.run import Run
from caudal.report import advice_grid, advice_model
from caudal.report.advice_grid import Advice, negligible
from caudal.wording import counted, listed, number, share, signed

MOST_CALIBRATION_ERROR = 0.03
"""Mean distance of probabilities from what came true, beyond chance, up to which all is well."""

MOST_REJECTED = 0.001
"""Share of the rows that may be left out without a word."""


def advise(run: Run) -> list[Advice]:
    """All that is worth doing next, the most urgent first."""
    rules = (
        _benchmark, advice_model.leak, _diverged, _failed, advice_model.scales, _drift,
        advice_model.learners, advice_grid.edges, advice_model.below, _rows, advice_grid.idle,
        advice_grid.simpler, _collisions, _calibration, _rejected, advice_grid.one_point,
    )  # fmt: skip
    return [advice for rule in rules for advice in rule(run)]


def _benchmark(run: Run) -> list[Advice]:
    """Nothing else matters where the best point is no better than the label's average."""
    if not run.best.scored:
        return [
            Advice(
                "benchmark",
                "No point has a score.",
                f"All of them diverged: {advice_model.how_to_tame(run)}."
                if fate(run.best.record) == "diverged"
                else f"Of the first one {run.best.record['failure']}",
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
            f"to {signed(gain.high, gain.reach)}). Check that the label is the right column; "
            f"{advice_model.how_to_tame(run)}; try other features or more rows.",
        )
    ]


def _diverged(run: Run) -> list[Advice]:
    return _without_score(
        run,
        "diverged",
        "Their weights grew beyond all numbers, so they have no score. To keep them, "
        f"{advice_model.how_to_tame(run)}: ",
    )


def _failed(run: Run) -> list[Advice]:
    return _without_score(
        run, "failed", "Their learners ended in an error, which logs/fit tells, so no score: "
    )


def _without_score(run: Run, how: str, words: str) -> list[Advice]:
    gone = [r for r in run.results if not r.scored and fate(r.record) == how]
    if not gone or not run.best.scored:
        return []
    points = listed([result.point for result in gone[:5]], most=5)
    more = "…" if len(gone) > 5 else ""
    return [Advice(how, f"{counted(len(gone), 'point')} {how}.", f"{words}{points}{more}.")]


def _drift(run: Run) -> list[Advice]:
    turn = turning_point(run.best)
    if turn is None:
        return []
    row, before, after = turn
    return [
        Advice(
            "drift",
            f"The stream changes around row {row:,}.",
            f"There the best point's lead over the benchmark falls from {signed(before)} to "
            f"{signed(after)}. If the rows are sorted, stream.order: mux mixes them; if the world "
            "changed, a constant learning_rate follows it.",
        )
    ]


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
            f"Its lead over the benchmark changed by {gain} in the last doubling of the rows; see "
            "the loss over stream time below."
        )
    elif negligible(trend, run):
        headline = "More rows alone would change little."
        detail = (
            f"The last doubling of the rows changed the lead over the benchmark by {gain}. Better "
            "features or more interactions come first."
        )
    else:
        headline = "Whether more rows help cannot be said yet."
        detail = (
            f"The last doubling of the rows changed the lead over the benchmark by {gain}, "
            "which leaves both open."
        )
    return [Advice("rows", headline, detail)]


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


def calibration_error(bins: list[dict]) -> tuple[float, float]:
    """The mean distance between predicted and seen share, weighted by the rows of each bin.

    And what it would be by chance alone, if all probabilities were right.
    """
    rows = sum(b["rows"] for b in bins)
    if not rows:
        return math.nan, math.nan
    apart = sum(b["rows"] * abs(b["mean_probability"] - b["share"]) for b in bins)
    spreads = (b["rows"] * b["mean_probability"] * (1 - b["mean_probability"]) for b in bins)
    chance = sum(math.sqrt(2 / math.pi * max(0.0, spread)) for spread in spreads)
    return apart / rows, chance / rows


def _calibration(run: Run) -> list[Advice]:
    error, chance = calibration_error(run.best.record.get("calibration") or [])
    if not error - chance > MOST_CALIBRATION_ERROR:
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
