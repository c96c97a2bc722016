"""Runs of the workflow on the tests' cluster, and the fits at work there."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import yaml
from workflow import ROOT, write_config

PROFILE = ROOT / "profiles/slurm"
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


def on_slurm(*arguments: str, profile: Path = PROFILE) -> tuple[str, ...]:
    """The arguments of a run on the cluster."""
    return ("--profile", str(profile), *QUICK, *arguments)


def array_profile(folder: Path) -> Path:
    """The profile for job arrays: their commands are lost where they are passed as a script."""
    settings = yaml.safe_load((PROFILE / "config.yaml").read_text())
    del settings["slurm-pass-command-as-script"]
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(settings))
    return folder


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


def fits(folder: Path) -> dict[int, tuple[str, str]]:
    """The fits at work on nodes: process id to the job and the node that it runs in."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if len(words) < 3 or not words[1].endswith(b".fit.py"):
                continue
            if (entry / "cwd").readlink() == folder:
                lines = (entry / "environ").read_text().split("\0")
                variables = dict(line.split("=", 1) for line in lines if "=" in line)
                found[int(entry.name)] = variables["SLURM_JOB_ID"], variables["SLURMD_NODENAME"]
        except (OSError, KeyError):  # it has ended, or is the kernel's
            continue
    return found


def stopped_fits(folder: Path, run: subprocess.Popen, count: int) -> dict[int, tuple[str, str]]:
    """Stop the next fits before they can end, ``count`` of them."""
    held, end = {}, time.monotonic() + 120
    while len(held) < count:
        assert run.poll() is None
        assert time.monotonic() < end
        for process, place in fits(folder).items():
            if process not in held:
                os.kill(process, signal.SIGSTOP)
                held[process] = place
        time.sleep(0.01)
    return held
