"""The rungs of a search by halving: how many points came to each, who went on, and why."""

from collections import Counter

from caudal.ranking.run import Run
from caudal.ranking.rung_tables import Place
from caudal.report import tables
from caudal.report.glance import note
from caudal.report.markup import Markup, join, tag
from caudal.wording import counted, number, share


def rungs(run: Run) -> Markup:
    """What each rung came to, and for each of its points."""
    visits, rows = 0, 0
    for rung, places in run.rungs:
        visits += len(places) * (rung.rows - rows)
        rows = rung.rows
    all_rows = rows * len(run.rungs[0][1])
    said = note(
        f"By successive halving the {counted(len(run.results), 'point')} learned {visits:,} rows "
        f"in all, {share(visits / all_rows)} of what the whole grid would have. On each rung the "
        "best go on, and with them those that the paired difference on the same batches cannot "
        "tell from the last of these, the cut. A score is of the rows that its point has learned, "
        "so only points of the same rung compare."
    )
    return join([said, _summary(run), tag("h3", "Who went on, and why"), _places(run)])


def _summary(run: Run) -> Markup:
    """A row per rung."""
    rows = []
    for rung, places in run.rungs:
        reasons = Counter(place.why for place in places if place.goes_on)
        why = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())
        lost = Counter(place.why for place in places if not place.goes_on)
        cells = [
            tables.cell(rung.rung),
            tables.cell(f"{rung.rows:,}", float(rung.rows)),
            tables.cell(f"{len(places):,}"),
            tables.cell(f"{sum(reasons.values()):,}" if why else "–"),
            tag("td", why or "–"),
            tag("td", ", ".join(f"{count:,} {reason}" for reason, count in lost.items()) or "–"),
            tables.cell(_score(places[0].score)),
            tag("td", tag("code", places[0].point), class_="tight"),
        ]
        rows.append(tag("tr", *cells))
    heads = [
        *((name, tables.NUMBER) for name in ("rung", "rows", "points", "went on")),
        "why", "the others", ("best score", tables.NUMBER), "best point",
    ]  # fmt: skip
    return tables.table(heads, rows)


def _places(run: Run) -> Markup:
    """A row per point and rung, sortable and searchable."""
    ranks = {result.point: result.rank for result in run.results}
    rows, plain = [], []
    for rung, places in run.rungs:
        for place in places:
            plain.append([rung.rung, *place])
            cells = [
                tables.cell(rung.rung),
                tables.cell(place.place),
                tag("td", tag("code", place.point), class_="tight"),
                tables.cell(_score(place.score), place.score),
                tables.cell(_behind(place), place.behind),
                tag("td", "yes" if place.goes_on else "no"),
                tag("td", place.why),
            ]
            rows.append(tag("tr", *cells, data_rank=ranks.get(place.point)))
    heads = [
        *((name, tables.NUMBER) for name in ("rung", "place")), "point",
        *((name, tables.NUMBER) for name in ("score", "behind the cut")), "goes on", "why",
    ]  # fmt: skip
    link = tables.download("rungs.csv", ["rung", *Place._fields], plain)
    above = tables.tools("rungs-table", "search points, rungs, reasons", link)
    return above + tables.table(heads, rows, "rungs-table", "sortable searchable")


def _score(score: float | None) -> str:
    return "–" if score is None else number(score, 1e-4 * abs(score))


def _behind(place: Place) -> str:
    if place.behind is None or place.at_least is None:
        return "–"
    return number(place.behind, place.behind - place.at_least) if place.behind else "the same"
