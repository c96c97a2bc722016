"""The best model's coefficients with the names of their terms."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from caudal.atomic import whole_file
from caudal.data import manifest
from caudal.data.chunks import chunk_streamer
from caudal.data.value_texts import LEVEL
from caudal.features.terms import Term
from caudal.models.plain_json import learner_of
from caudal.models.score_record import load_checked
from caudal.models.term_names import columns_and_signs, name_terms

log = logging.getLogger("caudal")

INTERCEPT = "(intercept)"
HEADER = ("term", "column", "coefficient", "collisions")
STREAM = {"batch_size": 1000, "n_batches": 20, "order": "sequential"}
"""How the chunks are read to find levels: the order makes no difference."""

BLOCK = 1 << 16
"""Rows of the table that become text at once."""


def coefficients(
    model_file: str | Path,
    manifest_file: str | Path,
    out_csv: str | Path,
    truth_file: str | Path | None = None,
) -> int:
    """Write ``results/best/coefficients.csv``; returns the number of its rows.

    A row per term, the largest coefficient by absolute value first, equal ones by term: ``term``,
    its ``column``, its ``coefficient`` with the sign of the hash undone, the ``collisions`` (other
    terms in that column, which share its weight) and, with ``truth_file`` (CSV of ``term,
    coefficient``), ``truth``, empty where the true model has no such term. The intercept is the
    term ``(intercept)`` without a column. Terms of numbers alone are all there; those with levels
    where the data hold the levels and the column has a weight. They are found in one pass over the
    chunks, and at most ``naming.MOST_COMBINATIONS`` are told apart.

    With more than two classes there is a row per term and class and a column ``class``; with two
    the coefficients speak for the manifest's ``positive``. With ``extractor.scale`` they are those
    of the standardised features. Those of a regressor are in the label's own unit. A learner that
    has no coefficients leaves the header alone.
    """
    model = load_checked(model_file)
    if not hasattr(model[-1], "coef_"):
        log.info("%s has no coefficients to name.", type(learner_of(model)).__name__)
        rows = pa.table({name: pa.array([], pa.string()) for name in HEADER})
    else:
        content = manifest.load(Path(manifest_file))
        chunks = _records(model, content, Path(manifest_file).parent)
        rows = _ranked(table(model, chunks, content["positive"] in content["classes"][:1]))
        if truth_file is not None:
            rows = _with_truth(rows, Path(truth_file))
    _write(rows, Path(out_csv))
    return len(rows)


def table(model, chunks: Iterable[pa.Table], of_first: bool = False) -> pa.Table:
    """The coefficients of a pipeline as a table of term, column, coefficient, collisions (, class).

    ``chunks`` are the records, as the extractor gives them, whose levels are named; ``of_first``
    of two classes makes the coefficients those of the first, not of the second. The intercepts
    come last.
    """
    last, vectorizer = model[-1], model.named_steps["vectorizer"]
    sign = -1.0 if of_first else 1.0
    weights = sign * np.atleast_2d(_dense(last.coef_))
    terms = model_terms(model)
    touched = np.any(weights, axis=0)
    blocks = []
    for number, names in enumerate(name_terms(terms, chunks)):
        columns, _ = columns_and_signs(names, vectorizer.n_features)
        if number == 0:  # terms of numbers alone, which are shown even without a weight
            touched[columns] = True
        blocks.append(names.filter(pa.array(touched[columns])))
    # Two terms may share a name, where a level holds what joins factors: they are one.
    names = pa.chunked_array(blocks, pa.string()).unique()
    columns, signs = columns_and_signs(names, vectorizer.n_features)
    _, place, count = np.unique(columns, return_inverse=True, return_counts=True)
    shared = {
        "term": pa.chunked_array([names, pa.array([INTERCEPT])]),
        "column": pa.chunked_array([pa.array(columns), pa.nulls(1, pa.int32())]),
        "collisions": np.append(count[place] - 1, 0),
    }
    intercepts = sign * np.broadcast_to(np.ravel(last.intercept_), len(weights))
    tables = []
    for k, row in enumerate(weights):
        one = shared | {"coefficient": np.append(row[columns] * signs, intercepts[k])}
        order = list(HEADER)
        if len(weights) > 1:
            one["class"] = pa.array([str(last.classes_[k])] * (len(names) + 1))
            order.append("class")
        tables.append(pa.table(one).select(order))
    return pa.concat_tables(tables)


def model_terms(model) -> list[Term]:
    """The terms of a pipeline, which its features alone decide."""
    extractor = model.named_steps["extractor"]
    empty = {
        name: pa.array([], pa.float64() if name in extractor.numeric_ else LEVEL)
        for name in extractor.features
    }
    return model.named_steps["vectorizer"].terms(extractor.transform(pa.table(empty)))


def _dense(weights) -> np.ndarray:
    return weights.toarray() if hasattr(weights, "toarray") else np.asarray(weights)


def _records(model, content: dict, root: Path) -> Iterator[pa.Table]:
    """The records of all chunks of a manifest, one pass."""
    extractor = model.named_steps["extractor"]
    features = [name for name in content["columns"] if name in extractor.features]
    chunks = chunk_streamer(root, content, features, STREAM, 0)
    for chunk in chunks.generate():
        yield extractor.transform(pa.table({name: chunk[name] for name in extractor.features}))


def _ranked(rows: pa.Table) -> pa.Table:
    size = pc.abs(rows["coefficient"])
    keys = [("size", "descending"), ("term", "ascending")]
    if "class" in rows.column_names:
        keys.append(("class", "ascending"))
    return rows.take(pc.sort_indices(rows.append_column("size", size), sort_keys=keys))


def _with_truth(rows: pa.Table, truth_file: Path) -> pa.Table:
    options = pa_csv.ConvertOptions(
        column_types={"term": pa.string(), "coefficient": pa.string()}, strings_can_be_null=False
    )
    truth = pa_csv.read_csv(truth_file, convert_options=options)
    if not len(truth):  # simulated, but from no such model
        return rows
    places = pc.index_in(rows["term"], value_set=truth["term"].combine_chunks())
    return rows.append_column("truth", truth["coefficient"].take(places))


def _write(rows: pa.Table, path: Path) -> None:
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        file.write((",".join(rows.column_names) + "\n").encode())
        for start in range(0, len(rows), BLOCK):
            columns = [_texts(column) for column in rows.slice(start, BLOCK).columns]
            lines = pc.binary_join_element_wise(*columns, ",")
            file.write("\n".join([*lines.to_pylist(), ""]).encode())


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The cells of a column: numbers with all their digits, nothing for null, text quoted."""
    if pa.types.is_floating(column.type):
        return pa.chunked_array([pa.array([repr(value) for value in column.to_pylist()])])
    if not pa.types.is_string(column.type):
        return pc.fill_null(column.cast(pa.string()), "")
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(column, '"', '""'), '"', "")
    special = pc.match_substring_regex(column, '[",\r\n]')
    return pc.fill_null(pc.if_else(special, quoted, column), "")
