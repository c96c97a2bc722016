"""Compiled functions, kept on disk in files whose damage costs a compilation and nothing else.

numba's own cache believes its files: one that is empty or cut ends every job, and one of which a
bit is flipped may be run. Here each file carries its SHA-256.
"""

import hashlib
import logging
import os
import pickle
from collections.abc import Callable
from typing import Any

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile

log = logging.getLogger("caudal")


def compiled(function: Callable | None = None, **options: Any) -> Any:
    """As ``numba.njit(cache=True)``, with a cache that heals; a decorator with options or without.

    >>> @compiled
    ... def twice(x):
    ...     return 2 * x
    >>> twice(2)
    4
    """
    if function is None:
        return lambda function: compiled(function, **options)
    dispatcher = numba.njit(**options)(function)
    try:
        dispatcher._cache = _Cache(dispatcher.py_func)
    except RuntimeError:  # there is no folder to write to
        log.info("%s is compiled in each process: no folder can be written", function.__name__)
    return dispatcher


class _Cache(FunctionCache):
    """A cache of which nothing that fails ends the job."""

    def __init__(self, py_func: Callable):
        super().__init__(py_func)
        plain = self._cache_file
        self._cache_file = _Files(plain._cache_path, "", plain._source_stamp)
        vars(self._cache_file).update(vars(plain))

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What is on disk, or None."""
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:
            self._say("cannot be used", error)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, if that is possible."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            self._say("cannot be written", error)

    def _say(self, what: str, error: Exception) -> None:
        log.warning(
            "the compiled %s in %s %s (%s): it is compiled anew",
            self._py_func.__name__, self.cache_path, what, error or type(error).__name__,
        )  # fmt: skip


class _Files(IndexDataCacheFile):
    """numba's two kinds of file with their checksum in front; what is damaged counts as missing."""

    def _load_index(self) -> dict:
        content = _read(self._index_path)
        if content is None:
            return {}
        version, stamp, overloads = pickle.loads(content)
        return overloads if (version, stamp) == (self._version, self._source_stamp) else {}

    def _save_index(self, overloads: dict) -> None:
        self._write(self._index_path, (self._version, self._source_stamp, overloads))

    def _load_data(self, name: str) -> Any:
        content = _read(self._data_path(name))
        if content is None:
            raise FileNotFoundError(name)  # numba takes it for removed
        return pickle.loads(content)

    def _save_data(self, name: str, data: Any) -> None:
        self._write(self._data_path(name), data)

    def _write(self, path: str, value: Any) -> None:
        content = self._dump(value)
        with self._open_for_write(path) as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)


def _read(path: str) -> bytes | None:
    """The content of a file whose checksum is right; None where there is no such file."""
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        digest, content = file.read(32), file.read()
    if hashlib.sha256(content).digest() == digest:
        return content
    log.warning("%s is damaged: the function in it is compiled anew", path)
    return None
