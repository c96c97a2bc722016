"""Speed beside the peers, in one run, all pinned to the same core: the table in the README.

    .venv/bin/python tests/benchmarks/run.py             # about ten minutes on a quiet machine
    .venv/bin/python tests/benchmarks/run.py --quick     # tiny, without the peers; writes nothing

Measures a fit as the rule runs it against Vowpal Wabbit, River and the notebook's route (see
peers.py) on simulated data, numeric and categorical, at two sizes a factor of ten apart; the fit
at 2^18 to 2^26 columns; and the default run's wall time by points a job. Prints the tables, writes
them to results.md beside this file, and puts them into README.md between its lines
`<!-- benchmark -->` and `<!-- /benchmark -->`. The data and the peers' own venv, made by the first
run from requirements.txt, stay in --cache.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from caudal.data import ingest, manifest
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.simulate.write import simulate

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SIZES = {"numeric": (100_000, 1_000_000), "categorical": (30_000, 300_000)}
QUICK = {"numeric": (24_000,), "categorical": (24_000,)}  # the first 20,000 are not scored
MODELS = {"numeric": "logistic", "categorical": "clicks"}
BITS = (18, 20, 22, 24, 26)
POINTS_PER_JOB = (1, 12, 72)
CHUNK_ROWS = 20_000
REPEATS, ROUNDS = 5, 2
SAME_MODEL = {"loss": "log_loss", "alpha": 0.001}  # the notebook's, L2 penalty
BETTER_RATE = {
    "loss": "log_loss", "alpha": 1e-6, "learning_rate": "invscaling", "eta0": 0.1, "power_t": 0.25
}  # fmt: skip
PEERS = {"vw": "Vowpal Wabbit", "river": "River", "notebook": "the notebook's route"}
SLOW = ("river", "notebook")
"""Peers that take the smaller size only."""

OURS, OURS_BETTER = "Caudal", "Caudal, invscaling rate"
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
2: 9 a row (numeric), 48 (categorical); there are 2^22 columns. Caudal and the notebook's route fit
the same model, log loss with an L2 penalty and alpha 0.001; the invscaling rate is another point
of the grid (eta0 0.1, power_t 0.25, alpha 1e-6). *score*: minus the Brier score, progressive."""


def main() -> None:
    """Measure, print, write."""
    arguments = parse_arguments()
    cache = arguments.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    (cache / ".gitignore").write_text("*\n")
    peers = None if arguments.quick else peers_python(cache / "peers")
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
        put_between(ROOT / "README.md", text)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="tiny sizes, without the peers")
    parser.add_argument("--cache", type=Path, default=HERE / ".cache", help="for data and peers")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    return parser.parse_args()


def speed(cache: Path, sizes: dict, repeats: int, peers: str | None) -> Iterator[str]:
    """The table of all programs, line by line."""
    rows = []
    for case, counts in sizes.items():
        for count in counts:
            csv_file, manifest_file = data(cache, case, count)
            programs = {}
            for peer, name in PEERS.items() if peers else ():
                if peer not in SLOW or count == counts[0]:
                    programs[name] = partial(peer_cost, peers, peer, case, csv_file, repeats)
            programs[OURS] = partial(own_cost, manifest_file, SAME_MODEL, repeats)
            programs[OURS_BETTER] = partial(own_cost, manifest_file, BETTER_RATE, repeats)
            found = in_turns(programs, repeats)
            base = found.get(PEERS["vw"], found[OURS])["rows_per_second"]
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
        _, manifest_file = data(cache, case, counts[-1])
        programs = {
            f"2^{bit}": partial(own_cost, manifest_file, SAME_MODEL, repeats, 2**bit, whole=False)
            for bit in bits
        }
        for columns, cost in in_turns(programs, repeats).items():
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


def in_turns(programs: dict[str, Callable[[], dict]], repeats: int) -> dict[str, dict]:
    """What every program costs at its fastest, run in turns: a busy minute hits all of them."""
    found = {}
    for _ in range(min(ROUNDS, repeats)):
        for name, cost_of in programs.items():
            cost = cost_of()
            if name not in found or cost["rows_per_second"] > found[name]["rows_per_second"]:
                found[name] = cost
    return found


def own_cost(
    manifest_file: Path,
    classifier: dict,
    repeats: int,
    n_features: int = 2**22,
    whole: bool = True,
) -> dict:
    """What a fit of ours costs; ``whole``: with the seconds of a process."""
    vectorizer = {"n_features": n_features, "degree": 2}
    parameters = json.dumps({"extractor": {}, "vectorizer": vectorizer, "classifier": classifier})
    command = [sys.executable, str(HERE / "ours.py"), str(manifest_file), parameters]
    return measure(command, repeats, whole)


def peer_cost(python: str, peer: str, case: str, csv_file: Path, repeats: int) -> dict:
    """What a pass of a peer costs."""
    command = [python, str(HERE / "peers.py"), peer, case, str(csv_file)]
    return measure(command, 1 if peer in SLOW else repeats)


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
    """What ``command`` prints; its own words where it fails."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}  # as Snakemake gives it to a job
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout.rstrip("\n").rpartition("\n")[2]


def data(cache: Path, case: str, rows: int) -> tuple[Path, Path]:
    """The simulated CSV file of a case and its manifest, made where they are not there."""
    csv_file = cache / f"{MODELS[case]}-{rows}.csv"
    manifest_file = cache / csv_file.stem / "manifest.json"
    if not manifest_file.exists():
        settings = {"model": MODELS[case], "rows": rows}
        simulate(settings, 0, [csv_file], csv_file.with_suffix(".truth"))
        given = {"label": "y"}
        schema, _ = decide(sources([str(csv_file)]), given)
        part = manifest_file.parent / "rows"
        ingest.to_parquet(csv_file, part, schema, given, CHUNK_ROWS)
        manifest.merge([part / "manifest.json"], manifest_file)
    return csv_file, manifest_file


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


def heading() -> str:
    """The day and the machine."""
    cpu = next(
        (
            line.partition(": ")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown CPU",
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"Measured {date.today()} on {cpu}, {os.cpu_count()} cores, {memory:.0f} GB RAM.\n"


def table(headings: tuple, rows: list[tuple]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"


def put_between(readme: Path, text: str) -> bool:
    """Replace what stands between the two marks in ``readme``; False where they are not there."""
    begin, end = "<!-- benchmark -->\n", "<!-- /benchmark -->"
    before = readme.read_text(encoding="utf-8") if readme.exists() else ""
    if begin not in before or end not in before:
        return False
    head, rest = before.split(begin, 1)
    readme.write_text(f"{head}{begin}{text}{end}{rest.split(end, 1)[1]}", encoding="utf-8")
    return True


if __name__ == "__main__":
    main()
