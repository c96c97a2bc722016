"""Tables of the measures of predicted classes."""

import math

from caudal.ranking.run import Run
from caudal.report.markup import Markup, join, tag
from caudal.report.tables import NUMBER, cell, table
from caudal.wording import cut, number, share

MOST_BY_CLASS = 50


def measures(run: Run) -> Markup:
    """Log loss, Brier score, AUC and accuracy, beside those of the classes' shares alone."""
    record = run.best.record
    shares = _shares(record.get("by_class") or [])
    rows = []
    for key, name, of_shares, how in (
        ("log_loss", "log loss", _entropy(shares), "lower is better"),
        ("brier", "Brier score", _gini(shares), "lower is better"),
        ("auc", "area under the ROC curve", 0.5, "0.5 is chance, 1 tells all apart"),
        ("accuracy", "accuracy", max(shares, default=math.nan), "share of right predictions"),
    ):
        value = record.get(key)
        if value is not None:
            known = f"{of_shares:.4f}" if math.isfinite(of_shares) else "–"
            rows.append(tag("tr", tag("td", name), cell(f"{value:.4f}"), cell(known),
                            tag("td", how)))  # fmt: skip
    heads = ["", ("best point", NUMBER), ("shares of the classes alone", NUMBER), ""]
    return table(heads, rows)


def by_class(run: Run) -> Markup:
    """Recall and precision of each class."""
    rows = []
    for told in run.best.record["by_class"][:MOST_BY_CLASS]:
        cells = [
            tag("td", cut(told["class"], 60)),
            cell(f"{told['rows']:,}", told["rows"]),
            cell(f"{told['predicted']:,}", told["predicted"]),
            *(
                cell("–" if told[key] is None else share(told[key]), told[key])
                for key in ("recall", "precision")
            ),
        ]
        rows.append(tag("tr", *cells))
    heads = ["class", *((name, NUMBER) for name in ("rows", "predicted", "recall", "precision"))]
    return table(heads, rows, class_="sortable")


def confusion(run: Run) -> Markup:
    """Rows by class (down) and predicted class (across), shaded by their share of the class."""
    names = [told["class"] for told in run.best.record["by_class"]]
    rows = []
    for name, counts in zip(names, run.best.record["confusion"], strict=True):
        total = sum(counts)
        cells = [
            tag("td", f"{count:,}", class_="n", data_tip=_said(name, other, count, total),
                style=f"background:rgba(0,114,178,{0.45 * count / total:.3f})" if total else None)
            for other, count in zip(names, counts, strict=True)
        ]  # fmt: skip
        rows.append(tag("tr", tag("th", cut(name, 30), scope="row"), *cells))
    heads = ["class ↓ predicted →", *((cut(name, 30), NUMBER) for name in names)]
    return tag("div", table(heads, rows), class_="confusion")


def _said(name: str, other: str, count: int, total: int) -> str:
    part = share(count / total) if total else number(math.nan)
    return f"{cut(name, 40)} predicted as {cut(other, 40)}: {count:,} ({part})"


def _shares(told: list[dict]) -> list[float]:
    rows = sum(each["rows"] for each in told)
    return [each["rows"] / rows for each in told] if rows else []


def _entropy(shares: list[float]) -> float:
    return -sum(p * math.log(p) for p in shares if p) if shares else math.nan


def _gini(shares: list[float]) -> float:
    """The Brier score of the shares: of two classes that of one of them."""
    if not shares:
        return math.nan
    whole = 1 - sum(p * p for p in shares)
    return whole / 2 if len(shares) == 2 else whole


def usual_measures(run: Run) -> Markup | None:
    """All of them; None where the record tells none."""
    record = run.best.record
    if record.get("accuracy") is None:
        return None
    parts = [measures(run)]
    if record.get("by_class"):
        parts += [tag("h3", "By class"), by_class(run)]
    if record.get("confusion"):
        parts += [tag("h3", "Confusion table"), confusion(run)]
    return join(parts)
