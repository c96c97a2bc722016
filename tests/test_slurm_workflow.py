"""The workflow on a real SLURM: the bytes of a local run, where jobs and nodes are lost, too."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from workflow import ROOT, command, finished, results, snakemake, write_config

pytest_plugins = ["slurm.fixtures"]

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


def on_slurm(*arguments):
    return ("--profile", str(ROOT / "profiles/slurm"), *QUICK, *arguments)


def write_data(folder):
    draws = random.Random(0)
    for name in NAMES:
        lines = [f"x,{COLUMN},y"]
        for _ in range(1000):
            x, level = draws.gauss(0, 1), draws.randrange(len(LEVELS))
            lines.append(f'{x},"{LEVELS[level]}",{int(x + level / 3 + draws.gauss(0, 1) > 1)}')
        (folder / name).write_text("\n".join(lines) + "\n")
    write_config(folder, CONFIG)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A folder with a local run."""
    folder = tmp_path_factory.mktemp("done")
    write_data(folder)
    finished(snakemake(folder))
    return folder


@pytest.fixture
def whole(cluster):
    """The cluster, with every node up before and after."""
    cluster.up()
    yield cluster
    cluster.up()


def test_a_name_that_would_reach_a_shell_is_refused(whole, tmp_path):
    write_data(tmp_path)
    (tmp_path / NAMES[0]).rename(tmp_path / "day '; touch pwned-i; '.csv")
    run = snakemake(tmp_path, *on_slurm())
    assert run.returncode == 1
    assert "has a quote, a backslash or an unprintable character in its name" in run.stdout
    assert not list(tmp_path.glob("**/pwned*"))


def fits(folder):
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


def stopped_fits(folder, run, count):
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


def test_the_bytes_of_a_local_run_whatever_is_lost_on_the_way(whole, done, tmp_path):
    write_data(tmp_path)
    points = sorted(entry.name for entry in (done / "results/fits").iterdir())
    needs = f"fit:mem_mb=100 if attempt == 1 and wildcards.point == '{points[0]}' else 5000"
    with open(tmp_path / "said", "w") as log:
        run = subprocess.Popen(
            command(*on_slurm("--set-resources", needs)), cwd=tmp_path, stdout=log, stderr=log
        )
    try:
        # One fit is over its memory by itself. The others stand still and are lost in three ways.
        held = stopped_fits(tmp_path, run, 3)
        (late, _), (cancelled, _), (_, node) = held.values()
        subprocess.run(["scontrol", "update", f"JobId={late}", "EndTime=now"], check=True)
        subprocess.run(["scancel", cancelled], check=True)
        time.sleep(12)  # a younger job that a node does not know counts as on its way there
        whole.kill(node)
        time.sleep(3)
        whole.start(node)
        assert run.wait(timeout=300) == 0, (tmp_path / "said").read_text()
    finally:
        run.kill()
    said = (tmp_path / "said").read_text()
    assert said.count("Trying to restart job") == 4
    assert said.count("Caudal: 4 points on about ") == 1
    asked = ["squeue", "--noheader", "--states=all", "--format=%T %Z"]
    states = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.splitlines()
    ended = [line.split()[0] for line in states if line.split()[-1] == str(tmp_path)]
    assert {"CANCELLED", "NODE_FAIL", "TIMEOUT"} <= set(ended)
    assert {"FAILED", "OUT_OF_MEMORY"} & set(ended)

    assert results(tmp_path) == results(done)
    assert "$(touch pwned-e)" in (tmp_path / "results/best/coefficients.csv").read_text()
    for folder in (tmp_path, done, ROOT, Path.home()):
        assert not list(folder.glob("pwned*"))
    assert not list(tmp_path.glob("**/pwned*"))
