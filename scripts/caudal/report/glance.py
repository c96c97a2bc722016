"""The first page: which point is best, by how much, on how many rows, at what cost, what next."""

import math
from pathlib import Path

from caudal.learn.error_bars import MeanEstimate
from caudal.ranking.comparison import (
    distinct,
    lead,
    lead_over_benchmark,
    predict_alike,
    score_estimate,
    within_noise,
)
from caudal.ranking.order import order_of
from caudal.ranking.run import Result, Run
from caudal.report import advice_yardstick
from caudal.report.advice import advise
from caudal.report.advice_grid import Advice, negligible
from caudal.report.drawings import Drawings
from caudal.report.figures_points import nearest
from caudal.report.markup import Markup, join, tag
from caudal.report.parameter_words import axis_value, described, differs_by
from caudal.wording import counted, cut, duration, listed, number, share, short, signed, size

WARNINGS = {
    "order",
    "benchmark",
    "leak",
    "diverged",
    "failed",
    "scales",
    "drift",
    "below",
    "calibration",
}


def glance(run: Run, drawn: Drawings) -> Markup:
    """Which point is best, by how much, on how many rows, at what cost, and what to do next."""
    cards = [_best_card(run), _benchmark_card(run), _second_card(run), _cost_card(run)]
    parts = [
        tag("h1", headline(run)),
        _subline(run),
        tag("div", *cards, class_="cards"),
        _beside_trees(run),
        tag("h2", "What to do next"),
        _advice(run),
    ]
    if len(run.scored) > 1:
        parts += [
            tag("h3", "How sure is the order?"),
            note(_noise(run)),
            drawn.place("leads"),
        ]
    return join(parts)


def _beside_trees(run: Run) -> Markup | None:
    """The yardstick, unless there is something to do about it, which says it, too."""
    said = None if advice_yardstick.yardstick(run) else advice_yardstick.compared(run)
    return note(said) if said else None


def landing(run: Run, drawn: Drawings) -> Markup:
    """The same in short: the verdict, what to do next, how sure the order is."""
    best = tag("p", tag("b", f"Best point {run.best.point}: "), described(run.best, run.axes))
    parts = [tag("h2", headline(run)), _subline(run), best, _advice(run), drawn.drawn["leads"]]
    return join(parts)


def _advice(run: Run) -> Markup:
    items = (
        tag("li", tag("b", a.headline), tag("span", a.detail),
            class_=_class(a))
        for a in advise(run)
    )  # fmt: skip
    return tag("ol", *items, class_="advice")


def _class(advice: Advice) -> str | None:
    """What changes the reading of the whole page stands across it."""
    if advice.kind == "order":
        return "warn wide"
    return "warn" if advice.kind in WARNINGS else None


def headline(run: Run) -> str:
    """The verdict in one sentence."""
    gain = lead_over_benchmark(run.best)
    count = f"The best of {len(run.results):,} points" if len(run.results) > 1 else "The point"
    if gain is None:
        return f"{count} has no score."
    where = " on the last stretch of a stream that changes" if order_of(run).differs else ""
    if gain.low > 0:
        return f"{count} beats the benchmark{where}: {share(run.best.r2)} less loss."
    if gain.high < 0:
        return f"{count} is worse than the benchmark{where}."
    return f"{count} cannot be told from the benchmark{where}."


def _subline(run: Run) -> Markup:
    """What was compared, on what."""
    files = len(run.manifest.get("sources", []))
    source = f" from {counted(files, 'source')}" if files else ""
    stream = run.settings.get("stream") or {}
    epochs = stream.get("epochs", 1)
    passes = "one pass" if epochs == 1 else f"{epochs} passes, scored in the first,"
    batch = f" in batches of {stream['batch_size']:,}" if "batch_size" in stream else ""
    words = (
        f"{source}, learned in {passes}{batch}; every batch was predicted before it was learned. "
        f"The score is minus the {run.loss}: higher is better; ± tells 95 % intervals."
    )
    lede = tag("p", tag("b", f"{run.best.rows:,} rows"), words, class_="lede")
    return lede + (_what(run) if run.manifest else "")


def _what(run: Run) -> Markup:
    """The label and the files."""
    classes = run.manifest.get("classes", [])
    positive = run.manifest.get("positive")
    parts = [
        f"Label: {cut(run.label, 40)}",
        f"classes: {listed(classes, most=8)}" if classes else None,
        f"coefficients speak for {cut(positive, 40)}" if positive else None,
        f"files: {listed([Path(s['file']).name for s in run.manifest['sources']])}",
        f"ranked on {run.made.day} {run.made:%B %Y}" if run.made else None,
    ]
    return note("; ".join(part for part in parts if part) + ".")


def _noise(run: Run) -> str:
    close = within_noise(run)
    if not close:
        return "No other point is within the noise of the best."
    same = sum(predict_alike(run.best, result) for result in close)
    said = f"{len(close):,} of the other {len(run.scored) - 1:,} points cannot be told from it"
    said += f", {same:,} of them because they predict the same" if same else ""
    return said + "; an interval that touches zero means so."


def _card(name: str, big, *rest, first: bool = False) -> Markup:
    body = [tag("h3", name), tag("div", big, class_="big"), *rest]
    return tag("div", *body, class_="card first" if first else "card")


def _best_card(run: Run) -> Markup:
    best = run.best
    values = best.values or _fixed(best)
    pairs = [
        part
        for axis, cell in values.items()
        if cell
        for part in (
            tag("dt", cut(axis, 30)),
            tag("dd", cut(axis_value(cell, run.axes.get(axis, ())), 60)),
        )
    ]
    reach = score_estimate(best).reach
    big = join([number(best.score, reach),
                tag("span", f" ± {number(reach, reach)}",
                    class_="pm", title="95 % interval of the score")])  # fmt: skip
    name = f"Best point {best.point}"
    return _card(name, big if best.scored else "none", tag("dl", *pairs, class_="set"), first=True)


def _fixed(best: Result) -> dict[str, str]:
    """The parameters of a point where none varies."""
    found = best.record.get("parameters", {})
    return {
        name: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for step in found.values()
        for name, value in step.items()
    }


def _benchmark_card(run: Run) -> Markup:
    gain = lead_over_benchmark(run.best)
    if gain is None:
        return _card("Over the benchmark", "–", tag("p", "There are no losses to compare."))
    benchmark = number(run.best.benchmark_score, run.best.standard_error)
    words = (
        f"The benchmark, a moving average of the label, scores {benchmark}. "
        f"r2 is {number(run.best.r2, 0.01)}."
    )
    return _card("Over the benchmark", _gain(gain), tag("p", words))


def _gain(gain: MeanEstimate) -> Markup:
    reach = tag("span", f" ± {plus_minus(gain)}", class_="pm", title="95 % interval, paired")
    return join([signed(gain.mean, gain.reach), reach])


def _second_card(run: Run) -> Markup:
    name = "Over the second"
    groups = distinct(run, 2)
    if len(run.scored) < 2:
        return _card(name, "–", tag("p", "There is no second point with a score."))
    same = len(groups[0]) - 1 if groups else 0
    if len(groups) < 2:
        return _card(name, "a tie", tag("p", "All points predict the same."))
    other = groups[1][0]
    gain = lead(run.best, other)
    if gain is None:
        return _card(name, "–", tag("p", "Their losses are not of the same batches."))
    tie = f"#2 to #{same + 1} predict the same. " if same > 1 else ""
    tie = "#2 predicts the same. " if same == 1 else tie
    apart = cut(differs_by(nearest(groups[1], run.best), run.best, run.axes), 80)
    big: Markup | str
    if gain.low > 0:
        small = negligible(gain, run)
        big, said = _gain(gain), "A lead of next to nothing" if small else "A clear lead"
    else:
        big, said = "too close to call", f"{signed(gain.mean, gain.reach)} ± {plus_minus(gain)}"
    detail = f"{tie}{said} over #{other.rank} ({apart}), on the same batches."
    return _card(name if not same else f"Over the next, #{other.rank}", big, tag("p", detail))


def _cost_card(run: Run) -> Markup:
    best = run.best
    seconds = [r.cost["seconds"] for r in run.results if math.isfinite(r.cost["seconds"])]
    rate = best.cost["rows_per_second"]
    parts = [
        f"The best took {duration(best.cost['seconds'])}",
        f"{short(rate)} rows/s" if math.isfinite(rate) else None,
        f"a model of {size(best.cost['model_bytes'])}" if best.cost["model_bytes"] > 0 else None,
        f"at most {size(best.cost['peak_memory_mb'] * 2**20)} of memory",
    ]
    batches = best.record.get("batches_in_score")
    scored = f" The score counts the last {batches:,} batches." if batches else ""
    big = join(
        [
            duration(sum(seconds)),
            tag("span", f" for {counted(len(seconds), 'point')}", class_="pm"),
        ]
    )
    return _card("Cost", big, tag("p", ", ".join(p for p in parts if p) + "." + scored))


def note(*words) -> Markup:
    """A paragraph that helps to read what stands beside it."""
    return tag("p", *words, class_="note")


def plus_minus(found: MeanEstimate) -> str:
    """The half width of a 95 % interval."""
    return number(found.reach, found.reach)
