"""Who is at work in a folder: the run that is alive, and the jobs that are its own.

Snakemake locks a working directory by files, which outlive a run that is killed, and asks for
``--unlock``. Here every run also holds a lock of the operating system, which does not: where
nobody holds one, nobody is at work. Its jobs hold another, so that those which outlive a killed
run are found, and ended, before the next run's begin.
"""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from caudal.errors import UserError
from caudal.workflow import cluster_queue

FOLDER = Path(".snakemake")
RUN = "CAUDAL_RUN"
"""The environment variable that names the run to its jobs."""
_FLOCK = struct.Struct("hhqqi")
"""Linux's ``struct flock``: type, whence, start, length, process."""


def take(folder: str | Path = FOLDER, starts_jobs: bool = True) -> IO | None:
    """Remove what a killed run has left, if no run is alive; returns a lock to hold for life.

    What it has left are Snakemake's locks and, where this run ``starts_jobs``, jobs still at work,
    here and in a cluster's queue: they are ended. None where the file system has no locks: then
    all is as Snakemake leaves it. What was locked on another machine stays too, for not every
    shared file system tells its holder's end.

    Raises UserError where the folder or its locks are another user's, or jobs cannot be ended.
    """
    folder = Path(folder)
    here = socket.gethostname()
    file = _open(folder / "caudal.lock")
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            alive = True  # its lock, and ours, are Snakemake's to judge
        else:
            alive = False
        host, run = (file.read().split("\n") + ["", ""])[:2]
        if not alive and host == here:
            shutil.rmtree(folder / "locks", ignore_errors=True)
        if not alive and starts_jobs and not _locked(folder):
            run = secrets.token_hex(8)
            file.seek(0)
            file.truncate()
            file.write(f"{here}\n{run}\n")
            file.flush()
            cluster_queue.end_leftover(folder)
            _end_orphans(folder)
        os.environ[RUN] = run
        fcntl.flock(file, fcntl.LOCK_SH)
    except OSError:
        file.close()
        if starts_jobs and not _locked(folder):
            cluster_queue.end_leftover(folder)
        return None
    except UserError:
        file.close()
        raise
    return file


def _locked(folder: Path) -> bool:
    locks = folder / "locks"
    return locks.exists() and any(locks.iterdir())


def host_of_locks() -> str:
    """The machine whose locks are left in this folder; empty where they are of this one."""
    with suppress(OSError):
        host = (FOLDER / "caudal.lock").read_text().split("\n")[0]
        return "" if host == socket.gethostname() else host
    return ""


def is_alone(lock: IO) -> bool:
    """Whether nobody but the holder of ``lock``, which ``take`` gave, is at work in its folder."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return True


def join() -> IO | None:
    """Begin to be a job of the run; returns a lock to hold for life, None where there are none.

    Ends this process where its run is alive no more and another has begun: what it would make is
    of old files and settings.
    """
    try:
        file = _open(FOLDER / "caudal.jobs")
        fcntl.lockf(file, fcntl.LOCK_SH)
        known = (FOLDER / "caudal.lock").read_text().split("\n")[1]
    except (OSError, UserError, IndexError):
        return None
    if known != os.environ[RUN]:
        sys.exit("Caudal: the run that this job belongs to has ended, and another has begun.")
    return file


def check_alive() -> None:
    """End this process, a job, where its run is alive no more."""
    try:
        with open(FOLDER / "caudal.lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    sys.exit("Caudal: the run that this job belongs to has ended.")


def _open(path: Path) -> IO:
    try:
        path.parent.mkdir(exist_ok=True)
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+")
    except OSError as error:
        if path.exists():
            what = f"{path} is the user {path.stat().st_uid}'s and cannot be written"
        else:
            what = f"{path.resolve().parent.parent} cannot be written"
        raise UserError(
            f"{what} ({error.strerror}); run in a folder of yours, or name one by --directory."
        ) from error


def _end_orphans(folder: Path) -> None:
    """End the jobs that a killed run has left at work, and wait until the last one has gone."""
    ended = set()
    with _open(folder / "caudal.jobs") as file:
        while holder := _holder(file):
            if holder not in ended:
                ended.add(holder)
                _kill(holder)
            time.sleep(0.01)
    if ended:
        which = ", ".join(map(str, sorted(ended)))
        print(
            f"Caudal: a run was killed here, and jobs of it were still at work (process {which}): "
            "they are ended.",
            file=sys.stderr,
        )


def _holder(file: IO) -> int:
    """The process id of one that holds a lock on the file, 0 where there is none."""
    if not sys.platform.startswith("linux"):
        fcntl.lockf(file, fcntl.LOCK_EX)  # waits for them
        return 0
    asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    kind, _, _, _, holder = _FLOCK.unpack(fcntl.fcntl(file, fcntl.F_GETLK, asked))
    if kind == fcntl.F_UNLCK:
        return 0
    if holder <= 0:  # never to be killed: to the kernel these are whole groups
        raise UserError(
            "A job of a run that was killed is still at work here, on another machine or in "
            "another container; wait for its end, or end it."
        )
    return holder


def _kill(holder: int) -> None:
    try:
        os.kill(holder, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise UserError(
            f"A job of a run that was killed is still at work here as another user (process "
            f"{holder}); wait for its end, or end it."
        ) from error
