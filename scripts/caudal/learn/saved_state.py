"""The state of a long fit, saved every so often, so that a killed one goes on from there.

A state lies in one file beside the fit's targets, whole or not at all, and serves only the very
same fit: it bears a hash of the data, the parameters, the settings, the code and the versions.
"""

import hashlib
import json
import logging
import pickle
import time
from pathlib import Path

import numpy as np

from caudal.atomic import is_full, whole_file

log = logging.getLogger("caudal")

NAME = "saved_state.pkl"


class SavedState:
    """The file of one job's state.

    Its first 64 bytes are the SHA-256 of the rest in hexadecimal, the next 64 that of what the
    state belongs to. The rest is a pickle, which is read only where both are as they should be.
    """

    def __init__(self, file: str | Path, every: float):
        """Save to ``file``, at most once in ``every`` seconds."""
        self.file, self.every = Path(file), every
        self._last = time.monotonic()
        self._owner = b""

    def load(self, owner: dict) -> dict | None:
        """The state that was saved for ``owner`` (plain values); None where there is none."""
        text = json.dumps(owner, sort_keys=True)
        self._owner = hashlib.sha256(text.encode()).hexdigest().encode()
        try:
            with open(self.file, "rb") as file:
                digest, found = file.read(64), file.read(64)
                rest = hashlib.sha256(found)
                while block := file.read(1 << 20):
                    rest.update(block)
                if found == self._owner and rest.hexdigest().encode() == digest:
                    file.seek(128)
                    return pickle.load(file)
        except FileNotFoundError:
            return None
        log.info("%s is damaged or of another fit: starting over", self.file)
        self.remove()
        return None

    def due(self) -> bool:
        """Whether it is time to save again."""
        return time.monotonic() - self._last >= self.every

    def save(self, state: dict) -> None:
        """Put ``state`` in the place of the one before; a full disk is told, but ends no fit."""
        try:
            with whole_file(self.file) as temporary, open(temporary, "wb") as file:
                writer = _Hashing(file)
                file.seek(64)
                writer.write(self._owner)
                _Pickler(writer, protocol=5).dump(state)
                file.seek(0)
                file.write(writer.digest.hexdigest().encode())
        except OSError as error:
            if not is_full(error):
                raise
            log.warning("the disk is full: the state of this fit could not be saved")
        self._last = time.monotonic()

    def remove(self) -> None:
        """Remove the file, if it is there."""
        self.file.unlink(missing_ok=True)


class _Hashing:
    """A file to write to that keeps the SHA-256 of what was written."""

    def __init__(self, file):
        self.file, self.digest = file, hashlib.sha256()

    def write(self, block) -> int:
        self.digest.update(block)
        return self.file.write(block)


class _Pickler(pickle.Pickler):
    """Restores arrays with numpy's own dtype objects, as new arrays have them.

    Otherwise the model of a fit that went on would be pickled to other bytes.
    """

    def reducer_override(self, value):
        if type(value) is np.ndarray and value.dtype.kind in "biufcU":
            order = "C" if value.flags.c_contiguous else "F"
            content = pickle.PickleBuffer(value.ravel(order).view(np.uint8))
            return _array, (value.dtype.str, value.shape, order, content)
        return NotImplemented


def _array(dtype: str, shape: tuple, order: str, content: bytearray) -> np.ndarray:
    return np.frombuffer(content, dtype).reshape(shape, order=order)
