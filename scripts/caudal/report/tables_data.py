"""Tables of the data: sources, columns, rejected rows."""

from caudal.ranking.run import Run
from caudal.report.frame import Scale
from caudal.report.markup import Markup, tag, void
from caudal.report.tables import NUMBER, cell, level_count, table
from caudal.wording import cut, number, share

COLOURS = 7


def sources(run: Run) -> Markup:
    """A row per source: what came in, what was kept, what not and why, the labels."""
    classes = run.manifest.get("classes", [])
    ends = _range(run.manifest["sources"])
    rows = []
    for source in run.manifest["sources"]:
        gone = {**source["rejects"], **source["dropped"]}
        why = "; ".join(f"{cut(reason, 60)}: {count:,}" for reason, count in gone.items())
        counts = [source[key] for key in ("rows_in", "rows", "rows_rejected", "rows_dropped")]
        cells = [cell(f"{count:,}", count) for count in counts]
        told = _spread(source["label"], ends) if ends else _balance(source["labels"], classes)
        labels = tag("td", told)
        rows.append(
            tag("tr", tag("td", cut(source["file"], 60)), *cells, tag("td", why or "–"), labels)
        )
    numbers = [(name, NUMBER) for name in ("rows read", "kept", "rejected", "dropped")]
    heads = ["source", *numbers, "why", "labels"]
    if ends:
        said = (
            f"Labels: the middle half of them, and from 5 % to 95 %, between {number(ends[0])} and "
            f"{number(ends[1])}."
        )
        return table(heads, rows, class_="sortable") + tag("p", said, class_="note")
    key = [
        tag("span", tag("i", class_=f"k{min(i, COLOURS)}"), cut(name, 40))
        for i, name in enumerate(classes[: COLOURS + 1])
    ]
    return table(heads, rows, class_="sortable") + tag("p", "Labels:", *key, class_="note key")


def _range(sources: list[dict]) -> tuple[float, float] | None:
    """From which to which number the labels' 5 % and 95 % reach; None where they are classes."""
    found = [q for source in sources for q in (source.get("label") or {}).get("quantiles", [])]
    return (min(found), max(found)) if found else None


def _spread(label: dict, ends: tuple[float, float]) -> Markup | str:
    """How the labels of a source are spread: quantiles on one scale for all sources."""
    if not label["quantiles"]:
        return "–"
    x = Scale(*ends, 4, 126)
    least, lower, middle, upper, most = (f"{x(q):.1f}" for q in label["quantiles"])
    said = (
        f"mean {number(label['mean'], label['std'] / 50)}, deviation {number(label['std'])}, "
        f"median {number(label['quantiles'][2])}, from {number(label['min'])} to "
        f"{number(label['max'])}"
    )
    return tag(
        "svg",
        void("line", x1=least, x2=most, y1=7, y2=7, class_="b"),
        void("line", x1=lower, x2=upper, y1=7, y2=7),
        void("circle", cx=middle, cy=7, r=3),
        class_="err", viewBox="0 0 130 14", data_tip=said, role="img", aria_label=said,
    )  # fmt: skip


def _balance(labels: dict[str, int], classes: list[str]) -> Markup:
    total = sum(labels.values()) or 1
    parts = [(min(i, COLOURS), labels.get(name, 0) / total) for i, name in enumerate(classes)]
    said = "\n".join(
        f"{cut(n, 40)}: {labels.get(n, 0):,} ({share(labels.get(n, 0) / total)})"
        for n in classes[:12]
    )
    bars = (tag("i", class_=f"k{i}", style=f"width:{100 * part:.2f}%") for i, part in parts if part)
    return tag("div", *bars, class_="mini", data_tip=said, role="img", aria_label=said)


def columns(run: Run) -> Markup:
    """A row per column of the data."""
    rows = []
    for name, column in run.manifest["columns"].items():
        if "levels" in column:
            top = list(column["top_levels"].items())[:4]
            said = ", ".join(f"{cut(level, 24) or '(missing)'} ({n:,})" for level, n in top)
            said = f"{level_count(column)} levels: {said}" + (", …" if column["levels"] > 4 else "")
        elif column.get("mean") is not None:
            mean, spread = number(column["mean"], column["std"] / 50), number(column["std"])
            ends = f"from {number(column['min'])} to {number(column['max'])}"
            said = f"mean {mean}, deviation {spread}, {ends}"
        else:
            said = "–"
        missing = cell(f"{column['missing']:,}", column["missing"])
        cells = [tag("td", cut(name, 60)), tag("td", column["kind"]), missing, tag("td", said)]
        rows.append(tag("tr", *cells))
    return table(["column", "kind", ("missing", NUMBER), "what it holds"], rows, class_="sortable")


def rejects(run: Run) -> Markup | None:
    """The first rejected rows of each source."""
    rows = [
        tag("tr", tag("td", cut(source, 40)), cell(row["line"]), tag("td", row["reason"]),
            tag("td", cut(row["detail"], 120)), tag("td", cut(row["row"], 120), class_="id"))
        for source, found in run.rejects.items() for row in found
    ]  # fmt: skip
    return table(["source", ("line", NUMBER), "reason", "detail", "row"], rows) if rows else None
