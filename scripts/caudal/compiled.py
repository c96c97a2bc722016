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
        base = f"{self._impl.filename_base}.checked"
        stamp = (numba.__version__, self._cache_file._source_stamp, _called(py_func))
        self._cache_file = _Files(self._cache_path, base, stamp)

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
    """A file for each signature and processor, and no index: it tells itself what it was made of.

    numba's index may name, for a moment, code of the source as it was.
    """

    def load(self, key: tuple) -> Any:
        """What was saved for ``key``; None where nothing was, or by another source."""
        content = _read(self._path(key))
        if content is None:
            return None
        made_of, data = pickle.loads(content)
        return data if made_of == self._made_of(key) else None

    def save(self, key: tuple, data: Any) -> None:
        """Keep ``data``, whole or not at all."""
        content = self._dump((self._made_of(key), data))
        with self._open_for_write(self._path(key)) as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)

    def _path(self, key: tuple) -> str:
        signature, processor, _ = key
        name = hashlib.sha256(repr((signature, processor)).encode()).hexdigest()[:16]
        return self._data_path(self._data_name_pattern.replace("{number:d}", name))

    def _made_of(self, key: tuple) -> tuple:
        return self._source_stamp, repr(key)


def _called(function: Callable) -> list:
    """The stamps of what the function's module has imported: its code is within the function's."""
    caches = (getattr(value, "_cache", None) for value in function.__globals__.values())
    return sorted(
        repr(cache._cache_file._source_stamp)
        for cache in caches
        if isinstance(cache, _Cache) and cache._py_func.__module__ != function.__module__
    )


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
