"""The first config of a run of one's own: files are looked at, and what to do next is said."""

import os
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from caudal.config.first_columns import (
    CATEGORICAL,
    DATE,
    IGNORE,
    LEAK,
    NUMERIC,
    TEXT,
    settle_columns,
    suspected,
)
from caudal.config.first_config import Findings, config_text
from caudal.config.first_label import settle_label
from caudal.config.first_leaks import leaks
from caudal.config.first_numbers import how_numbers_are_written
from caudal.data.defaults import completed
from caudal.data.first_rows import encoding_of, estimated_rows, first_rows
from caudal.data.schema import INDEX_NAME
from caudal.data.sniff import Head, examine
from caudal.data.sources import sources, suffix
from caudal.errors import UserError, alike
from caudal.wording import counted, listed
from caudal.workflow.plan import plan

CONFIG = "config.yaml"
"""The name under which a run finds its config by itself."""
SNAKEFILE = Path(__file__).parents[3] / "Snakefile"


def write_first_config(patterns: Sequence[str], label: str, output: str) -> str:
    """Write a config for the sources that ``patterns`` mean; returns what to tell the user.

    What is written has been planned as a run would plan it. Raises UserError where there is a file
    already, or the sources cannot be read or predicted from.
    """
    out = Path(output)
    if out.exists():
        raise UserError(f"{out} is there already; write another by --output, or move it away.")
    found = look(patterns, label)
    if not any(found.of(kind) for kind in (NUMERIC, CATEGORICAL, TEXT, DATE)):
        why = "; ".join(f"{column.name}: {column.reason}" for column in found.columns)
        raise UserError(f"There is no column to learn from beside {label!r} ({why}).")
    text = config_text(found)
    notes = [note for note in plan(yaml.safe_load(text)).notes if "data.derive" not in note]
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out, "x", encoding="utf-8") as file:
        file.write(text)
    kinds = {"numeric": NUMERIC, "categorical": CATEGORICAL, "text": TEXT, "date": DATE}
    counts = [f"{len(found.of(k))} {name}" for name, k in kinds.items() if found.of(k)]
    left_out = len(found.of(IGNORE)) + len(found.left_out)
    notes += [f"{c.name}: {c.reason}." for c in found.columns if LEAK in c.reason]
    told = [
        f"{out}: by {counted(found.looked_at, 'row')}, the label is {found.label.reason}.",
        f"Columns: {listed(counts, 5)}; {left_out} left out. Each line has its reason; correct "
        "what you know better, then:",
        f"  {command(out)} -n",
        f"  {command(out)}",
    ]
    return "\n".join([*notes, *told])


def look(patterns: Sequence[str], label: str) -> Findings:
    """Look at the first rows of the sources."""
    files = list(sources(list(patterns)).values())
    given = {"label": label, "bad_rows": "quarantine", "encoding": encoding_of(files)}
    data = completed(given)
    with ThreadPoolExecutor() as threads:
        heads = list(threads.map(lambda file: examine(file, data), files))
    full = [head for head in heads if head.header]
    if not full:
        raise UserError("All the files are empty; give at least one with a header.")
    _check_label(label, full)
    left_out = _unfit(full)
    if label in left_out:
        raise UserError(f"--label: the column {label!r} is {left_out[label]}; name another.")
    names = [n for n in full[0].header if n not in left_out and not INDEX_NAME.fullmatch(n)]
    rows = first_rows([head.file for head in full], names, data)
    if not len(rows.table):
        raise UserError("There are no rows in the files.")
    columns = {name: rows.table.column(name) for name in names}
    numbers = how_numbers_are_written(columns, data)
    labels = columns.pop(label)
    settled = settle_label(label, labels, numbers, data, rows.whole)
    told = leaks(columns, labels) if settled.classes else []
    return Findings(
        files=_as_patterns(patterns, files),
        label=settled,
        columns=[
            suspected(column) if column.name in told else column
            for column in settle_columns(columns, numbers, data)
        ],
        numbers=numbers,
        encoding=data["encoding"],
        left_out=left_out,
        rows=len(rows.table) if rows.whole else max(len(rows.table), _estimate(files)),
        counted=rows.whole or all(suffix(file) == ".parquet" for file in files),
        looked_at=len(rows.table),
    )


def _estimate(files: Sequence[Path]) -> int:
    return sum(map(estimated_rows, files))


def command(config: Path) -> str:
    """The command that runs ``config`` in this folder."""
    words = [_snakemake()]
    if not (Path("Snakefile").exists() and SNAKEFILE.exists() and SNAKEFILE.samefile("Snakefile")):
        words += ["-s", str(SNAKEFILE if SNAKEFILE.exists() else "PATH/TO/caudal/Snakefile")]
    words += ["--cores", "all"]
    if config != Path(CONFIG):
        words += ["--configfile", str(config)]
    return shlex.join(words)


def _snakemake() -> str:
    beside = Path(sys.executable).parent / "snakemake"
    found = shutil.which("snakemake")
    if found is None and beside.exists():
        return os.path.relpath(beside) if beside.is_relative_to(Path.cwd()) else str(beside)
    return "snakemake"


def _check_label(label: str, heads: Sequence[Head]) -> None:
    for head in heads:
        if label not in head.header:
            raise UserError(
                f"--label: {head.file} has no column {label!r}{alike(label, head.header)}; the "
                f"columns are {', '.join(head.header)}."
            )


def _unfit(heads: Sequence[Head]) -> dict[str, str]:
    """The columns of the first source that cannot be used, and why."""
    found = {}
    for name in heads[0].header:
        for head in heads:
            if Counter(head.header)[name] > 1:
                found[name] = "twice in the header"
            elif name not in head.header:
                found[name] = f"not in {head.file}"
            elif name in head.textless:
                found[name] = f"of the type {head.textless[name]}, neither number nor text"
    return found


def _as_patterns(patterns: Sequence[str], files: Sequence[Path]) -> list[str]:
    """The files as the config has them: by one pattern where that means the same, for new ones."""
    ends = {suffix(file) for file in files}
    folders = {file.parent for file in files}
    if len(patterns) > 1 and len(ends) == len(folders) == 1:
        pattern = str(folders.pop() / f"*{ends.pop()}")
        try:
            if list(sources([pattern]).values()) == list(files):
                return [pattern]
        except UserError:  # signs of patterns in the folder's own name
            pass
    return list(patterns)
