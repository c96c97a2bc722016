"""Ingest beside pyarrow's own streaming CSV reader and Parquet writer: same files, in turns.

    .venv/bin/python tests/benchmarks/ingest.py [ROUNDS]

Each conversion is a process of its own. Told are the seconds by the clock and of CPU, without
start and imports, the peak memory, and the ratio of ours to pyarrow's: the median of the rounds',
each a pair of neighbours in time. The cases: numbers, categories, and a column of distinct ids.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from caudal.data import ingest
from caudal.data.schema import decide
from caudal.models.peak_memory import peak_memory_mb
from caudal.simulate.write import simulate

ROWS = {"numbers": 3_000_000, "categories": 2_000_000, "ids": 3_000_000}
MODELS = {"numbers": "logistic", "categories": "clicks"}
CHUNK_ROWS = 20_000


def main() -> None:
    """Measure and print; as a child, convert one file and print its cost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rounds", type=int, nargs="?", default=5)
    parser.add_argument("--cache", type=Path, default=Path(__file__).parent / ".cache")
    parser.add_argument("--convert", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.convert:
        program, csv_file = arguments.convert
        print(json.dumps(cost_of(PROGRAMS[program], Path(csv_file))))
        return
    arguments.cache.mkdir(parents=True, exist_ok=True)
    (arguments.cache / ".gitignore").write_text("*\n")
    for case, rows in ROWS.items():
        csv_file = arguments.cache / f"ingest-{case}-{rows}.csv"
        if not csv_file.exists():
            make(case, rows, csv_file)
        pairs = [[measure(name, csv_file) for name in PROGRAMS] for _ in range(arguments.rounds)]
        print(told(case, csv_file, pairs), flush=True)


def told(case: str, csv_file: Path, pairs: list[list[dict]]) -> str:
    """The line of a case."""

    def middle(figure: str, place: int) -> float:
        return statistics.median(pair[place][figure] for pair in pairs)

    def ratio(figure: str) -> float:
        return statistics.median(pair[0][figure] / pair[1][figure] for pair in pairs)

    return (
        f"{case}, {ROWS[case]:,} rows, {csv_file.stat().st_size / 1e6:.0f} MB: "
        f"ours {middle('seconds', 0):.2f} s, {middle('cpu', 0):.2f} s CPU, "
        f"{middle('peak_mb', 0):.0f} MB; pyarrow {middle('seconds', 1):.2f} s, "
        f"{middle('cpu', 1):.2f} s CPU, {middle('peak_mb', 1):.0f} MB; "
        f"ratio {ratio('seconds'):.2f}, of CPU {ratio('cpu'):.2f}"
    )


def make(case: str, rows: int, csv_file: Path) -> None:
    """Write the case's CSV file."""
    if case in MODELS:
        settings = {"model": MODELS[case], "rows": rows}
        simulate(settings, 0, [csv_file], csv_file.with_suffix(".json"))
        return
    ids = np.arange(rows, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)  # no two are equal
    draws = np.random.default_rng(0)
    columns = {
        "id": [f"{number:016x}" for number in ids.tolist()],
        "x": draws.normal(size=rows).round(4),
        "y": draws.integers(2, size=rows),
    }
    pa_csv.write_csv(pa.table(columns), csv_file)


def measure(program: str, csv_file: Path) -> dict:
    """The cost of one conversion in a process of its own."""
    command = [sys.executable, __file__, "--convert", program, str(csv_file)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def cost_of(convert: Callable[[Path, Path], None], csv_file: Path) -> dict:
    """Seconds, seconds of CPU, and the process's peak memory."""
    pa.array([""])  # imports pandas
    with tempfile.TemporaryDirectory(dir=csv_file.parent) as folder:
        cpu, start = time.process_time(), time.perf_counter()
        convert(csv_file, Path(folder))
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"seconds": seconds, "cpu": cpu, "peak_mb": peak_memory_mb()}


def ours(csv_file: Path, folder: Path) -> None:
    """What the workflow does with a source: kinds, checks, statistics, checksums, parts."""
    schema, _ = decide({"source": csv_file}, {"label": "y"})
    ingest.to_parquet(csv_file, folder / "source", schema, {"label": "y"}, CHUNK_ROWS)


def pyarrows(csv_file: Path, folder: Path) -> None:
    """pyarrow's streaming reader and writer, with their defaults."""
    target = folder / "source.parquet"
    with pa_csv.open_csv(csv_file) as reader, pq.ParquetWriter(target, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)


PROGRAMS = {"ours": ours, "pyarrow": pyarrows}

if __name__ == "__main__":
    main()
