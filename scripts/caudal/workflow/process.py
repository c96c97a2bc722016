"""What Linux offers to tie processes to one another."""

import ctypes
import os
import signal
import socket
import struct
import sys

_PR_SET_PDEATHSIG = 1
_CREDENTIALS = struct.Struct("3i")


def die_with_parent(parent: int | None = None) -> None:
    """Have the kernel kill this process when its parent ends, however that comes about.

    ``parent`` is the process that it should be: where another one is by now, that one has ended
    already. Does nothing on other systems than Linux.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def check_peer(connection: socket.socket) -> None:
    """Raise ConnectionError unless the other end of a Unix socket is of this user."""
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    if _CREDENTIALS.unpack(found)[1] != os.getuid():
        raise ConnectionError("another user is at its socket")
