"""The rows that are not kept: each is told, counted and, where it is bad, written down."""

import csv
from collections import Counter
from pathlib import Path

from caudal.data.sources import shown_path
from caudal.errors import UserError

HEADER = ("file", "line", "reason", "detail", "row")
SHARE_FROM = 100_000  # rows that the share is taken of at least, while more may come
HINTS = {
    "bad encoding": ", or data.encoding if it is another (latin-1 and cp1252 are usual)",
    "not a number": ", or name the column in data.categorical",
    "label is no number": ", or write data.task: classification if it is a class",
    "not a date": ", or give the right data.date_format",
}


class Rejects:
    """Counts the rows of one source that are rejected or dropped.

    A context that writes ``rejects.csv``. With ``bad_rows: error`` the first bad row raises a
    ``UserError``; with ``quarantine`` a share of bad rows above ``max_bad_share`` does, of the
    rows so far (of 100,000 at least) while they come, of all in the end.
    """

    def __init__(self, path: Path, file: str | Path, data: dict):
        self.rejected: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self._path, self._file = path, Path(file)
        self.quarantine = data["bad_rows"] == "quarantine"
        self._max_share = data["max_bad_share"]
        self._rows, self._first = 0, ""
        self._waiting: list[tuple[str, int, str, str, str]] = []

    def __enter__(self) -> "Rejects":
        self._out = open(self._path, "w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._out, lineterminator="\n")
        self._writer.writerow(HEADER)
        return self

    def __exit__(self, *_) -> None:
        self.flush()
        self._out.close()

    def expect(self, rows: int) -> None:
        """Tell that so many rows more are about to be looked at."""
        self._rows += rows

    def reject(self, line: int, reason: str, detail: str, row: bytes) -> None:
        """Put one bad row aside, or raise if bad rows are errors or have become too many."""
        if not self.quarantine:
            raise UserError(
                f"{self._file}, line {line}: {detail}; correct it, "
                f"or set data.bad_rows: quarantine{HINTS.get(reason, '')}."
            )
        self.rejected[reason] += 1
        self._first = self._first or f"line {line}: {detail}"
        text = row.rstrip(b"\r\n").replace(b"\xff\\x", b"\\x").decode("utf-8", "backslashreplace")
        self._waiting.append((shown_path(self._file), line, reason, detail, text))
        self._check(max(self._rows, SHARE_FROM))

    def drop(self, reason: str, count: int) -> None:
        """Count rows that the policy for missing values leaves out."""
        if count:
            self.dropped[reason] += count

    def flush(self) -> None:
        """Write the bad rows since the last time in the order of their lines."""
        self._waiting.sort(key=lambda row: row[1])
        self._writer.writerows(self._waiting)
        self._waiting = []

    def check_share(self, rows_in: int) -> None:
        """Raise a ``UserError`` if too many of all rows are bad."""
        self.flush()
        self._check(rows_in)

    def _check(self, rows: int) -> None:
        bad = self.rejected.total()
        if bad <= self._max_share * rows:
            return
        raise UserError(
            f"{self._file}: {bad} of the first {self._rows} rows are bad, more than "
            f"data.max_bad_share = {self._max_share:g} allows (the first in {self._first}); "
            "correct the file or the settings, or raise data.max_bad_share."
        )
