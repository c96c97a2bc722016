"""The benchmarks' tables in Markdown, and where they stand in the docs."""

import os
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path


def heading() -> str:
    """The day and the machine."""
    cpu = next(
        (
            line.partition(": ")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown CPU",
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"Measured {date.today()} on {cpu}, {os.cpu_count()} cores, {memory:.0f} GB RAM.\n"


def table(headings: tuple, rows: Iterable[tuple]) -> Iterator[str]:
    """The lines of a table."""
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"


def put_between(page: Path, text: str, mark: str = "benchmark") -> bool:
    """Replace what stands between a mark and its end in ``page``; False where they are not."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    if begin not in before or end not in before:
        return False
    head, rest = before.split(begin, 1)
    page.write_text(f"{head}{begin}{text}{end}{rest.split(end, 1)[1]}", encoding="utf-8")
    return True
