"""States of fits: what a point has learned up to a whole chunk, to go on from there.

A state lies in one file beside the point's model, whole or not at all. It is saved at the last
whole chunk, for the fits of a stream that has grown, and every so often, for a fit that is killed.
It serves only fits that would have come to the very same state.
"""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from caudal.atomic import is_full, remove, sweep
from caudal.learn import state_file
from caudal.learn.going_on import Source, never, read_up_to, why_not

log = logging.getLogger("caudal")

NAME = "state.pkl"


class SavedStates:
    """The state files of a job's points."""

    def __init__(self, files: Mapping[str, str | Path], keep: bool, every: float | None = None):
        """``files`` by the points' ids; ``keep`` the states of fits that have ended, too; save
        those of others at most once in ``every`` seconds, None for never.
        """
        self.files = {point: Path(file) for point, file in files.items()}
        self.keep, self._every = keep, every
        self._last = time.monotonic()
        self._not_saved: set[str] = set()

    def load(self, point: str, belongs: dict, sources: list[Source], rows: int) -> dict | None:
        """The state of a point from which a fit of ``rows`` rows can go on; None without one.

        Says in a line of the log why there is none. ``belongs`` are the fit's ``belongings``.
        """
        file = self.files[point]
        sweep(file.parent)  # what a killed fit had half written
        try:
            found = state_file.read(file)
        except FileNotFoundError:
            gone = never(belongs["stream"]) or f"there is no {file}"
            log.info("%s begins at the first row: %s", point, gone)
            return None
        why = f"{file} is damaged" if found is None else why_not(found, belongs, sources, rows)
        if found is not None and not why:
            log.info("%s goes on after %d rows", point, found["rows"])
            return found["fit"]
        log.info("%s starts over: %s", point, why)
        if found is not None and not why_not(found, belongs, sources, found["rows"]):
            self._not_saved.add(point)
        else:
            remove(file)
        return None

    def wanted(self, last: bool) -> bool:
        """Whether to save now: behind the ``last`` whole chunk, or as it is time to again."""
        if last and self.keep:
            return True
        return self._every is not None and time.monotonic() - self._last >= self._every

    def save(
        self,
        point: str,
        make: Callable[[], dict],
        belongs: dict,
        sources: list[Source],
        rows: int,
    ) -> None:
        """Put the state of a point that ``make`` gives in the place of the one before.

        It is that behind ``rows`` rows. A full disk is told, but ends no fit; so is a state that
        cannot be saved. One that is farther than this fit will come stays.
        """
        self._last = time.monotonic()
        if point in self._not_saved:
            return
        begun = read_up_to(sources, rows, belongs)
        try:
            content = {"belongs": belongs, "sources": begun, "rows": rows, "fit": make()}
            state_file.write(self.files[point], content)
        except TypeError as error:
            log.info("the state of %s cannot be saved: %s", point, error)
            self._not_saved.add(point)
        except OSError as error:
            if not is_full(error):
                raise
            log.warning("the disk is full: the state of %s could not be saved", point)
        else:
            log.info("saved the state of %s after %d rows", point, rows)

    def end(self) -> None:
        """Remove the states of fits that have ended, unless they are kept."""
        for file in self.files.values() if not self.keep else ():
            file.unlink(missing_ok=True)
