"""Dates in the future, which a clock that was set back leaves behind.

Snakemake takes an output for out of date as long as one of its inputs is younger, be it dated
tomorrow, and fails the job that has just made it.
"""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from caudal.errors import UserError

SKEW = 5  # seconds by which the clock of a file server may be ahead


def mend_dates(folder: Path = Path("results")) -> None:
    """Date files of the folder that are of the future as of now."""
    now = time.time()
    for where, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(where, name)
            with suppress(OSError):  # gone meanwhile, or another's
                if os.path.getmtime(file) > now + SKEW:
                    os.utime(file, (now, now))


def check_dates(files: Iterable[Path]) -> None:
    """Raise UserError for a source that is dated in the future."""
    now = time.time()
    for file in files:
        if file.exists() and file.stat().st_mtime > now + SKEW:
            raise UserError(
                f"data.files: {file} is dated in the future, so all that is made of it would "
                f"count as older; correct the clock, or date it anew: touch '{file}'."
            )
