"""What a run says when it has ended."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from caudal import checked_json
from caudal.config.grid import Point
from caudal.errors import UserError
from caudal.predictions.record import read_record
from caudal.wording import counted, listed, printable
from caudal.workflow.plan import MODEL_FILE, REPORT, RunPlan

RESULTS = Path("results")


def say_done(plan: RunPlan) -> None:
    """Print where the report and the predictions are, and whether the score speaks of some of the
    rows only.
    """
    for predicted in about_predictions(plan):
        print(f"Caudal: {printable(predicted)}")
    if stale := about_report():
        print(f"Caudal: done. {stale}")
    else:
        print(f"Caudal: done.{f' Open {REPORT} in a browser.' if REPORT.exists() else ''}")
    with suppress(UserError):  # what is missing or damaged is no matter of this sentence
        if said := about_order(plan.points.values()):
            print(f"Caudal: {printable(said)}")


def say_failed() -> None:
    """Print what is kept, and how it goes on."""
    print(
        "Caudal: some jobs failed; what they said stands above and in logs/. What is finished is "
        "kept:"
    )
    print("Caudal: when the cause is mended, the same command makes the rest.")
    if stale := about_report():
        print(f"Caudal: {stale}")


def about_report() -> str | None:
    """A sentence where the report is of an earlier model than the one that is there."""
    with suppress(FileNotFoundError):
        if MODEL_FILE.stat().st_mtime > REPORT.stat().st_mtime:
            return (
                f"{REPORT} is of an earlier model than {MODEL_FILE}; the command snakemake makes "
                "it anew."
            )
    return None


def about_predictions(plan: RunPlan) -> Iterator[str]:
    """A sentence for each new file that has been predicted."""
    for file in map(Path, plan.predictions):
        with suppress(UserError):  # it was not asked for, or failed
            record = read_record(file)
            said = f"{counted(record['rows'], 'row')} of {record['file']} are predicted in "
            said += str(file.with_name(record["predictions"]))
            if record.get("r2") is not None:
                said += f"; of {counted(record['rows_scored'], 'row')} the label is known: "
                said += f"score {record['score']:.5f}, r2 {record['r2']:.3f}"
            yield said + "."


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
