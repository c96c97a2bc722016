"""Which file a source was: its size, its date and the checksum of what was read of it."""

import hashlib
import os
from pathlib import Path

from caudal.errors import UserError

PIECE = 4 * 1024 * 1024


class Watched:
    """A source that is open: what is read of it is summed up, and a replacement is found.

    A file that is replaced or written to has another inode, size or date of change in the end,
    whatever date of modification it was given. Serves pyarrow as a Python file.
    """

    def __init__(self, file: Path):
        self.file = file
        self._open = open(file, "rb", buffering=0)  # noqa: SIM115 (closed by __exit__)
        self._before = os.fstat(self._open.fileno())
        self._digest = hashlib.sha256()

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_) -> None:
        self._open.close()

    @property
    def closed(self) -> bool:
        """Whether nothing more can be read."""
        return self._open.closed

    def close(self) -> None:
        """Nothing: pyarrow closes what it has read, but there may be more to sum up."""

    def read(self, size: int = PIECE) -> bytes:
        """The next ``size`` bytes, fewer only at the end."""
        pieces = []
        while size > 0 and (piece := self._open.read(size)):
            self._digest.update(piece)
            pieces.append(piece)
            size -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def identity(self) -> dict:
        """``size``, ``date`` (of modification, in ns) and ``sha256`` of the file as it was read.

        Raises UserError if the file is not the one any more that was there in the beginning.
        """
        while self.read():
            pass  # what no reader asked for
        digest, before, now = self._digest.hexdigest(), self._before, os.stat(self.file)
        same = all(
            getattr(before, key) == getattr(now, key)
            for key in ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")
        )
        # A link or a right given to it changes the inode's date, but not what is in the file.
        if not same and (now.st_size != before.st_size or checksum(self.file) != digest):
            raise UserError(
                f"{self.file} was replaced or written to while it was read; run the same command "
                "again when it is at rest."
            )
        return {"size": now.st_size, "date": now.st_mtime_ns, "sha256": digest}


def checksum(file: Path) -> str:
    """The SHA-256 of a file's content."""
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def is_another(file: Path, identity: dict) -> bool:
    """Whether the file there now is not the one of ``identity``; one that is gone is no other.

    Its content is read only where size and date do not tell.
    """
    try:
        now = os.stat(file)
    except OSError:
        return False  # archived, perhaps
    if now.st_size != identity["size"]:
        return True
    return now.st_mtime_ns != identity["date"] and checksum(file) != identity["sha256"]
