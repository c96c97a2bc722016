"""The frame of a figure: scales, axes, marks. All charts are drawn with it, so they look alike."""

import math
from dataclasses import dataclass, field
from pathlib import Path

from caudal.report.markup import Markup, escape, tag, void
from caudal.wording import MINUS, cut, short

STYLE = (Path(__file__).parent / "figure.css").read_text(encoding="utf-8")

CHARACTER = 7.0
"""Width of a character at the figures' size of text, in pixels."""


@dataclass(frozen=True)
class Scale:
    """Places numbers from ``low`` to ``high`` between ``start`` and ``end``, in pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high = self._of(self.low), self._of(self.high)
        part = (self._of(value) - low) / (high - low) if high > low else 0.5
        return self.start + part * (self.end - self.start)

    def clip(self, value: float) -> float:
        """``value``, or the end of the scale that it lies beyond."""
        return min(max(value, self.low), self.high)

    def _of(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def ticks(self, most: int = 6) -> list[float]:
        """Round numbers within the scale."""
        if self.log:
            return _log_ticks(self.low, self.high, most)
        return _linear_ticks(self.low, self.high, most)

    def labels(self, most: int = 6) -> list[tuple[float, str]]:
        """The ticks and their words, with equally many decimals where they are small."""
        ticks = self.ticks(most)
        if self.log or max(map(abs, ticks), default=0) >= 1000:
            return [(tick, short(tick)) for tick in ticks]
        decimals = max((len(f"{tick:.8g}".partition(".")[2]) for tick in ticks), default=0)
        if decimals > 8 or any("e" in f"{tick:.8g}" for tick in ticks):
            return [(tick, short(tick)) for tick in ticks]
        return [(tick, f"{tick:.{decimals}f}".replace("-", MINUS)) for tick in ticks]


def _linear_ticks(low: float, high: float, most: int) -> list[float]:
    if not high > low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,)):
        found = [f * 10.0**d for d in decades for f in factors]
        found = [t for t in found if low * 0.999 <= t <= high * 1.001]
        if len(found) <= most:
            break
    return found[:: -(-len(found) // most)] if found else [low, high]


def span(values, pad: float = 0.06, zero: bool = False) -> tuple[float, float]:
    """The range of the finite ``values`` with some room around it."""
    finite = [v for v in values if v is not None and math.isfinite(v)]
    if zero:
        finite.append(0.0)
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    room = (high - low) * pad or abs(high) * 0.05 or 1.0
    return low - room, high + room


@dataclass
class Frame:
    """A figure being drawn; ``left`` and the rest are its margins in pixels."""

    width: int
    height: int
    label: str
    left: int = 62
    right: int = 18
    top: int = 14
    bottom: int = 44
    parts: list[Markup] = field(default_factory=list)

    @property
    def across(self) -> tuple[float, float]:
        """Where the plot begins and ends, from left to right."""
        return self.left, self.width - self.right

    @property
    def upward(self) -> tuple[float, float]:
        """Where the plot begins and ends, from its foot to its head."""
        return self.height - self.bottom, self.top

    def add(self, *parts: Markup) -> None:
        """Put parts on top of what is there."""
        self.parts.extend(parts)

    def text(self, x: float, y: float, words, anchor: str = "start", class_: str = "t", **more):
        """A line of text."""
        self.add(
            tag(
                "text", words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, class_=class_, **more
            )
        )

    def inside(self, *parts: Markup) -> None:
        """Put parts into the plot, cut off at its edges."""
        (foot, head), (left, right) = self.upward, self.across
        name = f"plot-{escape(self.label.lower().replace(' ', '-'))}"
        box = void("rect", x=left - 2, y=head, width=right - left + 4, height=foot - head)
        self.add(tag("clipPath", box, id=name), tag("g", *parts, clip_path=f"url(#{name})"))

    def line(self, x1: float, y1: float, x2: float, y2: float, class_: str, **more) -> None:
        """A straight line."""
        self.add(void("line", x1=f"{x1:.1f}", y1=f"{y1:.1f}", x2=f"{x2:.1f}", y2=f"{y2:.1f}",
                      class_=class_, **more))  # fmt: skip

    def path(self, points, class_: str, title=None, at=None, **more) -> None:
        """A line through ``points``; ``at`` tells each of them, for hovering."""
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        said = "|".join(str(a).replace("|", "/") for a in at) if at else None
        self.add(tag("polyline", _title(title), points=places, class_=class_, data_at=said, **more))

    def dot(self, x: float, y: float, class_: str, title=None, r: float = 4, **more) -> None:
        """A mark."""
        place = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{r:g}"}
        self.add(tag("circle", _title(title), **place, class_=class_, **more))

    def diamond(self, x: float, y: float, class_: str, title=None, r: float = 5) -> None:
        """A mark of another shape, so that colour is not all that tells."""
        path = f"M{x:.1f} {y - r:.1f}l{r} {r}l-{r} {r}l-{r} -{r}z"
        self.add(tag("path", _title(title), d=path, class_=class_))

    def rect(
        self, x: float, y: float, width: float, height: float, class_: str, title=None, **more
    ):
        """A box."""
        self.add(
            tag("rect", _title(title), x=f"{x:.1f}", y=f"{y:.1f}", width=f"{max(0, width):.1f}",
                height=f"{max(0, height):.1f}", class_=class_, **more)
        )  # fmt: skip

    def x_axis(self, scale: Scale, name: str = "", most: int = 6) -> None:
        """Ticks along the foot, and the axis' name."""
        foot, head = self.upward
        for tick, words in scale.labels(most):
            x = scale(tick)
            self.line(x, foot, x, head, "grid")
            self.text(x, foot + 17, words, "middle", "tick")
        self.line(*self.across[:1], foot, self.across[1], foot, "axis")
        self.text(sum(self.across) / 2, self.height - 6, name, "middle", "name")

    def y_axis(self, scale: Scale, name: str = "", most: int = 6) -> None:
        """Ticks up the left side; the axis' name stands above them."""
        left, right = self.across
        for tick, words in scale.labels(most):
            y = scale(tick)
            self.line(left, y, right, y, "grid")
            self.text(left - 8, y + 4, words, "end", "tick")
        if name:
            self.text(left - 8 if left > 90 else 4, self.top - 12, name, "start", "name")

    def legend(self, entries: list[tuple[str, str, str]], y: float = 12) -> None:
        """Entries (shape, class, words) in rows from ``y``; shapes: line, dot, diamond,
        box, none."""
        x = float(self.left)
        for shape, class_, words in entries:
            wide = 26 + CHARACTER * len(words) + 14
            if x + wide > self.width and x > self.left:
                x, y = float(self.left), y + 18
            if shape == "line":
                self.line(x, y - 4, x + 20, y - 4, class_)
            elif shape == "dot":
                self.dot(x + 10, y - 4, class_)
            elif shape == "diamond":
                self.diamond(x + 10, y - 4, class_)
            elif shape == "box":
                self.rect(x + 4, y - 10, 12, 12, class_)
            self.text(x + (26 if class_ else 0), y, words, "start", "key")
            x += wide

    def svg(self) -> Markup:
        """The whole figure, which a page can hold and ``standalone`` makes a file of."""
        return tag(
            "svg",
            *self.parts,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {self.width} {self.height}",
            width=self.width,
            height=self.height,
            class_="figure",
            role="img",
            aria_label=self.label,
        )


def standalone(figure: Markup) -> str:
    """A figure as a file of its own, with the style that it has in the page."""
    head, rest = figure.split(">", 1)
    white = '<rect width="100%" height="100%" fill="#fff"/>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}><style>{STYLE}</style>{white}{rest}\n'


class Notice(Markup):
    """A figure that says why there is none."""


def notice(sentence: str) -> Notice:
    """The figure that ``sentence`` stands in for."""
    frame = Frame(720, 60, sentence)
    frame.text(16, 35, sentence, class_="key")
    return Notice(frame.svg())


def label_width(labels, most: int = 34) -> int:
    """The margin that the longest of ``labels`` needs, in pixels."""
    return int(24 + CHARACTER * max((len(cut(text, most)) for text in labels), default=0))


def _title(words) -> Markup | None:
    return tag("title", words) if words else None
