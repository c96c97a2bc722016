"""Where compiled code is kept, so that it is compiled once after an install and not in each job."""

import os
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
VARIABLE = "NUMBA_CACHE_DIR"


def choose(folder: Path) -> None:
    """Keep compiled code in ``folder`` where neither the package nor the home can be written.

    Otherwise numba keeps it beside the package, or in the home, where all runs find it.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path(os.path.expanduser("~"), ".cache"))
    if not any(map(_writable, (PACKAGE, home))):
        os.environ.setdefault(VARIABLE, str(folder.resolve()))


def _writable(folder: Path) -> bool:
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return os.access(there, os.W_OK)
