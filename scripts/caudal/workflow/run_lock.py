"""Removes the lock that a killed run left behind, so that the same command goes on.

Snakemake locks a working directory by files, which outlive a run that is killed, and asks for
``--unlock``. Here every run also holds a lock of the operating system, which does not: where
nobody holds one, nobody is at work.
"""

import fcntl
import os
import shutil
import socket
from pathlib import Path
from typing import IO

from caudal.errors import UserError


def take(folder: str | Path = ".snakemake") -> IO | None:
    """Remove what a killed run has locked, if no run is alive; returns a lock to hold for life.

    None where the file system has no locks: then all is as Snakemake leaves it. A lock made on
    another machine stays too, for not every shared file system tells its holder's end.
    """
    folder = Path(folder)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder.resolve().parent} cannot be written ({error.strerror}); run in a folder of "
            "yours, or name one by --directory."
        ) from error
    here = socket.gethostname()
    file = os.fdopen(os.open(folder / "caudal.lock", os.O_RDWR | os.O_CREAT, 0o666), "r+")
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # another run is alive: its lock, and ours, are Snakemake's to judge
        else:
            locks = folder / "locks"
            if file.read() == here:
                shutil.rmtree(locks, ignore_errors=True)
            if not locks.exists() or not any(locks.iterdir()):
                file.seek(0)
                file.truncate()
                file.write(here)
                file.flush()
        fcntl.flock(file, fcntl.LOCK_SH)
    except OSError:
        file.close()
        return None
    return file
