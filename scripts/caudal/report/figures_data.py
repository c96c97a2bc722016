"""Figures of the data: the labels along the stream."""

from caudal.data.tasks import LABEL_KINDS
from caudal.ranking.curves import score_from
from caudal.ranking.run import Run
from caudal.report.frame import Frame, Scale, notice, span
from caudal.report.markup import Markup
from caudal.wording import cut, number, share, short

WIDTH = 1080
MOST_CLASSES = 7


def labels(run: Run) -> Markup:
    """The share of each class in every stretch of the data, stacked, the rarest together; of a
    number its mean.
    """
    told = run.stretches.get("labels") or {}
    stretches = [counts for counts in told.get("counts", []) if sum(counts)]
    if len(stretches) < 2:
        return _means(run)
    shown = _classes(run, told["names"])
    rows = run.stretches["rows"]
    frame = Frame(WIDTH, 300, "Labels along the stream", top=52)
    x, y = Scale(0, rows, *frame.across), Scale(0, 100, *frame.upward)
    frame.x_axis(x, "rows of the data, in the order of the files")
    frame.y_axis(y, "share of the rows (%)", 5)
    for place, counts in enumerate(stretches):
        left, right = (x(rows * (place + end) / len(stretches)) for end in (0, 1))
        foot = 0.0
        for colour, (name, places) in enumerate(shown):
            part = 100 * sum(counts[i] for i in places) / sum(counts)
            said = f"{cut(name, 60)}: {share(part / 100)}"
            high = y(foot) - y(foot + part)
            frame.rect(left + 1, y(foot + part), right - left - 2, high, f"f{colour}", said)
            foot += part
    entries = [("box", f"f{i}", cut(name, 24)) for i, (name, _) in enumerate(shown)]
    frame.legend([*entries, *_mark_score(run, frame, x)], 16)
    return frame.svg()


def _means(run: Run) -> Markup:
    columns = run.stretches.get("columns", [])
    label = next((c for c in columns if c["kind"] in LABEL_KINDS and c["what"] == "mean"), None)
    if label is None:
        return notice("The rows are too few to tell how the label goes along the stream.")
    means, rows = label["stretches"], run.stretches["rows"]
    frame = Frame(WIDTH, 300, "Label along the stream", top=52)
    x, y = Scale(0, rows, *frame.across), Scale(*span(means), *frame.upward)
    frame.x_axis(x, "rows of the data, in the order of the files")
    frame.y_axis(y, f"mean of {cut(label['column'], 60)}", 5)
    places = [rows * (place + 0.5) / len(means) for place in range(len(means))]
    frame.path([(x(p), y(mean)) for p, mean in zip(places, means, strict=True)], "top")
    for place, mean in zip(places, means, strict=True):
        frame.dot(x(place), y(mean), "f0", f"around row {place:,.0f}: {number(mean)}")
    frame.legend(_mark_score(run, frame, x), 16)
    return frame.svg()


def _mark_score(run: Run, frame: Frame, x: Scale) -> list[tuple[str, str, str]]:
    """A line where the score begins; returns its entry in the legend."""
    start = score_from(run)
    if not start:
        return []
    frame.line(x(start), frame.upward[1] - 6, x(start), frame.upward[0], "bench")
    return [("line", "bench", f"the score begins (row {short(start)})")]


def _classes(run: Run, names: list) -> list[tuple[str, list[int]]]:
    """The classes that have a colour, each with its places among ``names``; the rest are one."""
    place = {name: i for i, name in enumerate(run.manifest.get("classes", []))}
    frequent = [name for name in names if name is not None]  # the most frequent first
    kept = frequent[:] if len(frequent) <= MOST_CLASSES else frequent[: MOST_CLASSES - 1]
    found = [
        (name, [names.index(name)]) for name in sorted(kept, key=lambda n: place.get(n, len(place)))
    ]
    rest = [i for i, name in enumerate(names) if name not in kept]
    return [*found, ("all others", rest)] if rest else found
