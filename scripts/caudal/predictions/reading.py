"""As what a new file is read: by the form of the data that the model learned."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from caudal.data.dates import derived_columns
from caudal.data.defaults import completed
from caudal.data.ingest import columns_in
from caudal.data.label_rules import label_column
from caudal.data.sources import suffix
from caudal.data.value_texts import has_text
from caudal.errors import UserError, alike

KEPT, LABEL = "kept", "label"
"""The kinds of columns that come beside the features."""


class Reading:
    """What there is to read in one new ``file``, of which the columns ``keep`` go along.

    ``schema`` has the model's features, the columns to keep and, where the file has it, the label;
    ``data`` are the settings by which rows are screened, ``form`` those by which the file is read;
    ``label`` is None where the file has none.
    """

    def __init__(self, file: Path, known: dict[str, Any], features: list[str], keep: Sequence[str]):
        """``known`` is what ``best_schema`` tells. Raises UserError where a column to keep is not
        there.
        """
        self.file, self.keep = file, list(keep)
        schema = known["schema"]
        derive = {
            name: parts
            for name, parts in schema["derive"].items()
            if set(derived_columns({name: parts})) & set(features)
        }
        read = [*derive, *(n for n in features if n not in derived_columns(derive))]
        data = completed(known["data"])
        # A label is scored where it is there; no row lacks its prediction for it.
        self.data = {
            **data, **schema["csv"], "classes": known["label"]["classes"],
            "missing": {**data["missing"], "label": "keep"},
        }  # fmt: skip
        # A CSV's delimiter is told by a header that holds the label; here a feature stands for it.
        self.form = {**self.data, "label": read[0], "label_from": None}
        header = columns_in(file, self.form)
        self.label = data["label"] if label_column(data) in header else None
        _check_keep(file, keep, header)
        kinds = {name: schema["columns"][name] for name in features}
        if self.label:
            kinds[self.label] = LABEL
        kinds |= {name: KEPT for name in keep if name not in kinds}
        self.schema = {**schema, "columns": kinds, "order": list(kinds), "derive": derive}

    @property
    def own_types(self) -> dict[str, pa.DataType]:
        """The types of columns to keep that are no texts where the file has types."""
        if suffix(self.file) != ".parquet":
            return {}
        return {
            column.name: column.type
            for column in pq.read_schema(self.file)
            if self.schema["columns"].get(column.name) == KEPT
            and column.name not in self.schema["derive"]
            and _is_plain(column.type)
        }


def _is_plain(kind: pa.DataType) -> bool:
    other = pa.types.is_dictionary(kind) or isinstance(kind, pa.BaseExtensionType)
    return has_text(kind) and not other


def _check_keep(file: Path, keep: Sequence[str], header: Sequence[str]) -> None:
    for name in keep if header else ():
        if name not in header:
            raise UserError(
                f"{file}, line 1: predict.keep: there is no column {name!r}{alike(name, header)}; "
                f"there are {', '.join(header[:20])}{', ...' if len(header) > 20 else ''}."
            )
