"""The state of a long fit, saved every so often, so that a killed one goes on from there.

A state lies in one file beside the fit's targets, whole or not at all, and serves only the very
same fit: it names the data, the parameters, the settings, the code and the versions it is of.
"""

import json
import logging
import time
from pathlib import Path

from caudal.atomic import is_full, sweep
from caudal.learn import state_file

log = logging.getLogger("caudal")

NAME = "saved_state"


class SavedState:
    """The file of one job's state."""

    def __init__(self, file: str | Path, every: float):
        """Save to ``file``, at most once in ``every`` seconds."""
        self.file, self.every = Path(file), every
        self._last = time.monotonic()
        self._owner = ""

    def load(self, owner: dict) -> dict | None:
        """The state that was saved for ``owner`` (plain values); None where there is none."""
        self._owner = json.dumps(owner, sort_keys=True)
        sweep(self.file.parent)  # what a killed fit had half written
        try:
            found = state_file.read(self.file)
        except FileNotFoundError:
            return None
        if found is not None and found["owner"] == self._owner:
            return found["state"]
        log.info("%s is damaged or of another fit: starting over", self.file)
        self.remove()
        return None

    def due(self) -> bool:
        """Whether it is time to save again."""
        return time.monotonic() - self._last >= self.every

    def save(self, state: dict) -> None:
        """Put ``state`` in the place of the one before; a full disk is told, but ends no fit."""
        try:
            state_file.write(self.file, {"owner": self._owner, "state": state})
        except OSError as error:
            if not is_full(error):
                raise
            log.warning("the disk is full: the state of this fit could not be saved")
        self._last = time.monotonic()

    def remove(self) -> None:
        """Remove the file, if it is there."""
        self.file.unlink(missing_ok=True)
