"""The stream source by source, as it grows: losses, and who would have been the best before."""

from caudal.ranking.run import Run
from caudal.report.markup import Markup, join, tag
from caudal.report.tables import NUMBER, cell, table
from caudal.wording import cut, number

MOST = 60
"""Sources in the table, the last ones."""


def days(run: Run) -> Markup | None:
    """A row per source and a sentence on the best point; None where there is one source only."""
    found = run.best.record.get("sources") or []
    if not found:
        return None
    shown = found[-MOST:]
    heads = [
        "source",
        *((name, NUMBER) for name in ("rows", f"{run.loss} of the best", "of the benchmark", "r2")),
    ]
    return join(
        [
            tag("h3", "Source by source"),
            tag("p", _yesterday(run, found[-1]["source"]), class_="note"),
            table(heads, [_row(source) for source in shown], class_="sortable"),
        ]
    )


def _row(source: dict) -> Markup:
    loss, benchmark = source["loss"], source["benchmark_loss"]
    known = loss is not None and benchmark
    cells = [cell(f"{source['rows']:,}", source["rows"])]
    for value in (loss, benchmark, 1 - loss / benchmark if known else None):
        cells.append(cell("–" if value is None else number(value, 0.0002), value))
    return tag("tr", tag("td", cut(source["source"], 60)), *cells)


def _yesterday(run: Run, last: str) -> str:
    """Whether the best point would have been the best without the last source."""
    then = {result.rank: result.record.get("yesterday") for result in run.scored}
    scores = {rank: score for rank, score in then.items() if score is not None}
    own = scores.get(run.best.rank)
    if own is None:
        return f"Without {cut(last, 60)} there would have been no score."
    first = max(scores, key=lambda rank: scores[rank])
    if scores[first] == own:
        return f"The best point would have been the best without {cut(last, 60)}, too."
    return (
        f"Without {cut(last, 60)} the best point would have been #{first}, with a score of "
        f"{number(scores[first], 0.00002)}; today's best had {number(own, 0.00002)}."
    )
