"""Reads gzip as gunzip does: members one after the other, and zeros behind the last one."""

import zlib
from typing import Protocol

PIECE = 1024 * 1024
GZIP = 31
"""What zlib calls the form with a gzip header and a checksum at its end."""


class Readable(Protocol):
    """A file of bytes."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; empty only at the end."""


class Gunzip:
    """What a file of bytes holds, decompressed; tapes and block devices leave zeros behind it."""

    def __init__(self, raw: Readable):
        """Read from ``raw``, which stands at its beginning."""
        self._raw = raw
        self._left = raw.read(PIECE)
        self._member = zlib.decompressobj(GZIP)

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes or fewer; empty only at the end.

        Raises OSError where the file is cut off, damaged, or goes on with something else.
        """
        while not self._member.eof or self._begin_next():
            self._left = self._left or self._raw.read(PIECE)
            ended = not self._left
            try:
                found = self._member.decompress(self._left, size)
            except zlib.error as error:
                raise OSError(f"it is no gzip, or damaged ({error})") from error
            self._left = self._member.unused_data or self._member.unconsumed_tail
            if found:
                return found
            if ended and not self._member.eof:
                raise OSError("its gzip is cut off")
        return b""

    def _begin_next(self) -> bool:
        """Begin the next member, where there is one behind the zeros."""
        while not (left := self._left.lstrip(b"\0")) and (more := self._raw.read(PIECE)):
            self._left = more
        self._left = left
        if left:
            self._member = zlib.decompressobj(GZIP)
        return bool(left)
