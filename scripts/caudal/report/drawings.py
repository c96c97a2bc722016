"""The figures of a run, drawn once, and which of them the page has placed."""

from caudal.ranking.run import Run
from caudal.report.figures import FIGURES
from caudal.report.frame import Notice
from caudal.report.markup import Markup, join, tag


class Drawings:
    """Every figure of ``FIGURES`` for the run's task, drawn."""

    def __init__(self, run: Run):
        """Draw the figures of ``run``."""
        self.figures = [figure for figure in FIGURES if figure.is_of(run.task)]
        self.drawn = {figure.name: figure.draw(run) for figure in self.figures}
        self._captions = {figure.name: figure.caption for figure in self.figures}
        self._placed: set[str] = set()

    def place(self, name: str) -> Markup:
        """A figure and its caption, for this place in the page."""
        self._placed.add(name)
        drawn = self.drawn[name]
        caption = None if isinstance(drawn, Notice) else self._captions[name]
        below = tag("figcaption", caption, class_="note") if caption else None
        inner = tag("div", drawn, class_="scroll")
        return tag("figure", *filter(None, (inner, below)), id=f"figure-{name}")

    def rest(self, section: str) -> Markup:
        """The figures of a section that have no place yet, without those that say why not."""
        names = [figure.name for figure in self.figures if figure.section == section]
        return join(
            self.place(name)
            for name in names
            if name not in self._placed and not isinstance(self.drawn[name], Notice)
        )
