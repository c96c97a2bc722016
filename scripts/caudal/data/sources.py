"""The sources that ``data.files`` means, with a stable name for each."""

import glob
import hashlib
import re
from pathlib import Path
from urllib.parse import unquote

from caudal.errors import UserError

SUFFIXES = (".csv", ".csv.gz", ".csv.bz2", ".csv.zst", ".parquet")
RESERVED = {"manifest"}
LONGEST_NAME = 80
NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"


def sources(patterns: list[str], base: Path = Path(".")) -> dict[str, Path]:
    """Map the name of each source to its path, in stream order.

    The patterns keep their order, the matches of one pattern are in natural order (``day2``
    before ``day10``), and a file that two patterns match comes once. A folder stands for the files
    in it that can be read. A name is the file's stem, fit for a file name; where two would be
    equal, the later one bears a hash of its path, so that files added later leave the earlier
    names alone.

    Raises
    ------
    UserError
        If a pattern matches nothing, a file is of no kind that can be read, a link leads nowhere,
        or rows would count twice: by two links to one file, or ``x.csv`` beside ``x.csv.gz``.
    """
    if isinstance(patterns, str):
        patterns = [patterns]
    found: dict[str, Path] = {}
    seen: set[str] = set()
    taken: set[str] = set()
    for pattern in patterns:
        for path in _matches(pattern, base):
            key = path.as_posix()
            if key in seen:
                continue
            seen.add(key)
            name = _name(path)
            if name.casefold() in taken:
                name = f"{name}-{_short_hash(path)}"
            taken.add(name.casefold())
            found[name] = base / path
    _check_twice(list(found.values()))
    return found


def _check_twice(files: list[Path]) -> None:
    inodes: dict[tuple[int, int], Path] = {}
    stems: dict[str, Path] = {}
    for file in files:
        about = file.stat()
        stem = file.as_posix()[: -len(suffix(file) or "")]
        other = inodes.setdefault((about.st_dev, about.st_ino), file)
        if other != file:
            raise UserError(
                f"data.files: {other} and {file} are links to one file, whose rows would count "
                "twice; name one of them."
            )
        other = stems.setdefault(stem, file)
        if other != file:
            raise UserError(
                f"data.files: {other} and {file} are one file in two forms by their names, and "
                "its rows would count twice; name one of them, or rename one if they differ."
            )


def partition_values(file: Path) -> dict[str, str | None]:
    """The columns that the names of a file's folders tell, as Hive and Spark have it.

    >>> partition_values(Path("data/site=a%20b/day=1/part.parquet"))
    {'site': 'a b', 'day': '1'}
    """
    pairs = [part.split("=", 1) for part in file.parts[:-1] if re.match(r"[^=]+=.", part)]
    return {
        unquote(name): None if value == NO_PARTITION else unquote(value) for name, value in pairs
    }


def suffix(path: Path) -> str | None:
    """The suffix by which a file is read, or None.

    >>> suffix(Path("a.b.CSV.gz"))
    '.csv.gz'
    """
    name = path.name.lower()
    return next((known for known in SUFFIXES if name.endswith(known)), None)


def check_for_shells(path: str | Path) -> None:
    """Raise UserError for a path that a cluster's job script would not quote rightly.

    Snakemake writes the names of a job's inputs there in single quotes.
    """
    if repr(str(path)) != f"'{path}'":
        raise UserError(
            f"data.files: {path} has a quote, a backslash or an unprintable character in its "
            f"name, which the shell of a cluster's job would misread; rename it, or make a link "
            f"of another name and give that."
        )


def shown_path(file: Path) -> str:
    """The path as it stands in outputs: as given, or its name alone if it is absolute.

    >>> shown_path(Path("data/a.csv")), shown_path(Path("/data/a.csv"))
    ('data/a.csv', 'a.csv')
    """
    return file.name if file.is_absolute() else file.as_posix()


def _matches(pattern: str, base: Path) -> list[Path]:
    if (base / pattern).exists():  # a plain name may hold [brackets]
        names = [pattern]
    else:
        names = glob.glob(pattern, root_dir=base, recursive=True)
    matches = []
    for name in names:
        path = base / name
        if path.is_symlink() and not path.exists():
            raise UserError(f"data.files: {name} is a link to nothing; mend or remove it.")
        if path.is_file() and not (path.name.startswith("_") and name != pattern):
            matches.append(Path(name))
        elif path.is_dir() and (name == pattern or suffix(path) or "=" in path.name):
            matches += _in_folder(Path(name), base)
    if not matches:
        raise UserError(
            f"data.files: no file matches {pattern!r} in {base.resolve()}; correct the pattern, "
            "or make the file first, if another workflow does: a run is planned by what is there."
        )
    for path in matches:
        if suffix(path) is None:
            raise UserError(
                f"data.files: {path} cannot be read; its name must end in {', '.join(SUFFIXES)}."
            )
        if re.search(r"\{\s*\w", str(path)):
            raise UserError(
                f"data.files: {path} has a word in braces in its name, which Snakemake takes for a "
                "wildcard; rename it, or make a link of another name and give that."
            )
    return sorted(matches, key=_natural)


def _in_folder(folder: Path, base: Path) -> list[Path]:
    """The files in a folder, as Spark writes one for a table, without its marks and sums."""
    files = [path.relative_to(base) for path in (base / folder).rglob("*") if path.is_file()]
    inside = [path.relative_to(folder).parts for path in files]
    found = [
        path
        for path, parts in zip(files, inside, strict=True)
        if suffix(path) and not any(part.startswith((".", "_")) for part in parts)
    ]
    if not found:
        raise UserError(
            f"data.files: {folder} is a folder without files whose names end in "
            f"{', '.join(SUFFIXES)}; correct it."
        )
    return found


def _natural(path: Path) -> list[tuple[int, int, str]]:
    pieces = re.split(r"([0-9]+)", path.as_posix())
    key = [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces]
    return [*key, (2, 0, path.as_posix())]


def _name(path: Path) -> str:
    stem = path.name[: -len(suffix(path) or "")]
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", stem)[:LONGEST_NAME]
    # What the clean name loses is told apart by the hash, whichever other files there are.
    if name != stem.replace(".", "_").replace(" ", "_") or name.lower() in RESERVED:
        name = f"{name}-{_short_hash(path)}"
    return name


def _short_hash(path: Path) -> str:
    return hashlib.sha256(path.as_posix().encode("utf-8", "surrogateescape")).hexdigest()[:8]
