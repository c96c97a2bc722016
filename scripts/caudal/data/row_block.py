"""The rows that one block of a source gave, whatever its format."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa


@dataclass
class RowBlock:
    """``rows_in`` are the rows seen, of which those that could not be read lack in ``table``."""

    table: pa.Table
    rows_in: int
    _locate: Callable[[], Callable[[int], tuple[int, bytes]]] = field(repr=False)

    @cached_property
    def locate(self) -> Callable[[int], tuple[int, bytes]]:
        """Gives the line number and the text of the row at an index of ``table``."""
        return self._locate()
