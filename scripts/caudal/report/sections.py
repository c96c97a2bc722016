"""The sections of the page, in the order in which a reader asks."""

import math

from caudal.ranking.run import Run
from caudal.report import tables, tables_data
from caudal.report.advice import calibration_error
from caudal.report.drawings import Drawings
from caudal.report.figures_grid import main_axes
from caudal.report.frame import Notice
from caudal.report.glance import glance, note
from caudal.report.markup import Markup, join, tag
from caudal.wording import counted, cut, listed, share


def all_sections(run: Run, drawn: Drawings) -> list[tuple[str, str, Markup]]:
    """Every section as (its anchor, its name, what it holds)."""
    shown = [
        ("glance", "At a glance", glance(run, drawn)),
        ("ranking", "Ranking", ranking(run)),
        ("learning", "Learning", drawn.place("learning_curves")),
        ("parameters", "Parameters", parameters(run, drawn)),
        ("coefficients", "Coefficients", coefficients(run, drawn)),
        ("trust", "Calibration and drift", trust(run, drawn)),
        ("data", "Data", data(run)),
        ("costs", "Costs", costs(run, drawn)),
    ]
    return [(key, name, body + drawn.rest(key)) for key, name, body in shown]


def ranking(run: Run) -> Markup:
    """The table of all points."""
    how = note(
        "The best first; a click on a heading sorts. “Behind the best” is the paired difference "
        "with its 95 % interval; the grey line in the bars is the benchmark. The best of many "
        "noisy scores flatters a little: what counts is the paired lead."
    )
    return how + tables.ranking(run)


def parameters(run: Run, drawn: Drawings) -> Markup:
    """Score against each parameter, and the heat map."""
    parts = [drawn.place("parameters")]
    axes = main_axes(run)
    if len(axes) > 1:
        parts += [
            tag("h3", f"{cut(axes[0], 40)} and {cut(axes[1], 40)} matter most"),
            drawn.place("heat_map"),
        ]  # fmt: skip
    return join(parts)


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
    """Calibration, and the loss over stream time."""
    bins = run.best.record.get("calibration")
    if bins:
        error, chance = calibration_error(bins)
        said = (
            f"Do probabilities come true? On average they are {error:.3f} apart from the shares "
            f"that did, of which chance alone makes {chance:.3f}."
        )
        parts = [_beside(drawn.place("calibration"), note(said), tables.calibration(bins))]
    else:
        parts = [note("The record of the best point holds no calibration.")]
    parts.append(tag("h3", "Loss over stream time"))
    if run.best.record.get("drift"):
        parts.append(drawn.place("drift"))
    else:
        parts.append(note("The record of the best point holds no losses along the stream."))
    return join(parts)


def data(run: Run) -> Markup:
    """Sources, columns, rejected rows."""
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
    used: set[str] = set()
    for result in run.results:
        features = result.record.get("parameters", {}).get("extractor", {}).get("features")
        if not isinstance(features, list):
            return None
        used.update(features)
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
