"""Gives a job to the run's helper, which has imported already what the job would import.

A script calls ``hand_over(globals())`` before its own imports. Whatever keeps the helper from the
job, the call returns then, and the script goes on in its own process. Only the standard library
is imported here: this is what a job costs beside its work.
"""

import json
import os
import select
import signal
import socket
import struct
import sys
from contextlib import suppress
from typing import Any

from caudal.workflow import process, run_lock

HELPER = "CAUDAL_HELPER"
"""The environment variable that names the helper's socket."""
LENGTH, NUMBER = struct.Struct("I"), struct.Struct("i")
"""What goes over the socket: the length of the request; the child's process id, then its status."""
PATIENCE = 120.0
"""Seconds to wait for the helper to begin: it may be importing, or compiling."""

_state: dict[str, Any] = {"why": ""}


def why_alone() -> str:
    """Why this job was not given to the helper; empty where there was none to give it to."""
    return _state["why"]


def hand_over(script: dict) -> None:
    """Do a script's job in the helper, and end this process as the job ends.

    ``script`` is the script's namespace. Returns at once where it was not started by Snakemake,
    is at work in the helper already, or no helper takes it.
    """
    if "snakemake" not in script or _state.get("child") or run_lock.RUN not in os.environ:
        return
    process.die_with_parent()
    _state["lock"] = run_lock.join()
    name = os.environ.get(HELPER)
    if not name:
        return
    if os.environ.get("OMP_NUM_THREADS") != "1":
        _state["why"] = "it has several threads"
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the child, too
    try:
        status = _ask(name)
    except OSError as error:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _state["why"] = f"the run's helper is not there: {error}"
        run_lock.check_alive()
        return
    if status < 0:  # killed by a signal: so does this process end
        os.kill(os.getpid(), -status)
    os._exit(status)


def begin_in_child() -> None:
    """Tell this module that its process is the helper's child, with a job to do."""
    _state["child"] = True
    _state["lock"] = run_lock.join()


def _ask(name: str) -> int:
    """The status with which the helper's child ended; raises OSError where it did no such thing."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect("\0" + name)
        process.check_peer(connection)
        request = {
            "arguments": sys.argv,
            "folder": os.getcwd(),
            "environment": dict(os.environ),
            "python": [sys.executable, sys.version],
        }
        text = json.dumps(request).encode()
        socket.send_fds(connection, [LENGTH.pack(len(text))], [0, 1, 2])
        connection.sendall(text)
        child = os.pidfd_open(_number(connection))
        connection.settimeout(None)
        try:
            return _number(connection)
        except OSError:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(child, signal.SIGKILL)
            select.select([child], [], [])  # two processes never do one job
            raise


def _number(connection: socket.socket) -> int:
    found = connection.recv(NUMBER.size, socket.MSG_WAITALL)
    if len(found) < NUMBER.size:
        raise ConnectionError("it has ended, or cannot take the job")
    return NUMBER.unpack(found)[0]
