"""A config to start from, as text: each line with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from caudal.config.first_columns import CATEGORICAL, DATE, IGNORE, NUMERIC, TEXT, Column, Numbers
from caudal.config.first_grid import FIRST_CLASSIFIER, FIRST_REGRESSOR
from caudal.config.first_label import Label
from caudal.wording import counted

MOST_PAIRED = 40
"""Features up to which all pairs of them are terms: 860 a row."""
DEFAULT_CHUNK = 20_000
"""Rows of a chunk where nothing is written."""
BATCHES = 20


@dataclass(frozen=True)
class Findings:
    """All that a first config is made of: ``files`` as the config has them, ``rows`` how many
    there are (roughly, unless ``counted``), ``looked_at`` of them looked at, ``left_out`` names to
    reasons of columns that were not looked at.
    """

    files: Sequence[str]
    label: Label
    columns: Sequence[Column]
    numbers: Numbers
    encoding: str | None
    left_out: dict[str, str]
    rows: int
    counted: bool
    looked_at: int

    def of(self, kind: str) -> list[Column]:
        """The columns of a kind."""
        return [column for column in self.columns if column.kind == kind]


def config_text(found: Findings) -> str:
    """The config as YAML with comments."""
    lines = [
        f"# Written by caudal init, which looked at {counted(found.looked_at, 'row')}; correct "
        "what you know better.",
        "data:",
        *_data(found),
        *_stream(found),
        *_grid(found),
    ]
    return "\n".join(lines) + "\n"


def _data(found: Findings) -> list[str]:
    label, numbers = found.label, found.numbers
    asked = {"column": label.name, "missing": True} if label.missing else label.name
    lines = [_line("files", found.files, "in stream order"), _line("label", asked, label.reason)]
    if label.is_number:
        lines.append(_line("task", "regression", "the label is a number"))
    if len(label.classes) > 2:
        rule = _flow({"column": label.name, "is": label.classes[0]})
        lines.append(f"  # label: {rule}   # to tell one class from all others")
    for key, value, reason in (
        ("encoding", found.encoding, "the files are no UTF-8"),
        ("decimal", numbers.decimal, "numbers are written so"),
        ("thousands", numbers.thousands, "between groups of three digits"),
    ):
        if value:
            lines.append(_line(key, value, reason))
    lines += _list("numeric", found.of(NUMERIC), "standardised by the first chunk")
    lines += _list(
        "categorical", [*found.of(CATEGORICAL), *found.of(TEXT)], "a term for each level"
    )
    ignored = [Column(name, IGNORE, reason) for name, reason in found.left_out.items()]
    if ignored or found.of(IGNORE):
        lines += _list("ignore", [*ignored, *found.of(IGNORE)], "not read")
    dates = found.of(DATE)
    if dates:
        lines.append("  derive:                          # what is taken out of dates")
        lines += [_entry(f"{_scalar(d.name)}: {_flow(d.parts)}", d.reason) for d in dates]
        if dates[0].date_format:
            lines.append(_line("date_format", dates[0].date_format, "how the dates are written"))
    texts = sorted({text for column in found.columns for text in column.missing_texts})
    if texts:
        missing = {"texts": texts}
        lines.append(_line("missing", missing, "these mean that there is no value, in any column"))
    reason = "what cannot be read goes to rejects.csv; above 1 % the run stops"
    return [*lines, _line("bad_rows", "quarantine", reason)]


def _stream(found: Findings) -> list[str]:
    about = f"{found.rows:,} rows" if found.counted else f"some {found.rows:,} rows"
    stream: dict[str, Any] = {}
    if found.rows < 10 * DEFAULT_CHUNK:
        chunk = max(2, found.rows // 10)
        size = next(size for size in (100, 10, 1) if size * BATCHES <= chunk or size == 1)
        stream = {"batch_size": size, "n_batches": chunk // size}
    if found.label.is_sorted:
        stream["order"] = "mux"
    if not stream:
        return []
    lines = ["stream:"]
    for key, reason in (
        ("batch_size", "rows that are scored, then learned, at once"),
        ("n_batches", f"batches in a chunk: of {about} a tenth is learned first, and not scored"),
        ("order", "the rows are sorted by the label: they are mixed"),
    ):
        if key in stream:
            lines.append(_line(key, stream[key], reason))
    return lines


def _grid(found: Findings) -> list[str]:
    texts = found.of(TEXT)
    features = len(found.of(NUMERIC)) + len(found.of(CATEGORICAL))
    features += sum(len(date.parts) for date in found.of(DATE))
    lines = ["grid:"]
    first = "  - "
    if texts:
        entries = [{"column": text.name, "words": True} for text in texts]
        everything = ["*"] if features else []
        shown = f"extractor: {{features: [{_flow([*everything, *entries])}]}}"
        lines.append(_commented(first + shown, "all columns; of texts each word"))
        first = "    "
    degree, why = 2, "all columns, and all pairs of them"
    if features > MOST_PAIRED:
        degree, why = 1, f"{features} columns are too many for all pairs of them: name some first"
    lines.append(_commented(f"{first}vectorizer: {{degree: [{degree}]}}", why))
    section = "regressor" if found.label.is_number else "classifier"
    learner = FIRST_REGRESSOR if found.label.is_number else FIRST_CLASSIFIER
    lines.append(
        _commented(f"    {section}: {_flow(learner)}", "six points, which are good on most data")
    )
    return [*lines, _commented("points_per_job: 6", "they read and vectorise once")]


def _list(key: str, columns: Sequence[Column], reason: str) -> list[str]:
    if not columns:
        return [_line(key, [], "none")]
    head = _commented(f"  {key}:", reason)
    return [head, *(_entry(f"- {_scalar(column.name)}", column.reason) for column in columns)]


def _line(key: str, value: Any, reason: str) -> str:
    return _commented(f"  {key}: {_flow(value)}", reason)


def _entry(text: str, reason: str) -> str:
    return _commented(f"    {text}", reason)


def _commented(line: str, reason: str) -> str:
    return f"{line:<34} # {' '.join(reason.split())}"


def _scalar(value: str) -> str:
    """A name in one line, in quotes where YAML would read something else."""
    return _flow(value)


def _flow(value: Any) -> str:
    """A value as YAML in one line."""
    text = yaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=True,
        allow_unicode=True,
        width=10**9,
        sort_keys=False,
    )
    return text.removesuffix("\n").removesuffix("\n...")


class _Dumper(yaml.SafeDumper):
    """Never breaks a line, not even within a text that has line ends."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)
