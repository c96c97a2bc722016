"""What a run finds missing or damaged at its start, beneath results that Snakemake takes as done.

Only sizes and dates are looked at, and the checksums of manifests; ``caudal check`` reads all.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from caudal.atomic import sweep
from caudal.data.manifest import DAMAGED, damaged_part, load, merge, verify_part
from caudal.errors import Damaged, UserError
from caudal.wording import printable
from caudal.workflow.plan import RunPlan

DATA = Path("results/data")


def find(plan: RunPlan, look: bool = True, discard: bool = True) -> list[str]:
    """The manifests that have to be made again, in the working directory.

    They come out as they were, so nothing that is fitted has to be fitted again; none of them where
    the sources are others than those that were fitted. ``look``: whether
    to search for damage and say it, once in a run; ``discard``: whether to remove what is damaged,
    as Snakemake has to find it missing, and what killed writers have left half-written.
    """
    homes = [*(DATA / name for name in plan.sources), DATA]
    if look:
        for home in homes:
            if error := next(_damages(home), None):
                print(f"Caudal: {printable(error.what)}; it is made again.", file=sys.stderr)
                if discard:
                    error.discard()
        if discard:
            _merge_again(homes[:-1], plan.settings["data"]["positive"])
            sweep("results")
    if not _of_these_sources(plan):
        return []
    whole = (DATA / "manifest.json").exists()
    return [
        str(home / "manifest.json")
        for home in homes
        if (home / DAMAGED).exists() or (whole and not (home / "manifest.json").exists())
    ]


def _of_these_sources(plan: RunPlan) -> bool:
    """Whether the merged manifest, where it is there, is of this run's sources: one more, or one
    less, is no damage, and everything is fitted again.
    """
    try:
        merged = load(DATA / "manifest.json")
    except UserError:
        return True
    return {source["name"] for source in merged["sources"]} == set(plan.sources)


def _merge_again(homes: list[Path], positive: object) -> None:
    """Make a merged manifest that was damaged, here: were it missing, every fit would wait for it.

    It is dated as the sources' own, for nothing that was made of it is out of date.
    """
    manifests = [home / "manifest.json" for home in homes]
    if not (DATA / DAMAGED).exists() or not all(file.exists() for file in manifests):
        return
    when = max(file.stat().st_mtime_ns for file in manifests)
    with suppress(UserError):  # the job will say it
        merge(manifests, DATA / "manifest.json", positive, classes_meant=True)
        os.utime(DATA / "manifest.json", ns=(when, when))


def _damages(home: Path) -> Iterator[Damaged]:
    manifest = home / "manifest.json"
    if not manifest.exists():
        return
    try:
        found = load(manifest)
    except Damaged as error:
        yield error
        return
    if home == DATA:  # its parts are those of the sources
        return
    when = manifest.stat().st_mtime_ns
    for part in found["parts"]:
        try:
            _check_part(home, part, when)
        except Damaged as error:
            yield error


def _check_part(home: Path, part: dict, when: int) -> None:
    path = home / part["file"]
    try:
        there = path.stat()
    except FileNotFoundError:
        raise damaged_part(path, "is missing, though the manifest names it") from None
    if there.st_size != part["bytes"]:
        raise damaged_part(path, "is damaged: its size is not the manifest's")
    if there.st_mtime_ns > when:  # a manifest is written last
        verify_part(home, part)
        with suppress(OSError):  # another's
            os.utime(path, ns=(when, when))
