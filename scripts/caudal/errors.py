"""The exceptions that are meant for the user's eyes."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from caudal.atomic import remove

AGAIN = "Run the same command again: it makes what is missing."
"""How a job ends its last sentence that has met damage."""


class UserError(ValueError):
    """Something the user can mend: the message is a whole sentence that says what and how.

    Scripts print it alone; any other exception is a defect of ours and keeps its traceback.
    """


class Damaged(UserError):
    """Results that are not what the run wrote: cut off, changed or gone.

    A job that meets them discards them, so that the same command makes them again.
    """

    def __init__(self, what: str, files: Sequence[Path], mark: Path | None = None):
        """Say ``what`` is wrong; ``files`` have to go, and ``mark`` is left in their place."""
        super().__init__(what, files, mark)
        self.what, self.files, self.mark = what, list(files), mark

    def __str__(self) -> str:
        there = [file for file in self.files if file.exists()]
        if not there:
            return f"{self.what}; run Snakemake again to make it."
        goes = there[0] if len(there) == 1 else f"the folder {there[0].parent}"
        return f"{self.what}; delete {goes} and run Snakemake again."

    def discard(self) -> str:
        """Remove the files; returns the sentence that says so."""
        if self.mark:
            self.mark.parent.mkdir(parents=True, exist_ok=True)
            self.mark.touch()
        for file in self.files:
            remove(file)
        return f"{self.what}. {AGAIN}"


def alike(word: object, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` where one of ``known`` is like ``word``, else nothing.

    >>> alike("lable", ["label", "files"]), alike("Z", ["z"]), alike("z", ["label"])
    (" (did you mean 'label'?)", " (did you mean 'z'?)", '')
    """
    folded = {str(each).casefold(): each for each in known}
    close = get_close_matches(str(word).casefold(), folded, 1)
    return f" (did you mean {folded[close[0]]!r}?)" if close else ""
