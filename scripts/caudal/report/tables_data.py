"""Tables of the data: sources, columns, rejected rows."""

from caudal.ranking.run import Run
from caudal.report.markup import Markup, tag
from caudal.report.tables import NUMBER, cell, level_count, table
from caudal.wording import cut, number, share

COLOURS = 7


def sources(run: Run) -> Markup:
    """A row per source: what came in, what was kept, what not and why, the labels."""
    classes = run.manifest.get("classes", [])
    rows = []
    for source in run.manifest["sources"]:
        gone = {**source["rejects"], **source["dropped"]}
        why = "; ".join(f"{cut(reason, 60)}: {count:,}" for reason, count in gone.items())
        counts = [source[key] for key in ("rows_in", "rows", "rows_rejected", "rows_dropped")]
        cells = [cell(f"{count:,}", count) for count in counts]
        labels = tag("td", _balance(source["labels"], classes))
        rows.append(
            tag("tr", tag("td", cut(source["file"], 60)), *cells, tag("td", why or "–"), labels)
        )
    numbers = [(name, NUMBER) for name in ("rows read", "kept", "rejected", "dropped")]
    heads = ["source", *numbers, "why", "labels"]
    key = [
        tag("span", tag("i", class_=f"k{min(i, COLOURS)}"), cut(name, 40))
        for i, name in enumerate(classes[: COLOURS + 1])
    ]
    return table(heads, rows, class_="sortable") + tag("p", "Labels:", *key, class_="note key")


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
