"""Runs of the workflow on the tests' cluster, and the fits at work there."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from workflow import ROOT, write_config

# Names that a shell would take for commands: the run must leave no file of that name.
NAMES = ("day $(touch pwned-a); touch pwned-b #.csv", 'day2 `touch pwned-c` q" & touch pwned-d.csv')
LEVELS = ("$(touch pwned-e)", "`touch pwned-f`", "';touch pwned-g;'", "{wildcards}", "\\")
COLUMN = "c $(touch pwned-h)"
CONFIG = {
    "data": {"files": ["day*.csv"], "label": "y"},
    "stream": {"batch_size": 100, "n_batches": 4},
    "grid": [
        {
            "extractor": {"features": [["x", COLUMN]]},
            "vectorizer": {"degree": [1, 2]},
            "classifier": {"loss": "log_loss", "alpha": [0.01, 0.1]},
        }
    ],
}
QUICK = ("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "2",
         "--max-status-checks-per-second", "1", "--latency-wait", "10")  # fmt: skip
SACCT = ("--slurm-status-command", "sacct")


def on_slurm(*arguments: str) -> tuple[str, ...]:
    """The arguments of a run on the cluster."""
    return ("--profile", str(ROOT / "profiles/slurm"), *QUICK, *arguments)


def write_data(folder: Path) -> None:
    """Two sources and the config of a run."""
    draws = random.Random(0)
    for name in NAMES:
        lines = [f"x,{COLUMN},y"]
        for _ in range(1000):
            x, level = draws.gauss(0, 1), draws.randrange(len(LEVELS))
            lines.append(f'{x},"{LEVELS[level]}",{int(x + level / 3 + draws.gauss(0, 1) > 1)}')
        (folder / name).write_text("\n".join(lines) + "\n")
    write_config(folder, CONFIG)


class AtWork(NamedTuple):
    """A script at work: its SLURM job and the node."""

    job: str
    node: str


def at_work(folder: Path, script: str = "fit") -> dict[int, AtWork]:
    """The scripts of a rule at work on nodes, by process id."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if len(words) < 3 or not words[1].endswith(f".{script}.py".encode()):
                continue
            if (entry / "cwd").readlink() == folder:
                lines = (entry / "environ").read_text().split("\0")
                variables = dict(line.split("=", 1) for line in lines if "=" in line)
                place = variables["SLURM_JOB_ID"], variables["SLURMD_NODENAME"]
                found[int(entry.name)] = AtWork(*place)
        except (OSError, KeyError):  # it has ended, or is the kernel's
            continue
    return found


def stopped_fits(folder: Path, run: subprocess.Popen, count: int) -> list[AtWork]:
    """Stop the next fits before they can end, until ``count`` of them have enough memory.

    Those are given. The others are stopped, too: SLURM looks at their memory now and then only.
    """
    held, enough, end = set(), [], time.monotonic() + 120
    while len(enough) < count:
        assert run.poll() is None
        assert time.monotonic() < end
        for process, fit in at_work(folder).items():
            if process not in held:
                os.kill(process, signal.SIGSTOP)
                held.add(process)
                if memory(fit.job) > 100:
                    enough.append(fit)
        time.sleep(0.01)
    return enough


def wait_for(folder: Path, run: subprocess.Popen, script: str) -> dict[int, AtWork]:
    """The scripts of a rule, as soon as one is at work."""
    end = time.monotonic() + 120
    while not (found := at_work(folder, script)):
        assert run.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def memory(job: str) -> int:
    """The megabytes that a job may use; none once it has ended."""
    asked = ["squeue", "--noheader", "--states=all", "--format=%m", "--jobs", job]
    said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    return int(said.strip().removesuffix("M") or 0)
