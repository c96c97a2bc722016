"""The command ``caudal``, called in the working directory of a run."""

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence

from caudal.errors import UserError
from caudal.ranking.check import damages
from caudal.ranking.status import EVERY, Status, status
from caudal.wording import printable


def main(words: Sequence[str] | None = None) -> None:
    """The command; ends the process with 1 where there is something to say against the run."""
    arguments = _parser().parse_args(words)
    try:
        sys.exit(arguments.call(arguments))
    except UserError as error:
        sys.exit(f"caudal: {printable(str(error))}")
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "caudal",
        description="How far a run is: points done, time left, the best point so far. Before the "
        "first run, caudal init writes a config to start from.",
    )
    parser.add_argument(
        "--directory", default=".", help="the working directory of the run, if not this one"
    )
    parser.set_defaults(call=show)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, call, said in (
        ("init", init, "look at files and write a config to start from, each line with its reason"),
        ("watch", watch, "say how far a run is until all its points are done"),
        ("check", check, "compute all checksums again, and name what is not as the run wrote it"),
    ):
        commands.add_parser(name, help=said, description=said).set_defaults(call=call)
    commands.choices["check"].add_argument(
        "--discard", action="store_true", help="remove what is damaged; Snakemake makes it again"
    )
    words = commands.choices["init"].add_argument
    words("files", nargs="+", metavar="FILE", help="the sources: files, globs or folders")
    words("--label", required=True, help="the column to predict")
    words("--output", default="config.yaml", help="the config to write, config.yaml if left out")
    return parser


def init(arguments: argparse.Namespace) -> None:
    """Write a config to start from, and say what to do next."""
    from caudal.workflow.first_run import write_first_config  # with all that a plan needs

    with contextlib.chdir(arguments.directory):
        print(printable(write_first_config(arguments.files, arguments.label, arguments.output)))


def show(arguments: argparse.Namespace) -> None:
    """Say how far the run is."""
    print(_status(arguments.directory))


def watch(arguments: argparse.Namespace) -> None:
    """Say how far the run is until all points are done."""
    while True:
        found = _status(arguments.directory)
        print(found, flush=True)
        if found.done >= found.points:
            return
        time.sleep(EVERY)


def check(arguments: argparse.Namespace) -> int:
    """Name what is damaged; returns 1 where anything is."""
    _status(arguments.directory)
    found = list(damages(arguments.directory))
    for error in found:
        print(printable(error.discard() if arguments.discard else str(error)))
    if not found:
        print("All that is there is as the run wrote it.")
    elif not arguments.discard:
        print("caudal check --discard removes all of it.")
    return 1 if found else 0


def _status(folder: str) -> Status:
    found = status(folder)
    if not found.points:
        raise UserError(
            "there is no results/grid.csv here; call me in the working directory of a run."
        )
    return found
