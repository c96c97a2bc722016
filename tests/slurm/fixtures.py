"""Fixtures of a real SLURM, for a test file that says ``pytest_plugins = ["slurm.fixtures"]``.

A module takes either ``whole`` or ``accounted``: a machine has one cluster at a time.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from workflow import finished, snakemake

from slurm.cluster import FOLDER, LINK, NODES
from slurm.runs import write_data

SCRIPT = Path(__file__).with_name("cluster.py")
LOCK = FOLDER.with_suffix(".lock")


class Cluster:
    """The commands of cluster.py on the cluster that the tests of a module share."""

    folder = FOLDER
    nodes = NODES

    def __init__(self, *options: str):
        self._options = options  # of up

    def up(self) -> None:
        """Start what does not run, so that a test may leave a node dead."""
        self._call("up", *self._options)

    def down(self) -> None:
        """End all of it."""
        self._call("down")

    def kill(self, name: str) -> None:
        """A node (n1 to n4), slurmctld or munged loses power."""
        self._call("kill", name)

    def start(self, name: str) -> None:
        """It comes back and answers."""
        self._call("start", name)

    def submit(self, command: str, *options: str) -> str:
        """Hand a shell command to sbatch; give the job's id."""
        return ask("sbatch", "--parsable", "--output=/dev/null", *options, "--wrap", command)

    def state(self, job: str) -> str:
        """A job's state, as RUNNING or NODE_FAIL."""
        return ask("squeue", "--noheader", "--states=all", "--format=%T", "--jobs", job)

    def jobs_of(self, folder: Path) -> list[str]:
        """The jobs of a folder that have not ended."""
        rows = [line.split(" ", 1) for line in ask("squeue", "-h", "-o", "%i %Z").splitlines()]
        return [job for job, home in rows if home == str(folder)]

    def wait(self, job: str, *states: str, seconds: float = 120) -> str:
        """Wait until a job is in one of ``states``; fail after ``seconds``."""
        end = time.monotonic() + seconds
        while (state := self.state(job)) not in states:
            if time.monotonic() > end:
                pytest.fail(f"Job {job} is {state} and not {' or '.join(states)}.")
            time.sleep(0.2)
        return state

    def _call(self, *command: str) -> None:
        subprocess.run([sys.executable, SCRIPT, *command, FOLDER], check=True)


def ask(*command: str) -> str:
    """What a command prints, stripped; raises CalledProcessError where it fails."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def why_not() -> str:
    """Why this machine can have no cluster, or nothing."""
    if os.geteuid():
        return "a SLURM cluster needs root"
    if not shutil.which("slurmctld") or not shutil.which("munged"):
        return "SLURM is not installed (tests/slurm/cluster.py install)"
    if LINK.exists() and LINK.resolve() != FOLDER / "slurm.conf":
        return f"this machine has another cluster ({LINK.resolve()})"
    return ""


@contextmanager
def shared(*options: str) -> Iterator[Cluster]:
    """Four nodes of SLURM, taken down at the end.

    A second session on the machine waits for the first. A cluster that a killed session, or
    someone at a shell, left in the same folder is taken down before.
    """
    if reason := why_not():
        pytest.skip(reason)
    with open(LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cluster = Cluster(*options)
        cluster.down()
        try:
            cluster.up()
            yield cluster
        finally:
            cluster.down()


@pytest.fixture(scope="module")
def _cluster() -> Iterator[Cluster]:
    with shared() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def _accounted_cluster() -> Iterator[Cluster]:
    if not shutil.which("slurmdbd") or not shutil.which("mariadbd"):
        pytest.skip("slurmdbd or MariaDB is not installed (tests/slurm/cluster.py install)")
    with shared("--accounting") as cluster:
        yield cluster


@pytest.fixture
def whole(_cluster: Cluster) -> Iterator[Cluster]:
    """The cluster without accounting, with every node up before and after."""
    _cluster.up()
    yield _cluster
    _cluster.up()


@pytest.fixture
def accounted(_accounted_cluster: Cluster) -> Iterator[Cluster]:
    """The cluster with accounting, with every node up before and after."""
    _accounted_cluster.up()
    yield _accounted_cluster
    _accounted_cluster.up()


@pytest.fixture(scope="session")
def local_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a local run."""
    folder = tmp_path_factory.mktemp("local_run")
    write_data(folder)
    finished(snakemake(folder))
    return folder
