"""Where modules of version 0.1 have gone, for the pickles that name them.

A pickle names a class by the module it was defined in. Importing an old name gives the new module.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MOVED = {
    "caudal.benchmark": "caudal.learn.benchmark",
    "caudal.buffers": "caudal.streams.buffers",
    "caudal.extractor": "caudal.features.extractor",
    "caudal.model": "caudal.models.pickling",
    "caudal.mux": "caudal.streams.muxing",
    "caudal.stream_learner": "caudal.streams.learner",
    "caudal.vectorizer": "caudal.features.vectorizer",
    "caudal.zmq_stream": "caudal.streams.zmq",
}


class _Finder(MetaPathFinder, Loader):
    """Finds the modules of ``MOVED``; asked only where nothing of the old name is there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return import_module(MOVED[spec.name])

    def exec_module(self, module: ModuleType) -> None:
        """It has run under its new name."""


def install() -> None:
    """Make the old names importable."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
