"""The batches that the points of a job learn: read, extracted and encoded once for all of them."""

import pickle
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from caudal.config.grid import Point
from caudal.data.chunks import chunk_streamer
from caudal.data.defaults import completed
from caudal.errors import UserError, alike
from caudal.features.encoder import Encoder
from caudal.features.extractor import Extractor
from caudal.features.hashing import Registry
from caudal.features.vectorizer import Vectorizer
from caudal.learn.targets import Target
from caudal.streams import Streamer, zmq_stream

LEARNED = "learned"
"""The key, in batches from another process, of what the extractors have learned, where they have
learned more: with the first batches of a chunk what comes of all of it."""

ROWS_AT_ONCE = 1000
"""Rows that are encoded and learned by one call, as far as a batch is not larger."""


class Features:
    """What points of the same extractor and vectorizer share: the two, and the encoder."""

    def __init__(self, point: Point, manifest: dict, data: dict):
        """Set up the steps of ``point``; raises UserError for a feature that is not there."""
        parameters = dict(point.parameters["extractor"])
        columns = manifest["columns"]
        known = [n for n, c in columns.items() if c["kind"] in ("numeric", "categorical")]
        features = parameters.pop("features", None) or known
        unknown = [name for name in features if name not in known]
        if unknown:
            raise UserError(
                f"extractor.features: no source has a column {unknown[0]!r}"
                f"{alike(unknown[0], known)}; there are {', '.join(known)}."
            )
        missing = completed(data)["missing"]
        policy = missing["numeric"]
        self.extractor = Extractor(
            features=list(features),
            numeric=[n for n in features if columns[n]["kind"] == "numeric"],
            missing=policy if policy in ("zero", "mean") else "error",
            indicator=missing["indicator"],
            **parameters,
        )
        self.vectorizer = Vectorizer(**point.parameters["vectorizer"])
        self.encoder = Encoder(self.vectorizer, Registry())

    @property
    def registry(self) -> Registry:
        """The columns touched so far."""
        return self.encoder.registry

    def learn(self, chunk: dict) -> None:
        """Learn the means and scales of ``chunk``."""
        self.extractor.partial_fit(self._table(chunk))

    def load(self, chunk: dict) -> None:
        """Make ``chunk`` the one that batches are encoded from."""
        self.encoder.load(self.extractor.transform(self._table(chunk)))

    def _table(self, chunk: dict) -> pa.Table:
        return pa.table({name: chunk[name] for name in self.extractor.features})


def encoded_batches(
    root: Path,
    manifest: dict,
    features: Sequence[Features],
    target: Target,
    stream: dict,
    data: dict,
    seed: int,
    done: int = 0,
) -> Iterator[dict]:
    """The batches of all epochs, one or more whole ones at a time, each time a dict of arrays.

    Those of the first ``done`` chunks are left out: ``features`` are as they were behind them.

    ``Y`` are the targets (rows,), ``weight`` the rows' weights (rows,) where there are any,
    ``slots``, ``columns`` (int32) and ``values`` (float64), each with the number of the features
    behind its name, (rows, places).
    """
    used = {name for feature in features for name in feature.extractor.features}
    label, weight = data["label"], data.get("weight")
    names = [n for n in manifest["columns"] if n in used] + [label] + ([weight] if weight else [])
    size = stream["batch_size"]
    at_once = size * max(1, ROWS_AT_ONCE // size)
    per_epoch = -(-manifest["rows"] // (size * stream["n_batches"]))
    for number, chunk in _chunks(root, manifest, names, stream, seed, per_epoch, done):
        whole = {"Y": target.values(chunk[label])}
        if weight:
            whole["weight"] = chunk[weight].to_numpy(zero_copy_only=False)
        for feature in features:
            # A chunk is encoded by what those before it taught; the first one is not scored.
            if number == 0:
                feature.learn(chunk)
            feature.load(chunk)
            if 0 < number < per_epoch:
                feature.learn(chunk)
        for start in range(0, len(whole["Y"]), at_once):
            batches = {name: array[start : start + at_once] for name, array in whole.items()}
            for i, feature in enumerate(features):
                slots, values = feature.encoder.encode(start, start + len(batches["Y"]))
                batches[f"slots{i}"], batches[f"values{i}"] = slots, values
            yield batches


def _chunks(
    root: Path,
    manifest: dict,
    columns: list[str],
    stream: dict,
    seed: int,
    per_epoch: int,
    done: int,
) -> Iterator[tuple[int, dict]]:
    """The chunks of all epochs, each with its number, from number ``done`` on."""
    rows = stream["batch_size"] * stream["n_batches"]
    for epoch in range(done // per_epoch, stream["epochs"]):
        first = max(done, epoch * per_epoch)
        start = (first - epoch * per_epoch) * rows
        chunks = chunk_streamer(root, manifest, columns, stream, seed, epoch, start)
        yield from enumerate(chunks.generate(), first)


def prefetched_batches(*args) -> Iterator[dict]:
    """``encoded_batches`` from a process of its own; the features learn what that one learned.

    What arrives are copies, so the registries here are kept abreast by the batches themselves.
    """
    features = args[2]
    stream: Any = zmq_stream(Streamer(_with_learned, *args))
    with closing(stream) as batches:
        for batch in batches:
            if LEARNED in batch:
                learned = pickle.loads(batch.pop(LEARNED).tobytes())
                for feature, extracted in zip(features, learned, strict=True):
                    feature.extractor.set_learned(extracted)
            for i, feature in enumerate(features):
                _follow(feature.registry, batch[f"slots{i}"], batch.pop(f"columns{i}"))
            yield batch


def _with_learned(*args) -> Iterator[dict]:
    features, before = args[2], None
    for batch in encoded_batches(*args):
        learned = [feature.extractor.learned() for feature in features]
        if learned != before:
            batch[LEARNED], before = np.frombuffer(pickle.dumps(learned), np.uint8), learned
        for i, feature in enumerate(features):
            batch[f"columns{i}"] = feature.registry.columns[batch[f"slots{i}"]]
        yield batch


def _follow(registry: Registry, slots: np.ndarray, columns: np.ndarray) -> None:
    size = max(registry.size, int(slots.max(initial=-1)) + 1)
    while len(registry.columns) < size:
        registry.columns = np.concatenate([registry.columns, np.empty_like(registry.columns)])
    registry.columns[slots] = columns
    registry.size = size
