"""The names of the files that are to be predicted: those of their predictions."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from caudal.data.sources import short_hash, sources
from caudal.errors import UserError
from caudal.predictions.record import read_record, record_files

KEY = "predict.files"


def new_files(patterns: Sequence[str], results: str | Path = "results") -> dict[str, str]:
    """Map the name of each new file to its path, in the order of the config.

    A name is the file's stem, or that and a hash of its path where ``results`` holds predictions
    of another file under it: those of one file never take the place of another's. Raises UserError
    as ``sources`` does.
    """
    taken = _taken(results)
    names = {}
    for name, path in sources(list(patterns), key=KEY).items():
        file = _plain(path)
        if file not in taken and name in taken.values():
            name = f"{name}-{short_hash(Path(file))}"
        names[taken.setdefault(file, name)] = file
    return names


def _taken(results: str | Path) -> dict[str, str]:
    """The names of the files whose predictions are there."""
    taken = {}
    for record in record_files(results):
        with suppress(UserError):  # damaged: it is made again
            taken[read_record(record)["file"]] = record.stem
    return taken


def _plain(path: Path) -> str:
    """A file's path by which it is known again: from the working directory where it lies there."""
    whole = Path(os.path.abspath(path))
    return str(whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole)
