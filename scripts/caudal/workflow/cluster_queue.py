"""Jobs that a killed run has left in SLURM's queue, where they outlive it.

A run notes in its folder the name that its jobs bear there, before it submits the first one. The
next run asks the queue for jobs of the names that it finds noted, and ends them.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from caudal.errors import UserError

NOTE = "caudal.queue"
"""The file of the names, beside the run's lock."""
PATIENCE = 120
"""Seconds to wait until ended jobs are gone: SLURM gives them half a minute, a lost node more."""
OURS = re.compile(r"(?:[\w-]+_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A job's name, as Snakemake gives it."""


def note(folder: Path, name: str) -> None:
    """Note that a run of ``folder``, that of the locks, submits jobs of this name.

    Raises UserError where the queue has jobs that began here and were noted nowhere, as where the
    note was removed: whose they are, their owner has to say.
    """
    strange = [
        job for job, other, home in _jobs() if OURS.fullmatch(other) and _is_here(home)
    ]  # all that is noted has been ended
    if strange:
        raise UserError(
            f"SLURM's queue has leftover jobs that were submitted from this folder, though no run "
            f"is alive here: {', '.join(strange)}; end them by 'scancel {' '.join(strange)}', or "
            "wait for their end."
        )
    with open(folder / NOTE, "a") as file:
        file.write(f"{name}\n")


def end_leftover(folder: Path) -> None:
    """End the jobs in the queue of all runs that are noted, say so, and wait until they are gone.

    Raises UserError where the queue does not answer, or jobs do not end.
    """
    noted = folder / NOTE
    if not noted.exists():
        return
    names = set(noted.read_text().split())
    try:
        there = [job for job, name, _ in _jobs() if name in names]
    except FileNotFoundError:
        print(
            "Caudal: a run here had its jobs on a cluster, whose queue cannot be asked from here "
            "(there is no squeue): make sure that none of them is at work.",
            file=sys.stderr,
        )
        return
    if there:
        print(
            f"Caudal: a run was killed here, and SLURM's queue still has leftover jobs of it "
            f"({', '.join(there)}): they are ended.",
            file=sys.stderr,
        )
        _ask("scancel", *there)
        _wait(names)
    noted.unlink()


def _wait(names: set[str]) -> None:
    end = time.monotonic() + PATIENCE
    while left := [job for job, name, _ in _jobs() if name in names]:
        if time.monotonic() > end:
            raise UserError(
                f"Leftover jobs of a run that was killed here do not end ({', '.join(left)}, see "
                "'squeue --me'); wait until they are gone."
            )
        time.sleep(0.5)


def _is_here(home: str) -> bool:
    return os.path.realpath(home) == os.path.realpath(".")


def _jobs() -> list[tuple[str, str, str]]:
    """The id, name and folder of the user's jobs that have not ended."""
    said = _ask("squeue", "--me", "--noheader", "--format=%A|%j|%Z")
    rows = [line.split("|", 2) for line in said.splitlines()]
    here = os.environ.get("SLURM_JOB_ID")  # this run may be a job itself
    return [(row[0], row[1], row[2]) for row in rows if len(row) == 3 and row[0] != here]


def _ask(*command: str) -> str:
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        why = "no answer within a minute"
    else:
        if not run.returncode:
            return run.stdout
        why = " ".join(run.stderr.split())
    raise UserError(
        f"SLURM cannot be asked for leftover jobs of a run that was killed here ({command[0]}: "
        f"{why}); give the same command again when it answers."
    )
