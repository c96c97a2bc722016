"""The run's helper: a process that has imported everything, and forks a child for each job.

Imports and the loading of compiled code take a job two seconds, its fit a few hundredths of one.
The helper does them once a run. It is started with the run and ends with it; each job that finds
no helper does its work in its own process (``hand_over``).
"""

import gc
import json
import os
import runpy
import secrets
import selectors
import signal
import socket
import struct
import subprocess
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from caudal.workflow import process
from caudal.workflow.hand_over import HELPER, LENGTH, NUMBER, begin_in_child

SCRIPTS = Path(__file__).parents[2]
THREADS = ("OMP", "GOTO", "OPENBLAS", "MKL", "NUMEXPR")


def start(learners: list[dict]) -> None:
    """Start the helper of this run; ``learners`` are the points', for the compiled code to load.

    Where it cannot be started the run goes on without, and says so.
    """
    if not sys.platform.startswith("linux"):
        return
    os.environ[HELPER] = name = f"caudal-{secrets.token_hex(8)}"
    environment = os.environ | {f"{library}_NUM_THREADS": "1" for library in THREADS}
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(SCRIPTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    try:
        # An abstract socket has no file, so that no path is too long and nothing is left behind.
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("\0" + name)
            listener.listen(4096)
            command = [sys.executable, "-P", "-m", "caudal.workflow.helper"]
            command += [str(listener.fileno()), str(os.getpid()), json.dumps(learners)]
            subprocess.Popen(
                command,
                env=environment,
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
            )
    except OSError as error:
        print(f"Caudal: each job starts by itself, without a helper: {error}", file=sys.stderr)


def main() -> None:
    """Serve the jobs of the run whose socket and process id the command line tells."""
    listener, parent, learners = sys.argv[1:]
    process.die_with_parent(int(parent))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, and for its jobs
    from caudal.workflow.warm_up import warm_up

    warm_up(json.loads(learners))
    gc.collect()
    gc.freeze()  # no collection in a child touches, and so copies, what it shares
    Helper(socket.socket(fileno=int(listener))).serve()


class Helper:
    """The jobs at work, each a child by the connection of the process that asked for it."""

    def __init__(self, listener: socket.socket):
        """Listen for jobs at ``listener``."""
        self.listener = listener
        self.process = os.getpid()
        self.children: dict[int, socket.socket] = {}
        self.wake = socket.socketpair()
        self.selector = selectors.DefaultSelector()
        for end in (listener, self.wake[0]):
            self.selector.register(end, selectors.EVENT_READ)
        for end in self.wake:
            end.setblocking(False)
        signal.set_wakeup_fd(self.wake[1].fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def serve(self) -> NoReturn:
        """Take jobs, and tell of their ends, until the run ends and this process with it."""
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    self._accept()
                elif key.fileobj is self.wake[0]:
                    self._reap()
                else:
                    self._cancel(key.data)

    def _accept(self) -> None:
        connection, _ = self.listener.accept()
        connection.settimeout(10)
        descriptors: list[int] = []
        try:
            process.check_peer(connection)
            head, descriptors, _, _ = socket.recv_fds(connection, LENGTH.size, 3)
            with connection.makefile("rb") as stream:
                request = json.loads(stream.read(LENGTH.unpack(head)[0]))
            if request["python"] != [sys.executable, sys.version]:
                raise ConnectionError("the job is another Python's")
            child = os.fork()
            if not child:
                self._become(request, descriptors, connection)
            self.children[child] = connection
            self.selector.register(connection, selectors.EVENT_READ, connection)
            connection.sendall(NUMBER.pack(child))
        except (OSError, ValueError, KeyError, struct.error):
            self._cancel(connection)
        for descriptor in descriptors:
            os.close(descriptor)

    def _become(self, request: dict, descriptors: list[int], connection: socket.socket) -> NoReturn:
        """Be the job, in a child: nothing of the helper's stays but what it has imported."""
        status = 1
        try:
            process.die_with_parent(self.process)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self.selector.close()
            for inherited in (self.listener, *self.wake, connection, *self.children.values()):
                inherited.close()
            for number, descriptor in enumerate(descriptors):
                os.dup2(descriptor, number)
                os.close(descriptor)
            status = _run(request)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def _reap(self) -> None:
        """Tell of the children that have ended."""
        self.wake[0].recv(4096)
        for child, connection in list(self.children.items()):
            found, status = os.waitpid(child, os.WNOHANG)
            if found:
                with suppress(OSError):  # nobody waits for it any more
                    connection.sendall(NUMBER.pack(os.waitstatus_to_exitcode(status)))
                del self.children[child]
                self._close(connection)

    def _cancel(self, connection: socket.socket) -> None:
        """The process that asked for a job is gone; so goes the job."""
        for child, asked in self.children.items():
            if asked is connection:
                os.kill(child, signal.SIGKILL)
        self._close(connection)

    def _close(self, connection: socket.socket) -> None:
        with suppress(KeyError, ValueError):  # closed before
            self.selector.unregister(connection)
        connection.close()


def _run(request: dict) -> int:
    """Run the script in a child; gives its exit status."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = request["arguments"]
    begin_in_child()
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


if __name__ == "__main__":
    main()
