"""Figures of the data: the labels along the stream."""

from caudal.ranking.curves import score_from
from caudal.ranking.run import Run
from caudal.report.frame import Frame, Scale, notice
from caudal.report.markup import Markup
from caudal.wording import cut, share, short

WIDTH = 1080
MOST_CLASSES = 7


def labels(run: Run) -> Markup:
    """The share of each class in every stretch of the data, stacked; the rarest together."""
    told = run.stretches.get("labels") or {}
    stretches = [counts for counts in told.get("counts", []) if sum(counts)]
    if len(stretches) < 2:
        return notice("There are no labels along the stream: the rows are too few, or numbers.")
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
    if start := score_from(run):
        frame.line(x(start), frame.upward[1] - 6, x(start), frame.upward[0], "bench")
    entries = [("box", f"f{i}", cut(name, 24)) for i, (name, _) in enumerate(shown)]
    if start:
        entries.append(("line", "bench", f"the score begins (row {short(start)})"))
    frame.legend(entries, 16)
    return frame.svg()


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
