"""JSON records that carry the checksum of their own content, so that damage is seen.

A record is an object whose last key, ``checksum``, is the SHA-256 of all the rest.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from caudal.atomic import write_text
from caudal.errors import Damaged, UserError


def checksum(content: Mapping[str, Any]) -> str:
    """The SHA-256 of a record's content, whatever the order of its keys."""
    rest = {key: value for key, value in content.items() if key != "checksum"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """``content`` with its checksum."""
    return {**content, "checksum": checksum(content)}


def write(path: str | Path, content: Mapping[str, Any], indent: int | None = 1) -> None:
    """Write ``content`` with its checksum, whole; the same bytes for the same content."""
    text = json.dumps(sealed(content), indent=indent, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def read(
    path: str | Path, discard: Sequence[Path] = (), mark: Path | None = None
) -> dict[str, Any]:
    """The record in a file, its checksum included.

    Raises Damaged where it is missing, or is anything but what ``write`` wrote; the error discards
    the files of ``discard``, or this one alone, and leaves ``mark``.
    """
    path = Path(path)
    files = list(discard) or [path]
    try:
        record = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise Damaged(f"{path} is missing", files, mark) from None
    except PermissionError:
        raise UserError(f"{path} cannot be read; give yourself the right to.") from None
    except IsADirectoryError:
        raise Damaged(f"{path} is a folder", files, mark) from None
    except (ValueError, RecursionError):
        raise Damaged(f"{path} is damaged", files, mark) from None
    if not isinstance(record, dict) or "checksum" not in record:
        raise Damaged(f"{path} is damaged: it is no record with a checksum", files, mark)
    if record["checksum"] != checksum(record):
        raise Damaged(f"{path} is damaged: its checksum is not that of its content", files, mark)
    return record
