"""What a run says when it has ended well."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from caudal import checked_json
from caudal.config.grid import Point
from caudal.errors import UserError
from caudal.wording import listed, printable

RESULTS = Path("results")


def say(points: Iterable[Point]) -> None:
    """Print where the report is, and whether the score speaks of some of the rows only."""
    print("Caudal: done. Open results/report.html in a browser.")
    with suppress(UserError):  # what is missing or damaged is no matter of this sentence
        if said := about_order(points):
            print(f"Caudal: {printable(said)}")


def about_order(points: Iterable[Point]) -> str | None:
    """A sentence where the rows differ along the stream; raises UserError where files are not there
    or not whole. Its imports are not those of a run's start.
    """
    from caudal.data import stretches
    from caudal.models.score_record import BEST, NAME, read_score
    from caudal.ranking.order import find_order

    found = checked_json.read(RESULTS / "data" / stretches.NAME)
    record = read_score(RESULTS / BEST / NAME)
    order = find_order(found, record, (p.parameters.get("extractor", {}) for p in points))
    if not order.differs:
        return None
    names = list(dict.fromkeys(d.column or "the benchmark's loss" for d in order.differences))
    advice = "the report says what that means"
    if not order.time and not order.mixed:
        advice = "unless they come in the order of time, set stream.order: mux"
    return (
        f"the rows differ along the stream ({listed(names, most=3)}), and the score speaks of the "
        f"last ones only; {advice}."
    )
