"""Speed beside the peers, in one run, all pinned to the same core: the tables of docs/speed.md.

    .venv/bin/python tests/benchmarks/run.py             # a quarter of an hour on a quiet machine
    .venv/bin/python tests/benchmarks/run.py --quick     # tiny, without the peers; writes nothing
    .venv/bin/python tests/benchmarks/run.py --real      # real data beside Vowpal Wabbit
    .venv/bin/python tests/benchmarks/run.py --csv rides.csv --label tipped --features hour,zone,km

Measures a fit as the rule runs it against Vowpal Wabbit, River and the notebook's route (see
peers.py) on simulated data, numeric and categorical, at two sizes; the fit at 2^18 to 2^26 columns;
and the default run's wall time by points a job. Prints the tables, writes them to results.md beside
this file, and puts them into docs/speed.md between its lines `<!-- benchmark -->` and
`<!-- /benchmark -->`. With --real or --csv it is real_data.py that measures. The data and the
peers' own venv, made by the first run from requirements.txt, stay in --cache.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import real_data
from markdown_tables import heading, put_between, table
from measuring import (
    HERE,
    ROUNDS,
    in_turns,
    measure,
    own_cost,
    peers_python,
    pinned,
    run,
    simulated,
)  # fmt: skip

ROOT = HERE.parents[1]
SIZES = {"numeric": (100_000, 800_000), "categorical": (30_000, 800_000)}
QUICK = {"numeric": (24_000,), "categorical": (24_000,)}  # the first 20,000 are not scored
MODELS = {"numeric": "logistic", "categorical": "clicks"}
BITS = (18, 20, 22, 24, 26)
POINTS_PER_JOB = (1, 12, 72)
REPEATS = 5
SAME_MODEL = {"loss": "log_loss", "alpha": 0.001}  # the notebook's, L2 penalty
FTRL = {"class": "FTRLClassifier"}
PEERS = {"vw": "Vowpal Wabbit", "river": "River", "notebook": "the notebook's route"}
SLOW = ("river", "notebook")
"""Peers that take the smaller size only."""

OURS = {
    "Caudal, SGD": (SAME_MODEL, 1000),
    "Caudal, SGD, row by row": (SAME_MODEL, 1),
    "Caudal, FTRL": (FTRL, 1000),
    "Caudal, FTRL, row by row": (FTRL, 1),
}
"""Classifier and batch size."""

HEADINGS = (
    "case", "rows", "program", "M rows/s", "of VW's", "CPU s", "process s", "peak MB", "model kB",
    "score",
)  # fmt: skip
NOTES = """\
The fastest of {rounds} rounds of {repeats} passes (slow peers: of 1, and the smaller size only),
each program in a process of its own, pinned to the same core. *M rows/s*: the learning pass by the
clock, ours with the reading of Parquet and its checksums, Vowpal Wabbit's from its cache, the
others' from the CSV.
*of VW's*: its ratio to Vowpal Wabbit's. *CPU s*: of that pass, ours with the writing of the model.
*process s*: a whole process with a single pass, with its imports and the loading of compiled code,
for Vowpal Wabbit also the conversion of the CSV and two more passes. The terms are those of degree
2: 9 a row (numeric), 48 (categorical); there are 2^22 columns. Caudal's SGD and the notebook's
route fit the same model, log loss with an L2 penalty and alpha 0.001, by batches of 1,000 rows; row
by row is `batch_size: 1`, as Vowpal Wabbit and River have it. FTRL has its defaults. Numbers are
taken as they are. *score*: minus the Brier score, progressive."""


def main() -> None:
    """Measure, print, write."""
    arguments = parse_arguments()
    cache = arguments.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    (cache / ".gitignore").write_text("*\n")
    peers = None if arguments.quick else peers_python(cache / "peers")
    if arguments.real or arguments.csv:
        with pinned(arguments.core):
            real_data.main(arguments, cache, peers, ROOT / "docs/speed.md")
        return
    sizes, bits, repeats = (QUICK, BITS[:1], 1) if arguments.quick else (SIZES, BITS, REPEATS)
    with pinned(arguments.core):
        parts = [heading(), *speed(cache, sizes, repeats, peers)]
        parts += ["", *by_columns(cache, sizes, repeats, bits)]
    if not arguments.quick:
        parts += ["", *default_run()]
    text = "\n".join(parts) + "\n"
    print(text)
    if not arguments.quick:
        (HERE / "results.md").write_text("# Speed\n\n" + text, encoding="utf-8")
        put_between(ROOT / "docs/speed.md", text)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="tiny sizes, without the peers")
    parser.add_argument("--cache", type=Path, default=HERE / ".cache", help="for data and peers")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    real_data.add_arguments(parser)
    return parser.parse_args()


def speed(cache: Path, sizes: dict, repeats: int, peers: str | None) -> Iterator[str]:
    """The table of all programs, line by line."""
    rows = []
    for case, counts in sizes.items():
        for count in counts:
            csv_file, manifest_file = simulated(cache, MODELS[case], count)
            programs: dict[str, Callable[[], dict]] = {}
            for peer, name in PEERS.items() if peers else ():
                if peer not in SLOW or count == counts[0]:
                    programs[name] = partial(peer_cost, peers, peer, case, csv_file, repeats)
            for name, (classifier, batch_size) in OURS.items():
                programs[name] = partial(
                    own_cost, manifest_file, point(classifier), repeats, "--batch-size", batch_size
                )
            found = in_turns(programs, min(ROUNDS, repeats))
            base = next(iter(found.values()))["rows_per_second"]  # Vowpal Wabbit's, where it ran
            rows += [line(case, name, cost, base) for name, cost in found.items()]
    yield from table(HEADINGS, rows)
    yield ""
    yield NOTES.format(rounds=min(ROUNDS, repeats), repeats=repeats)


def line(case: str, name: str, cost: dict, base: float) -> tuple:
    """A row of the table."""
    return (
        case, f"{cost['rows']:,}", name,
        f"{cost['rows_per_second'] / 1e6:.3f}", f"{cost['rows_per_second'] / base:.2f}",
        f"{cost['cpu_seconds']:.2f}", f"{cost['process_seconds']:.1f}",
        f"{cost['peak_memory_mb']:.0f}", f"{cost['model_bytes'] / 1e3:,.1f}",
        f"{cost['score']:.5f}",
    )  # fmt: skip


def by_columns(cache: Path, sizes: dict, repeats: int, bits: tuple) -> Iterator[str]:
    """The table of the numbers of columns, line by line."""
    rows = []
    for case, counts in sizes.items():
        _, manifest_file = simulated(cache, MODELS[case], counts[-1])
        programs: dict[str, Callable[[], dict]] = {
            f"2^{bit}": partial(
                own_cost, manifest_file, point(SAME_MODEL, 2**bit), repeats, whole=False
            )
            for bit in bits
        }
        for columns, cost in in_turns(programs, min(ROUNDS, repeats)).items():
            rows.append((
                case, columns, f"{cost['columns_touched']:,}",
                f"{cost['rows_per_second'] / 1e6:.3f}", f"{cost['peak_memory_mb']:.0f}",
            ))  # fmt: skip
    yield from table(("case", "n_features", "columns touched", "M rows/s", "peak MB"), rows)


def default_run() -> Iterator[str]:
    """The table of the default run's wall time, line by line."""
    rows, first = [], None
    for points in POINTS_PER_JOB:
        with tempfile.TemporaryDirectory(prefix="caudal-") as folder:
            start = time.perf_counter()
            run(
                sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"),
                "--directory", folder, "--cores", "2", "--config", f"points_per_job={points}",
            )  # fmt: skip
            seconds = time.perf_counter() - start
        first = first or seconds
        rows.append((points, f"{seconds:.0f}", f"{seconds / first:.2f}"))
    yield "The default run, 144 points on 100,000 rows, `snakemake --cores 2`, report included:"
    yield ""
    yield from table(("points_per_job", "wall s", "of the first"), rows)


def point(classifier: dict, n_features: int = 2**22) -> dict:
    """The parameters of a point: all pairs, numbers as they are, as the peers take them."""
    vectorizer = {"n_features": n_features, "degree": 2}
    return {"extractor": {"scale": False}, "vectorizer": vectorizer, "classifier": classifier}


def peer_cost(python: str, peer: str, case: str, csv_file: Path, repeats: int) -> dict:
    """What a pass of a peer costs."""
    command = [python, str(HERE / "peers.py"), peer, case, str(csv_file)]
    return measure(command, 1 if peer in SLOW else repeats)


if __name__ == "__main__":
    main()
