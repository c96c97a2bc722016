"""How the benchmarks measure: processes of their own, pinned to one core, in turns."""

import json
import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from caudal.data import ingest, manifest
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.simulate.write import simulate
from ours import CHUNK_ROWS

HERE = Path(__file__).parent
ROUNDS = 2


def in_turns(programs: dict[str, Callable[[], dict]], rounds: int = ROUNDS) -> dict[str, dict]:
    """What every program costs at its fastest, run in turns: a busy minute hits all of them."""
    found: dict[str, dict] = {}
    for _ in range(rounds):
        for name, cost_of in programs.items():
            cost = cost_of()
            if name not in found or cost["rows_per_second"] > found[name]["rows_per_second"]:
                found[name] = cost
    return found


def own_cost(
    manifest_file: Path, parameters: dict, repeats: int, *options: object, whole: bool = True
) -> dict:
    """What a fit of ours costs, with ``options`` of ours.py; ``whole``: with that of a process."""
    command = [sys.executable, str(HERE / "ours.py"), str(manifest_file), json.dumps(parameters)]
    return measure([*command, *map(str, options)], repeats, whole)


def measure(command: list[str], repeats: int, whole: bool = True) -> dict:
    """The line of JSON of ``command``, with the seconds of a process of one pass."""
    start = time.perf_counter()
    cost = json.loads(run(*command)) if whole else {}
    process_seconds = time.perf_counter() - start
    if repeats > 1 or not whole:
        # A process that repeats its passes peaks higher than one that does not.
        peak = {name: cost[name] for name in ("peak_memory_mb",) if whole}
        cost = json.loads(run(*command, "--repeats", str(repeats))) | peak
    return cost | {"process_seconds": process_seconds}


def run(*command: str) -> str:
    """The last line that ``command`` prints; ends with its own words where it fails."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}  # as Snakemake gives it to a job
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout.rstrip("\n").rpartition("\n")[2]


def simulated(cache: Path, model: str, rows: int) -> tuple[Path, Path]:
    """The CSV file of a simulation and its manifest, made where they are not there."""
    csv_file = cache / f"{model}-{rows}.csv"
    manifest_file = cache / csv_file.stem / "manifest.json"
    if not manifest_file.exists():
        settings = {"model": model, "rows": rows}
        simulate(settings, 0, [csv_file], csv_file.with_suffix(".truth"))
        convert(csv_file, manifest_file, {"label": "y"})
    return csv_file, manifest_file


def convert(csv_file: Path, manifest_file: Path, given: dict) -> None:
    """Convert a source as the section ``data`` in ``given`` says."""
    schema, _ = decide(sources([str(csv_file)]), given)
    part = manifest_file.parent / "rows"
    ingest.to_parquet(csv_file, part, schema, given, CHUNK_ROWS)
    manifest.merge([part / "manifest.json"], manifest_file, given.get("positive"))


def peers_python(folder: Path) -> str:
    """The interpreter of the peers' venv, made where it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        run(str(python), "-m", "pip", "install", "-q", "-r", str(HERE / "requirements.txt"))
    return str(python)


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Keep this process, and those it starts, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
