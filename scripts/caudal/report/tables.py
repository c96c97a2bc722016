"""Tables of the page, and their downloads."""

import base64
import csv
import io
import math

from caudal.models.score_record import COSTS, fate
from caudal.ranking.comparison import distinct, lead, score_estimate
from caudal.ranking.run import Result, Run, is_number
from caudal.report.figures_grid import score_range
from caudal.report.markup import Markup, escape, join, tag, void
from caudal.report.parameter_words import axis_value
from caudal.wording import cut, duration, number, short, signed, size

MOST_TERM_ROWS = 500


def download(name: str, header: list[str], rows) -> Markup:
    """A link that saves a table as CSV; the bytes are in the page."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    data = base64.b64encode(text.getvalue().encode("utf-8", "replace")).decode()
    return tag("a", name, href=f"data:text/csv;charset=utf-8;base64,{data}", download=name)


def tools(table: str, placeholder: str, *links: Markup) -> Markup:
    """The line above a table that can be searched."""
    search = void("input", type="search", placeholder=placeholder, aria_label="search")
    more = tag("button", "show all", type="button")
    get = tag("span", "download: ", join(links), class_="get")
    return tag(
        "div", search, tag("span", class_="count"), more, get, class_="tools", data_for=table
    )


def table(heads: list, rows: list, id_: str | None = None, class_: str = "") -> Markup:
    """A table; a head is a text or a (text, attributes) pair."""
    pairs = [head if isinstance(head, tuple) else (head, {}) for head in heads]
    top = tag("tr", *(tag("th", text, scope="col", **more) for text, more in pairs))
    inner = tag("table", tag("thead", top), tag("tbody", *rows), id=id_, class_=class_ or None)
    return tag("div", inner, class_="scroll")


def cell(words, value=None, right: bool = True) -> Markup:
    """A cell; ``value`` is what it sorts by where that is not its text."""
    if isinstance(value, float):
        value = "" if not math.isfinite(value) else f"{value:.6g}"
    return tag("td", words, class_="n" if right else None, data_v=value)


NUMBER = {"class_": "n"}


def ranking(run: Run) -> Markup:
    """The ranking: a row per point, sortable and searchable."""
    axes = list(run.axes)
    heads = [("rank", NUMBER), ("score", NUMBER), "95 % interval", ("behind the best", NUMBER),
             ("r2", NUMBER), *((axis, {"data_axis": True}) for axis in axes),
             ("seconds", NUMBER), ("model", NUMBER), "point"]  # fmt: skip
    ends = score_range(run) if run.best.scored else (0.0, 1.0)
    alike = {group[0].point: group[1:] for group in distinct(run, len(run.results))}
    rows = []
    for result in run.results:
        folds = len(alike.get(result.point, ())) if result.scored else 0
        folded = result.scored and result.point not in alike
        rows.append(_ranking_row(run, result, axes, ends, folds, folded))
    header = ["rank", "point", "score", "standard_error", "benchmark_score", "r2", "rows", *axes]
    link = download("ranking.csv", header, (_ranking_cells(r, axes) for r in run.results))
    above = tools("ranking-table", "search, such as alpha=0.001 degree=2", link)
    return above + table(heads, rows, "ranking-table", "sortable searchable")


def _ranking_cells(result: Result, axes: list[str]) -> list:
    numbers = [result.score, result.standard_error, result.benchmark_score, result.r2]
    texts = [repr(n) if math.isfinite(n) else "" for n in numbers]
    return [result.rank, result.point, *texts, result.rows, *(result.values[a] for a in axes)]


def _ranking_row(
    run: Run, result: Result, axes: list[str], ends, folds: int, folded: bool
) -> Markup:
    """A row; ``folds`` points after it predict the same, and are ``folded`` until asked for."""
    error = result.standard_error
    behind = None if result is run.best else lead(run.best, result)
    if behind is None:
        gap = cell("–", 0.0 if result is run.best else "")
    elif not behind.reach:
        gap = cell("the same", behind.mean)
    else:
        said = f"{number(behind.mean, behind.reach)} ± {number(behind.reach, behind.reach)}"
        gap = cell(said, behind.mean)
    cells = [
        cell(result.rank),
        cell(number(result.score, error) if result.scored else fate(result.record), result.score),
        cell(_error_bar(result, run, ends), result.score),
        gap,
        cell(number(result.r2, 0.01), result.r2),
        *(_axis_cell(result.values[axis], run.axes[axis]) for axis in axes),
        cell(f"{result.cost['seconds']:.3g}", result.cost["seconds"]),
        cell(size(result.cost["model_bytes"]), result.cost["model_bytes"]),
        tag("td", tag("code", result.point), tag("small", f" +{folds:,} alike") if folds else None,
            class_="tight"),
    ]  # fmt: skip
    class_ = "best" if result is run.best else None
    return tag("tr", *cells, class_=class_, data_rank=result.rank, data_folded=folded)


def _axis_cell(text: str, among: list[str]) -> Markup:
    """A parameter's value, in short; the pointer tells all of it."""
    shown = cut(axis_value(text, among), 44)
    value = text if is_number(text) and shown != text else None
    tip = axis_value(text)
    more = {"data_tip": tip} if tip != shown else {}
    return tag("td", shown, class_="tight" if len(shown) < 32 else "words", data_v=value, **more)


def _error_bar(result: Result, run: Run, ends: tuple[float, float]) -> Markup | str:
    """The score and its 95 % interval, on one scale for all rows; a grey line: the benchmark."""
    if not result.scored or not ends[1] > ends[0]:
        return ""

    def x(value: float) -> str:
        part = (min(max(value, ends[0]), ends[1]) - ends[0]) / (ends[1] - ends[0])
        return f"{4 + 122 * part:.1f}"

    reach = score_estimate(result).reach
    reach = reach if math.isfinite(reach) else 0.0
    b, low, high = x(run.best.benchmark_score), x(result.score - reach), x(result.score + reach)
    return tag(
        "svg",
        void("line", x1=b, x2=b, y1=0, y2=14, class_="b"),
        void("line", x1=low, x2=high, y1=7, y2=7),
        void("circle", cx=x(result.score), cy=7, r=3),
        class_="err", viewBox="0 0 130 14",
    )  # fmt: skip


def terms(run: Run) -> Markup:
    """The largest terms of the best model, sortable and searchable."""
    has_class = any(row.get("class") for row in run.terms)
    has_truth = any(math.isfinite(row["truth"]) for row in run.terms)
    heads = ["term", *(["class"] if has_class else []), ("coefficient", NUMBER),
             *([("truth", NUMBER)] if has_truth else []), ("column", NUMBER),
             ("others in its column", NUMBER)]  # fmt: skip
    rows = []
    for row in run.terms[:MOST_TERM_ROWS]:
        cells = [tag("td", cut(row["term"], 120))]
        cells += [tag("td", cut(row["class"], 60))] if has_class else []
        cells += [cell(signed(row["coefficient"], 0.002), row["coefficient"])]
        cells += [cell(signed(row["truth"], 0.002), row["truth"])] if has_truth else []
        rows.append(tag("tr", *cells, cell(row.get("column") or ""), cell(row["collisions"])))
    names = [n for n in ("term", "column", "coefficient", "collisions", "class", "truth")
             if n in run.terms[0] and (n != "truth" or has_truth)]  # fmt: skip
    link = download("coefficients.csv", names, ([row[n] for n in names] for row in run.terms))
    return tools("terms-table", "search terms", link) + table(
        heads, rows, "terms-table", "sortable searchable"
    )


def levels(run: Run, most: int = 6) -> Markup | None:
    """The largest levels of each categorical feature by themselves, and how often they occur."""
    columns = run.manifest.get("columns", {})
    rows = []
    for name, column in columns.items():
        if column["kind"] != "categorical":
            continue
        own = [
            r
            for r in run.terms
            if r["term"].startswith(f"{name}=") and _is_level(r["term"], columns)
        ]
        shown = [
            f"{cut(r['term'][len(name) + 1 :], 30) or '(missing)'}"
            + (f" ({cut(r['class'], 16)})" if r.get("class") else "")
            + f" {signed(r['coefficient'], 0.02)}"
            for r in own[:most]
        ]
        if shown:
            rows.append(
                tag(
                    "tr",
                    tag("td", cut(name, 40)),
                    cell(level_count(column)),
                    tag("td", ", ".join(shown)),
                )
            )
    return (
        table(["feature", ("levels", NUMBER), "largest coefficients of single levels"], rows)
        if rows
        else None
    )


def _is_level(term: str, columns: dict) -> bool:
    """Whether a term is a level alone: no other factor of a known column follows it."""
    return not any(f"*{name}" in term for name in columns)


def level_count(column: dict) -> str:
    """How many levels a column has."""
    return f"{column['levels']:,}" + ("" if column.get("levels_exact", True) else " or more")


def calibration(bins: list[dict]) -> Markup:
    """The bins of predicted probability."""
    rows = []
    for b in bins:
        words = [f"{b['mean_probability']:.3f}", f"{b['share']:.3f}", f"{b['rows']:,}"]
        rows.append(tag("tr", *map(cell, words)))
    heads = [(name, NUMBER) for name in ("predicted", "came true", "rows")]
    return table(heads, rows)


def predicted_true(groups: list[dict]) -> Markup:
    """The groups of predicted numbers."""
    rows = []
    for g in groups:
        words = [number(g[key], g["spread"] / 50) for key in ("mean_prediction", "mean_label")]
        rows.append(tag("tr", *map(cell, [*words, number(g["spread"]), f"{g['rows']:,}"])))
    heads = [(name, NUMBER) for name in ("predicted", "true", "deviation", "rows")]
    return table(heads, rows)


def cost_summary(run: Run) -> Markup:
    """Least, middle and most of each cost, and the best point's."""
    shown = {
        "seconds": ("seconds", duration),
        "rows_per_second": ("rows per second", short),
        "peak_memory_mb": ("peak memory of its job", lambda mb: size(mb * 2**20)),
        "model_bytes": ("model file", size),
    }
    rows = []
    for key, (name, words) in shown.items():
        values = sorted(v for r in run.results if math.isfinite(v := r.cost[key]))
        if values:
            picked = [run.best.cost[key], values[0], values[len(values) // 2], values[-1]]
            rows.append(tag("tr", tag("td", name), *(cell(words(v)) for v in picked)))
    heads = ["a point", *((h, NUMBER) for h in ("the best", "least", "median", "most"))]
    return table(heads, rows)


def costs(run: Run) -> Markup:
    """What every point cost, sortable and searchable."""
    rows = []
    for result in run.results:
        cost = result.cost
        memory = cost["peak_memory_mb"]
        cells = [
            cell(result.rank),
            tag("td", tag("code", result.point), class_="tight"),
            cell(f"{cost['seconds']:.3g}", cost["seconds"]),
            cell(short(cost["rows_per_second"]), cost["rows_per_second"]),
            cell(size(memory * 2**20), memory),
            cell(size(cost["model_bytes"]), cost["model_bytes"]),
        ]
        rows.append(tag("tr", *cells, data_rank=result.rank))
    numbers = ("seconds", "rows per second", "peak memory of its job", "model file")
    heads = [("rank", NUMBER), "point", *((name, NUMBER) for name in numbers)]
    header = ["point", *COSTS]
    plain = ([r.point, *(r.cost[k] for k in COSTS)] for r in run.results)
    above = tools("costs-table", "search points", download("costs.csv", header, plain))
    return above + table(heads, rows, "costs-table", "sortable searchable")


def extrapolation(run: Run) -> Markup:
    """What the grid would cost at ten and a hundred times the rows."""
    spent = sum(r.cost["seconds"] for r in run.results if math.isfinite(r.cost["seconds"]))
    data = sum(part.get("bytes", 0) for part in run.manifest.get("parts", []))
    rows = []
    for factor, name in ((1, "this run"), (10, "10×"), (100, "100×")):
        times = [duration(spent * factor / cores) for cores in (1, 8, 64)]
        words = [f"{run.best.rows * factor:,}", size(data * factor) if data else "–", *times]
        rows.append(tag("tr", tag("td", name), *map(cell, words)))
    heads = [
        "",
        *((h, NUMBER) for h in ("rows", "Parquet", "compute time", "on 8 cores", "on 64 cores")),
    ]
    return table(heads, rows)


def provenance(run: Run) -> Markup:
    """What the run was made with."""
    record = run.best.record
    made = ", ".join(
        f"{name} {version}" for name, version in (record.get("versions") or {}).items()
    )
    parts = [
        f"Data checksum {record['data_checksum'][:16]}…" if record.get("data_checksum") else None,
        f"seed {run.settings['seed']}" if "seed" in run.settings else None,
        made or None,
    ]
    return tag("p", "Made by Caudal. ", escape("; ".join(part for part in parts if part)), ".")
