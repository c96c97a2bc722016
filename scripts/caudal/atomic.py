"""Outputs that appear whole or not at all."""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WRITING = ".writing"
"""What the names of files and folders end with that are not whole yet."""


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; move it into place when the block ends well.

    The file is flushed to disk before the move, so a full disk or a lost node leaves either the
    old file or the new one, never a part of it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(WRITING, f".{path.name}.", path.parent)
    temporary = Path(name)
    try:
        _lock(handle)
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        if is_full(error):
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path``; it replaces ``path`` when the block ends well."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(WRITING, f".{path.name}.", path.parent))
    handle = os.open(temporary, os.O_RDONLY)
    try:
        _lock(handle)
        yield temporary
        os.chmod(temporary, 0o777 & ~_umask())
        remove(path)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        os.close(handle)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` to ``path`` whole, as UTF-8 with Unix line ends."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(path: str | Path, content: bytes | memoryview) -> None:
    """Write ``content`` to ``path`` whole; the error of a full disk tells its size."""
    try:
        with whole_file(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        error.needed = memoryview(content).nbytes  # type: ignore[attr-defined]
        raise


def remove(path: str | Path) -> None:
    """Remove a file, or a folder with all that is in it; nothing where there is none."""
    path = Path(path)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sweep(folder: str | Path) -> list[Path]:
    """Remove what writers that were killed have left half-written in a folder; returns it.

    A writer holds a lock on what it writes, which ends with the process. Where the file system has
    no locks, nothing is removed.
    """
    swept = []
    for home, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            if name.startswith(".") and name.endswith(WRITING):
                path = Path(home, name)
                if _is_abandoned(path):
                    remove(path)
                    swept.append(path)
    return swept


def _is_abandoned(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:  # it has just been moved into place
        return False
    try:
        return _lock(handle) and os.stat(path).st_ino == os.fstat(handle).st_ino
    except OSError:
        return False
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    """Lock an open file or folder for this process; False where that cannot be had."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def is_full(error: OSError) -> bool:
    """Whether an error says that the disk, or the user's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
