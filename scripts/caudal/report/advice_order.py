"""What a finished run says about the order of its rows: that the score speaks of some only."""

import numpy as np

from caudal.data.stretches import BY_FILES
from caudal.ranking.curves import score_from
from caudal.ranking.order import Difference, Order, order_of
from caudal.ranking.run import Run
from caudal.report.advice_grid import Advice
from caudal.wording import counted, cut, listed, number, share

MOST_NAMED = 3
TENTHS = ("first", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "last")


def order(run: Run) -> list[Advice]:
    """Where the stretches of the stream differ, that comes before all else."""
    found = order_of(run)
    if not found.differs:
        return []
    if found.mixed:
        headline = "Mix the rows more: the stream still changes."
        what = "Raise stream.mux.active, or lower stream.mux.piece."
    elif found.time:
        headline = "The stream changes with time: the score speaks of its last stretch."
        telling = f"The column {cut(found.time, 40)} tells"
        telling = "The names of the files tell" if found.time == BY_FILES else telling
        what = (
            f"{telling} that they come in the order of time, so nothing is to be mixed; judge a "
            "model by rows as recent as those it is meant for, and expect the same changes again."
        )
    else:
        headline = "Set stream.order: mux, unless the rows come in the order of time."
        what = (
            "Points are ranked by rows unlike those that they have learned, which favours few "
            "features and fast rates: mixed, the ranking may be another."
        )
    return [Advice("order", headline, f"{_what_differs(found)} {_what_counts(run)}{what}")]


def _what_differs(order: Order) -> str:
    """The differences in a sentence, with the figures of the first."""
    first, *rest = order.differences
    names = [cut(d.column, 40) for d in rest if d.column]
    names = list(dict.fromkeys(name for name in names if name != first.column))
    more = f"; so do {listed(names, MOST_NAMED)}" if len(names) > 1 else ""
    more = f"; so does {names[0]}" if len(names) == 1 else more
    return f"The rows differ along the stream: {_figures(first)}{more}."


def _figures(found: Difference) -> str:
    """What differs, and from where to where it goes."""
    name = cut(found.column or "", 40)
    if found.what == "levels" and found.level is None:
        return f"{name} has other levels in each stretch"
    whose = {
        "mean": f"the mean of {name}",
        "missing": f"the share of rows without {name}",
        "levels": f"the share of {name}={cut(found.level or '(missing)', 40)}",
        "loss": "the benchmark's loss",
    }
    said = number if found.what in ("mean", "loss") else share
    places = [int(place(found.stretches)) for place in (np.argmin, np.argmax)]
    low, high = (f"{said(found.stretches[p])} in the {TENTHS[p]}" for p in places)
    return f"{whose[found.what]} goes from {low} to {high} tenth"


def _what_counts(run: Run) -> str:
    start = score_from(run)
    if not start:
        return ""
    rows = counted(round(run.best.rows - start), "row")
    return f"The score counts the last {rows} only. "
