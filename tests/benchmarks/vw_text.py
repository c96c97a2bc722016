"""The rows of a manifest's parts in Vowpal Wabbit's text format."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from caudal.data.manifest import load
from caudal.features.extractor import Extractor

FORBIDDEN = r"[\s:|]"
"""Signs that mean something in that format; `_` stands for them."""


def write_vw_text(
    manifest_file: Path, features: Sequence[str], label: str, file: Path, scale: bool = False
) -> None:
    """Write the features of each row, in order: numbers as they are, levels as names.

    A missing number is left out, as Vowpal Wabbit's users do; a missing level is one of its own.
    With ``scale`` numbers are standardised as a fit of ours has them, and the missing filled in.
    """
    known = load(manifest_file)
    extractor = Extractor(list(features), missing="mean")
    with open(file, "w", encoding="utf-8") as text:
        for i, part in enumerate(known["parts"]):
            rows = pq.read_table(manifest_file.parent / part["file"], columns=[*features, label])
            if scale:
                plain = rows.select(features)
                extractor = extractor if i else extractor.partial_fit(plain)
                labels, rows = rows[label], extractor.transform(plain)
                rows = rows.append_column(label, labels)
                extractor = extractor.partial_fit(plain) if i else extractor
            text.writelines(f"{line}\n" for line in vw_lines(rows, label, known["classes"][1]))


def labels_of(manifest_file: Path, label: str) -> np.ndarray:
    """The labels (rows,) in order: 1.0 for the second class, 0.0 for the first."""
    known = load(manifest_file)
    files = [manifest_file.parent / part["file"] for part in known["parts"]]
    columns = [pq.read_table(file, columns=[label])[label].cast(pa.string()) for file in files]
    texts = pa.chunked_array([chunk for column in columns for chunk in column.chunks])
    return pc.equal(texts, known["classes"][1]).to_numpy().astype(float)


def vw_lines(rows: pa.Table, label: str, positive: str) -> list[str]:
    """A line for each of the rows, all features in one namespace."""
    is_positive = pc.equal(rows[label].cast(pa.string()), positive)
    parts = [pc.if_else(is_positive, "1 |n", "-1 |n")]
    for name in rows.column_names:
        if name == label:
            continue
        column, plain = rows[name], pc.replace_substring_regex(name, FORBIDDEN, "_").as_py()
        if pa.types.is_dictionary(column.type):
            levels = pc.fill_null(column.cast(pa.string()), "")
            texts = pc.replace_substring_regex(levels, FORBIDDEN, "_")
            parts.append(pc.binary_join_element_wise(f" {plain}=", texts, ""))
        else:
            parts.append(pc.binary_join_element_wise(f" {plain}:", column.cast(pa.string()), ""))
    return pc.binary_join_element_wise(*parts, "", null_handling="skip").to_pylist()
