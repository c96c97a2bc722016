"""Figures of the grid: score against each parameter, and the heat map of two."""

import numpy as np

from caudal.ranking.run import Result, Run, is_number
from caudal.report.frame import Frame, Scale, label_width, notice
from caudal.report.markup import Markup
from caudal.report.parameter_words import axis_value
from caudal.wording import cut, number

WIDTH = 1080
MOST_CELLS = 16
BLUES = ("#f1f5f9", "#d6e4f0", "#b3d0e6", "#86b6d8", "#5599c6", "#2b7bb0", "#0a5c94", "#063f6b")


def parameters(run: Run) -> Markup:
    """Score against each varied parameter, side by side; a line joins the best of each number."""
    axes = [axis for axis, cells in run.axes.items() if len(cells) > 1]
    if not axes or not run.best.scored:
        return notice("No parameter varies over the grid.")
    across = min(3, len(axes))
    down = -(-len(axes) // across)
    wide = WIDTH / across
    frame = Frame(WIDTH, 30 + 264 * down, "Score against each parameter")
    low, high = score_range(run)
    entries = [("dot", "dot best", "the best point"), ("dot", "dot", "each other point")]
    entries += [("line", "top", "best of each value"), ("line", "bench", "benchmark")]
    frame.legend(entries, 14)
    for place, axis in enumerate(axes):
        left, top = wide * (place % across), 30 + 264 * (place // across)
        _panel(frame, run, axis, left, top, wide, Scale(low, high, top + 206, top + 30))
    return frame.svg()


def score_range(run: Run) -> tuple[float, float]:
    """Scores worth drawing: far below the benchmark nothing is told apart any more."""
    best, benchmark = run.best.score, run.best.benchmark_score
    worst = min(result.score for result in run.scored)
    gap = abs(best - benchmark) or abs(best) * 0.1 or 1.0
    floor = min(best, benchmark)
    low = max(min(worst, floor), floor - gap)
    return low - 0.08 * gap, max(best, benchmark) + 0.12 * gap


def _panel(frame: Frame, run: Run, axis: str, left: float, top: float, wide: float, y: Scale):
    cells = run.axes[axis]
    start, end = left + 62, left + wide - 14
    step = (end - start) / len(cells)
    frame.text(start, top + 18, cut(axis, 40), class_="strong")
    for tick, words in y.labels(5):
        frame.line(start, y(tick), end, y(tick), "grid")
        frame.text(start - 8, y(tick) + 4, words, "end", "tick")
    benchmark = run.best.benchmark_score
    frame.line(start, y(benchmark), end, y(benchmark), "bench")
    every = -(-len(cells) // max(1, int((end - start) / 44)))
    tops = []
    for place, cell in enumerate(cells):
        middle = start + step * (place + 0.5)
        if place % every == 0:
            words = cut(axis_value(cell, cells), max(4, int(step * every / 7.4)))
            frame.text(middle, top + 224, words, "middle", "tick")
        found = run.at(axis, cell)
        for result in found[1:]:
            if result.score >= y.low:
                _point(frame, result, middle + _spread(result.rank) * min(step * 0.6, 60), y)
        below = sum(result.score < y.low for result in found)
        if below:
            frame.text(middle, top + 240, f"↓ {below}", "middle", "tick")
        if found:
            tops.append((middle, found[0]))
    line = [(x, y(y.clip(result.score))) for x, result in tops if is_number(result.values[axis])]
    if len(line) > 1:
        frame.path(line, "top")
    for x, result in tops:
        if result.score >= y.low:
            _point(frame, result, x, y, "dot best" if result is run.best else "f0", 4)


def _point(frame: Frame, result: Result, x: float, y: Scale, class_: str = "dot", r: float = 3):
    said = f"#{result.rank}: {number(result.score, result.standard_error)}"
    frame.dot(x, y(result.score), class_, said, r=r, data_rank=result.rank)


def _spread(rank: int) -> float:
    """Evenly spread places between -0.5 and 0.5, the same at every run (golden section)."""
    return rank * 0.618033988749895 % 1 - 0.5


def heat_map(run: Run) -> Markup:
    """The best score for each pair of values of the two axes that matter most."""
    axes = main_axes(run)
    if len(axes) < 2:
        return notice("A heat map takes two parameters that vary over the grid.")
    down, across = sorted(axes[:2], key=lambda axis: len(run.axes[axis]))
    rows, columns = _best_values(run, down), _best_values(run, across)
    names = [axis_value(cell, run.axes[down]) for cell in rows]
    frame = Frame(WIDTH, 90 + 52 * len(rows), "Heat map of the best scores",
                  left=label_width([*names, down]), top=42, bottom=48)  # fmt: skip
    low, high = score_range(run)
    wide = min(150.0, (WIDTH - frame.left - frame.right) / len(columns))
    frame.text(frame.left - 12, 26, cut(down, 34), "end", "name")
    for i, row in enumerate(rows):
        frame.text(frame.left - 12, 72 + 52 * i, cut(names[i], 34), "end", "tick")
        for j, column in enumerate(columns):
            found = [r for r in run.at(down, row) if r.values[across] == column]
            _cell(frame, run, found, frame.left + wide * j, 42 + 52 * i, wide, (low, high))
    for j, column in enumerate(columns):
        words = cut(axis_value(column, run.axes[across]), max(4, int(wide / 6.6)))
        frame.text(frame.left + wide * (j + 0.5), frame.height - 30, words, "middle", "tick")
    frame.text(
        frame.left + wide * len(columns) / 2, frame.height - 8, cut(across, 60), "middle", "name"
    )
    return frame.svg()


def _best_values(run: Run, axis: str) -> list[str]:
    """The values of an axis in order; of very many those with the best scores."""
    found = [(run.at(axis, cell)[0].rank, cell) for cell in run.axes[axis] if run.at(axis, cell)]
    kept = {cell for _, cell in sorted(found)[:MOST_CELLS]}
    return [cell for cell in run.axes[axis] if cell in kept]


def _cell(frame: Frame, run: Run, found: list[Result], x: float, y: float, wide: float, ends):
    if not found:
        frame.text(x + wide / 2, y + 30, "–", "middle", "tick")
        return
    top, (low, high) = found[0], ends
    part = min(max((top.score - low) / (high - low), 0.0), 0.999)
    shade = int(part * len(BLUES))
    said = f"best of {len(found):,}: #{top.rank}, {number(top.score, top.standard_error)}"
    frame.rect(x, y, wide, 52, "cell", said, fill=BLUES[shade], data_rank=top.rank)
    if wide > 50:
        frame.text(x + wide / 2, y + 30, number(top.score, run.best.standard_error), "middle",
                   "t" if shade < 4 else "light", pointer_events="none",
                   style=None if shade < 4 else "fill:#fff")  # fmt: skip
    if top is run.best:
        frame.rect(x + 2, y + 2, wide - 4, 48, "ring", pointer_events="none")


def main_axes(run: Run) -> list[str]:
    """The axes by how much of the scores' variance their values explain, the most first."""
    if not run.best.scored:
        return []
    low, _ = score_range(run)
    scores = {id(result): max(result.score, low) for result in run.scored}
    total = float(np.var(list(scores.values()))) or 1.0
    found: dict[str, float] = {}
    for axis, cells in run.axes.items():
        if len(cells) > 1:
            groups = [[scores[id(r)] for r in run.at(axis, cell)] for cell in cells]
            means = [(len(group), float(np.mean(group))) for group in groups if group]
            whole = sum(n * m for n, m in means) / len(scores)
            found[axis] = sum(n * (m - whole) ** 2 for n, m in means) / len(scores) / total
    return sorted(found, key=lambda axis: (-round(found[axis], 9), axis))
