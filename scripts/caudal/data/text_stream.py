"""A source's text as a stream of UTF-8 bytes, whatever its compression and encoding."""

import codecs
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa

from caudal.data.identity import Watched
from caudal.errors import UserError

BAD_BYTE = b"\xff"  # never part of UTF-8: marks what could not be decoded
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
# By the first bytes: what a file is, and what to do where its name does not say so.
FOREIGN = (
    (b"\x1f\x8b", "gzip", "let its name end in .csv.gz"),
    (b"BZh", "bzip2", "let its name end in .csv.bz2"),
    (b"\x28\xb5\x2f\xfd", "Zstandard", "let its name end in .csv.zst"),
    (b"PAR1", "Parquet", "let its name end in .parquet"),
    (b"PK\x03\x04", "a zip archive, or an Excel workbook", "unpack it, or save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save it as CSV"),
    (b"\xfd7zXZ", "xz", "unpack it"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"ARROW1", "Arrow's IPC (Feather)", "write it as Parquet"),
    (b"ORC", "ORC", "write it as Parquet"),
    (b"\x89HDF", "HDF5", "write it as CSV or Parquet"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
    (b"%PDF", "a PDF", "export its table as CSV"),
)
TEXT = bytes([*range(9, 14), *range(32, 127)])


def _mark_bad(error: UnicodeError) -> tuple[str, int]:
    """Replace undecodable bytes by a mark that is no UTF-8, followed by their hexadecimal."""
    assert isinstance(error, UnicodeDecodeError)
    text = "".join(f"\udcff\\x{byte:02x}" for byte in error.object[error.start : error.end])
    return text, error.end


codecs.register_error("caudal", _mark_bad)


def text_encoding(name: str) -> str:
    """The name by which Python knows an encoding; a UserError where it knows no such text."""
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except LookupError:
        raise UserError(
            f"data.encoding: there is no encoding {name!r}; write utf-8, latin-1, cp1252 …"
        ) from None


class TextStream:
    """Reads a file, decompressed, as UTF-8 bytes.

    A byte order mark is left out and decides the encoding; else it is ``encoding``, or UTF-8.
    Bytes that are no text in a foreign encoding appear as ``BAD_BYTE`` and their hexadecimal,
    so that whoever reads the row as UTF-8 finds the fault.
    """

    def __init__(self, file: Path, encoding: str | None = None, source: Watched | None = None):
        """``source`` is the file where it is open already, else it is opened."""
        self.file = file
        self._opened = ExitStack()
        self._raw: Watched | pa.CompressedInputStream
        with self._opened as opened:
            self._open(encoding, source)
            self._opened = opened.pop_all()  # closed by then where it cannot be read

    def _open(self, encoding: str | None, source: Watched | None) -> None:
        file = self.file
        try:
            opened = source or self._opened.enter_context(Watched(file))
            codec = COMPRESSIONS.get(file.suffix.lower())
            if codec:
                self._raw = pa.CompressedInputStream(pa.PythonFile(opened, "r"), codec)
            else:
                self._raw = opened
        except OSError as error:
            raise self._unreadable(error) from error
        start = self._read_raw(16)
        self._check_form(start)
        mark, marked = next(((m, e) for m, e in MARKS if start.startswith(m)), (b"", None))
        self.encoding = text_encoding(marked or encoding or "utf-8")
        self._decoder: codecs.IncrementalDecoder | None = None
        if self.encoding in ("utf-8", "utf-8-sig", "ascii"):
            self.encoding = "utf-8"
            start = start[len(mark) :]
        else:
            self._decoder = codecs.getincrementaldecoder(self.encoding)("caudal")
        self._start = start

    def __enter__(self) -> "TextStream":
        return self

    def __exit__(self, *_) -> None:
        self._opened.close()

    def read(self, size: int) -> bytes:
        """The next bytes, about ``size`` of them; empty only at the end."""
        fresh, self._start = self._start, b""
        fresh += self._read_raw(size - len(fresh))
        if self._decoder is None:
            return fresh
        text = self._decoder.decode(fresh, final=not fresh)
        while fresh and not text:  # the bytes of half a character
            fresh = self._read_raw(4)
            text = self._decoder.decode(fresh, final=not fresh)
        return text.encode("utf-8", "surrogateescape")

    def _check_form(self, start: bytes) -> None:
        if not start.translate(None, TEXT):
            return  # a column may be called ORC
        for magic, what, cure in FOREIGN:
            if start.startswith(magic):
                raise UserError(f"{self.file} is {what} by its first bytes; {cure}.")

    def _read_raw(self, size: int) -> bytes:
        try:
            return self._raw.read(max(size, 1))
        except OSError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> UserError:
        return UserError(
            f"{self.file} cannot be read: {error}; see that it is whole and what its name says."
        )
