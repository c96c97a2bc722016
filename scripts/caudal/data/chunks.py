"""The stream of chunks: Parquet parts as streamers, in the order that the config asks for."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.random import SeedSequence

from caudal.data.manifest import verify_part
from caudal.errors import UserError, alike
from caudal.streams import Streamer, batch_length, buffer_streamer, mux, seeded


def chunk_streamer(
    root: Path,
    manifest: dict,
    columns: Sequence[str],
    stream: dict,
    seed: int,
    epoch: int = 0,
    start: int = 0,
) -> Streamer:
    """The rows of ``manifest``, ``batch_size * n_batches`` to a chunk, the last one short.

    A chunk is a dict of Arrow arrays by column. Every ``generate()`` is an epoch, the first one
    that of ``epoch``: in sequential order always the same, in mux order another one each time, and
    the same again in every run. The first ``start`` rows are left out: in sequential order their
    parts are not read.
    """
    if stream["order"] == "mux":
        rows = Streamer(_mixed, root, manifest, columns, stream["mux"], start, seed=seed)
        rows.epoch = epoch
    else:
        rows = Streamer(_one_by_one, root, manifest, columns, start)
    return Streamer(buffer_streamer, rows, stream["batch_size"] * stream["n_batches"])


def read_part(root: Path, part: dict, columns: Sequence[str]) -> dict[str, pa.Array]:
    """One part's columns as Arrow arrays by name.

    Raises UserError naming the file where it is missing or its checksum is not the manifest's.
    """
    content = verify_part(root, part)
    file = pq.ParquetFile(pa.BufferReader(content))  # costs half of what pq.read_table does
    table = file.read(columns=list(columns), use_threads=False)
    return {name: table.column(name).combine_chunks() for name in columns}


def _one_by_one(root: Path, manifest: dict, columns: Sequence[str], start: int) -> Iterator[dict]:
    place = 0
    for part in manifest["parts"]:
        kept = _between(start, manifest["rows"], place, part["rows"])
        if kept.start < kept.stop:
            arrays = read_part(root, part, columns)
            yield {name: array[kept] for name, array in arrays.items()}
        place += part["rows"]


def _between(start: int, stop: int, place: int, rows: int) -> slice:
    """Of ``rows`` rows that begin at ``place`` in the stream, those from ``start`` to ``stop``."""
    return slice(max(start - place, 0), min(stop - place, rows))


@seeded
def _mixed(
    root: Path,
    manifest: dict,
    columns: Sequence[str],
    how: dict,
    start: int,
    seed: SeedSequence | None = None,
) -> Iterator[dict]:
    """Pieces of several parts at a time; as many rows as the manifest has, from ``start`` on."""
    parts = manifest["parts"]
    pool = [Streamer(_pieces, root, part, columns, how["piece"]) for part in parts]
    place = 0
    for piece in mux(
        pool,
        None,
        how["active"],
        lam=how["rate"],
        pool_weights=part_weights(manifest, how["weights"]),
        with_replacement=how["replacement"],
        seed=seed,
    ):
        rows = batch_length(piece) or 0
        kept = _between(start, manifest["rows"], place, rows)
        if kept.start < kept.stop:
            yield {name: array[kept] for name, array in piece.items()}
        place += rows
        if place >= manifest["rows"]:
            return


@seeded
def _pieces(
    root: Path, part: dict, columns: Sequence[str], rows: int, seed: SeedSequence | None = None
) -> Iterator[dict]:
    """A part in pieces of ``rows`` rows, in an order drawn anew each time."""
    arrays = read_part(root, part, columns)
    starts = np.arange(0, part["rows"], rows)
    np.random.default_rng(seed).shuffle(starts)
    for start in starts.tolist():
        yield {name: array[start : start + rows] for name, array in arrays.items()}


def part_weights(manifest: dict, weights: dict[str, float]) -> list[float] | None:
    """The weight of every part from those of the sources; None where there are none.

    A part weighs its source's weight by its rows, so that a source's share of the rows does not
    depend on how it was cut. Raises UserError for a source that is not there.
    """
    if not weights:
        return None
    names = [source["name"] for source in manifest["sources"]]
    unknown = sorted(set(weights) - set(names))
    if unknown:
        raise UserError(
            f"stream.mux.weights: there is no source {unknown[0]!r}{alike(unknown[0], names)}; the "
            f"sources are {', '.join(names)}."
        )
    return [
        part["rows"] * weights.get(part["file"].split("/")[0], 1.0) for part in manifest["parts"]
    ]
