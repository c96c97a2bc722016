"""The page: puts figures, tables and words together into one file that opens offline."""

from collections.abc import Mapping
from pathlib import Path
from string import Template

from caudal.atomic import whole_file
from caudal.ranking.run import Run, gather
from caudal.report import sections, tables
from caudal.report.drawings import Drawings
from caudal.report.frame import STYLE, standalone
from caudal.report.glance import landing
from caudal.report.markup import Markup, escape, join, tag
from caudal.report.parameter_words import Named

HERE = Path(__file__).parent

LANDING = "landing.html"
"""The first page without scripts, for Snakemake's own report to begin with."""


def write_report(
    folder: Path,
    out: Path,
    title: str = "Caudal",
    figures: Path | None = None,
    yardstick: bool = True,
    set_names: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write the page of the run in ``folder`` to ``out``, and its figures.

    Parameters
    ----------
    folder
        The working directory of the run, the one that holds ``results``.
    out
        The HTML file.
    title
        The page's heading.
    figures
        The folder of the figures, ``<name>.svg`` and its caption ``<name>.rst`` for each of
        the task's, and of ``LANDING``; None writes none. A figure that cannot be drawn is a
        sentence that says why.
    yardstick
        Whether to tell of the tree ensemble beside the best point, where there is one.
    set_names
        The names of sets of features, by their cells in the ranking.

    Returns
    -------
    The files that were written.

    Raises
    ------
    UserError
        If there is no ranking, or a file is damaged. What else is missing leaves its section
        with a sentence that says so.
    """
    run = gather(Path(folder))
    run.yardstick = run.yardstick if yardstick else {}
    run.axes = {axis: Named(cells, set_names or {}) for axis, cells in run.axes.items()}
    drawn = Drawings(run)
    written = [_write(Path(out), _page(run, drawn, title))]
    if figures is not None:
        home = Path(figures)
        for figure in drawn.figures:
            image = standalone(drawn.drawn[figure.name])
            written.append(_write(home / f"{figure.name}.svg", image))
            written.append(_write(home / f"{figure.name}.rst", figure.caption + "\n"))
        written.append(_write(home / LANDING, _landing(run, drawn)))
    return written


def _page(run: Run, drawn: Drawings, title: str) -> str:
    shown = sections.all_sections(run, drawn)
    template = Template((HERE / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(title),
        style=STYLE + (HERE / "page.css").read_text(encoding="utf-8"),
        script=(HERE / "page.js").read_text(encoding="utf-8"),
        menu=join(tag("a", name, href=f"#{key}") for key, name, _ in shown),
        body=join(
            tag("section", tag("h2", name) if key != "glance" else None, body, id=key)
            for key, name, body in shown
        ),
        footer=tables.provenance(run),
    )


def _landing(run: Run, drawn: Drawings) -> str:
    style = STYLE + (HERE / "landing.css").read_text(encoding="utf-8")
    return tag("div", tag("style", Markup(style)), landing(run, drawn), class_="caudal")


def _write(path: Path, text: str) -> Path:
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    return path
