"""The sections of the page, in the order in which a reader asks."""

import math

from caudal.data.tasks import CLASSIFICATION, REGRESSION
from caudal.ranking.order import used_columns
from caudal.ranking.run import Run
from caudal.report import tables, tables_data
from caudal.report.advice import calibration_error
from caudal.report.days import days
from caudal.report.drawings import Drawings
from caudal.report.figures_grid import main_axes
from caudal.report.frame import Notice
from caudal.report.glance import glance, note
from caudal.report.markup import Markup, join, tag
from caudal.report.parameter_words import axis_value
from caudal.report.tables_classes import usual_measures
from caudal.wording import counted, cut, listed, share

TRUST = {CLASSIFICATION.name: "Calibration and drift", REGRESSION.name: "Predictions and drift"}


def all_sections(run: Run, drawn: Drawings) -> list[tuple[str, str, Markup]]:
    """Every section as (its anchor, its name, what it holds)."""
    shown = [
        ("glance", "At a glance", glance(run, drawn)),
        ("ranking", "Ranking", ranking(run)),
        ("measures", "Measures", measures(run)),
        ("learning", "Learning", drawn.place("learning_curves")),
        ("parameters", "Parameters", parameters(run, drawn)),
        ("coefficients", "Coefficients", coefficients(run, drawn)),
        ("trust", TRUST[run.task.name], trust(run, drawn)),
        ("data", "Data", data(run, drawn)),
        ("costs", "Costs", costs(run, drawn)),
    ]
    return [(key, name, body + drawn.rest(key)) for key, name, body in shown if body is not None]


def ranking(run: Run) -> Markup:
    """The table of all points."""
    how = note(
        "The best first; a click on a heading sorts. “Behind the best” is the paired difference "
        "with its 95 % interval; the grey line in the bars is the benchmark. The best of many "
        "noisy scores flatters a little: what counts is the paired lead. Points that predict the "
        "same stand behind the first of them."
    )
    return how + tables.ranking(run)


def measures(run: Run) -> Markup | None:
    """What teams speak of, of the best point; None where its record tells nothing of it."""
    found = usual_measures(run)
    if found is None:
        return None
    rows = run.best.record["measured_rows"]
    positive = run.manifest.get("positive")
    half = f" {cut(positive, 40)} is predicted from a probability of a half on." if positive else ""
    how = note(
        f"Of the best point, over the {counted(rows, 'row')} in the score, each predicted before "
        f"it was learned.{half} All rows count alike, whatever they weigh in learning. Accuracy "
        "says little where one class is rare: see its recall and precision."
    )
    return how + found


def parameters(run: Run, drawn: Drawings) -> Markup:
    """Score against each parameter, and the heat map."""
    parts = [drawn.place("parameters"), _named_sets(run)]
    axes = main_axes(run)
    if len(axes) > 1:
        parts += [
            tag("h3", f"{cut(axes[0], 40)} and {cut(axes[1], 40)} matter most"),
            drawn.place("heat_map"),
        ]  # fmt: skip
    return join(parts)


def _named_sets(run: Run) -> Markup | None:
    """What the names of sets of features stand for."""
    named = {n: c for axis in run.axes.values() for c, n in getattr(axis, "names", {}).items()}
    said = "; ".join(
        f"{cut(name, 40)}: {cut(axis_value(cell), 300)}" for name, cell in named.items()
    )
    return note(f"{said}.") if said else None


def coefficients(run: Run, drawn: Drawings) -> Markup:
    """The best model's terms."""
    if not run.terms:
        return note(
            "There is no results/best/coefficients.csv: models without linear weights have no "
            "named terms."
        )
    weights = run.weights
    collided = weights["collided"] / weights["all"] if weights["all"] else 0.0
    if weights["collided_terms"]:
        said = (f"{weights['collided_terms']:,} of {weights['terms']:,} terms share a column with "
                f"another; {share(collided)} of the weight sits there.")  # fmt: skip
    else:
        said = "No two terms share a column, so every coefficient is its term's own."
    parts = [note(said), drawn.place("coefficients")]
    if not isinstance(drawn.drawn["importance"], Notice):
        parts += [tag("h3", "Weight of each feature"), drawn.place("importance")]
    found = tables.levels(run)
    if found:
        parts += [tag("h3", "Categorical features"), found]
    if any(math.isfinite(row["truth"]) for row in run.terms):
        parts += [tag("h3", "Against the truth"),
                  _beside(drawn.place("truth"), note(_truth(run)))]  # fmt: skip
    shown = min(len(run.terms), tables.MOST_TERM_ROWS)
    if run.terms_in_all > shown:
        parts.append(tag("h3", "Largest terms"))
        parts.append(note(f"The {shown:,} largest of {run.terms_in_all:,} rows of "
                          "results/best/coefficients.csv."))  # fmt: skip
    else:
        parts.append(tag("h3", "All terms"))
    return join([*parts, tables.terms(run)])


def _truth(run: Run) -> str:
    pairs = [(r["coefficient"], r["truth"]) for r in run.terms if math.isfinite(r["truth"])]
    error = math.sqrt(sum((c - t) ** 2 for c, t in pairs) / len(pairs))
    signs = sum(c * t > 0 for c, t in pairs)
    return (
        "The data are simulated, so the true coefficients are known; regularisation and the one "
        "pass pull towards zero. "
        f"Of {len(pairs):,} terms, the largest learned, {signs:,} bear the sign of the truth; the "
        f"root mean square error is {error:.2g}."
    )


def _beside(figure: Markup, *words: Markup) -> Markup:
    return tag("div", figure, tag("div", *words), class_="pair")


def trust(run: Run, drawn: Drawings) -> Markup:
    """Whether predictions come true, and the loss over stream time."""
    parts = [_predicted(run, drawn) if run.task is REGRESSION else _calibration(run, drawn)]
    parts.append(tag("h3", "Loss over stream time"))
    if run.best.record.get("drift"):
        parts.append(drawn.place("drift"))
    else:
        parts.append(note("The record of the best point holds no losses along the stream."))
    return join([*parts, days(run)])


def _calibration(run: Run, drawn: Drawings) -> Markup:
    bins = run.best.record.get("calibration")
    if not bins:
        return note("The record of the best point holds no calibration.")
    error, chance = calibration_error(bins)
    said = (
        f"Do probabilities come true? On average they are {error:.3f} apart from the shares "
        f"that did, of which chance alone makes {chance:.3f}."
    )
    return _beside(drawn.place("calibration"), note(said), tables.calibration(bins))


def _predicted(run: Run, drawn: Drawings) -> Markup:
    groups = run.best.record.get("predicted_true") or []
    said = note(
        "Do predictions come true? The rows in groups by their prediction, the least first."
    )
    return join([
        _beside(drawn.place("predicted_true"), said, tables.predicted_true(groups)),
        tag("h3", "Residuals over stream time"),
        drawn.place("residuals"),
    ])  # fmt: skip


def data(run: Run, drawn: Drawings) -> Markup:
    """Sources, labels along the stream, columns, rejected rows."""
    if not run.manifest:
        return note("There is no results/data/manifest.json, so nothing can be said of the data.")
    m = run.manifest
    said = (
        f"{m['rows']:,} of {m['rows_in']:,} rows were kept; {m['rows_rejected']:,} rejected as "
        f"bad, {m['rows_dropped']:,} dropped for missing values."
    )
    parts: list[Markup | None] = [note(said)]
    if m.get("notes"):
        items = (tag("li", cut(said, 300)) for said in m["notes"][:50])
        parts += [tag("h3", f"{counted(len(m['notes']), 'note')} from reading"), tag("ul", *items)]
    parts += [
        tables_data.sources(run),
        tag("h3", "Labels along the stream"),
        drawn.place("labels"),
        tag("h3", "Columns"),
        _unused(run),
        tables_data.columns(run),
    ]
    found = tables_data.rejects(run)
    if found:
        parts += [tag("h3", "Rejected rows"), note("The first of each source; all of them stand in "
                  "results/data/<source>/rejects.csv."), found]  # fmt: skip
    return join(parts)


def _unused(run: Run) -> Markup | None:
    """Which columns no point uses; None where all are used or a point takes whatever there is."""
    used = used_columns(r.record.get("parameters", {}).get("extractor", {}) for r in run.results)
    if used is None:
        return None
    columns = run.manifest["columns"]
    left = [
        n for n, c in columns.items() if c["kind"] in ("numeric", "categorical") and n not in used
    ]
    return note(f"No point uses {listed(left, most=12)}.") if left else None


def costs(run: Run, drawn: Drawings) -> Markup:
    """What points cost, and what more rows would."""
    return join([
        tables.cost_summary(run),
        drawn.place("costs"),
        tag("h3", "At ten and a hundred times the rows"),
        note("One pass costs in proportion to the rows, while memory does not grow with them; to "
             "this comes the start of each job, a few seconds that do not grow either. A model "
             "grows with the columns that its rows touch."),
        tables.extrapolation(run),
        tag("h3", "Every point"),
        tables.costs(run),
    ])  # fmt: skip
