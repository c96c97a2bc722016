"""Vowpal Wabbit over a text file in its format, row by row, with a learner of its own.

    python tests/benchmarks/vw_learners.py ROWS.vw PREDICTIONS [--learner=--coin] [--repeats K]

writes the probability predicted for each row before it is learned, and prints one line of JSON as
peers.py does, without a score: the learning pass is that over the cache, which another process
makes before; predictions and model are a further pass's.
"""

import argparse
import json
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from peers import VW_OPTIONS, best_pass


def drive(options: str) -> None:
    """One call of the C++ driver."""
    from vowpalwabbit import Workspace

    Workspace(options).finish()


def main() -> None:
    """Read the command line, learn, print the line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("text", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--repeats", type=int, default=1, help="report the fastest of so many")
    parser.add_argument("--learner", default="", help="Vowpal Wabbit's words for it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.text.parent, prefix="vw-") as folder:
        source = f"--quiet -d {arguments.text} --cache_file {folder}/cache"
        options = f"{VW_OPTIONS} {source} {arguments.learner}"
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
            other.submit(drive, f"{options} -k").result()
        _, cost = best_pass(lambda: drive(options), arguments.repeats)
        drive(f"{options} -p {arguments.predictions} -f {folder}/model")
        rows = arguments.predictions.read_bytes().count(b"\n")
        cost |= {"rows": rows, "rows_per_second": round(rows / cost["seconds"])}
        print(json.dumps(cost | {"model_bytes": Path(folder, "model").stat().st_size}))


if __name__ == "__main__":
    main()
