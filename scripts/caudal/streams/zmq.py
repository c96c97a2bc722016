"""Run a streamer in a process of its own and read its batches over ZeroMQ.

The producer is a fresh interpreter (`subprocess`), never a fork: the reader's process holds the
threads of numba, OpenMP, Arrow and ZeroMQ, and a fork copies their locks but not the threads. It
gets its recipe by cloudpickle, as joblib's workers do. So, unlike multiprocessing's own start
methods, it does not import the main script again: a notebook's or an unguarded script's functions
work, as they did with pescador's fork.

Between the two are

- the *lifeline*, the producer's standard input: the recipe goes in, and its end, however it comes
  about, tells the producer that nobody reads any more;
- a ROUTER socket, to which the producer's DEALER connects. It lies in a folder that only this user
  may enter, and is taken off it at the first contact; where there are no Unix sockets it is bound
  to 127.0.0.1, and who does not hold a key from the lifeline is not let in. The producer's identity
  is a secret, too: what comes from anyone else is dropped unread, so that unpickling is safe;
- credit: the producer sends no more once `WINDOW` batches or `WINDOW_BYTES` are on the way that the
  reader has not acknowledged. The reader does so at half of either, so neither waits for ever.

`caudal.streams.zmq_producer` is the other side, and says how a batch travels.
"""

import errno
import os
import pickle
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

import cloudpickle
import numpy as np
import zmq

from caudal.streams.streamer import Batch, Seed, Streamer, as_seed, seeded
from caudal.streams.zmq_producer import (
    END,
    LARGEST,
    SOCKET_BYTES,
    WINDOW,
    WINDOW_BYTES,
    Failure,
)

PATIENCE = 5.0  # seconds that a producer gets to end by itself
CONTACT = 120.0  # seconds until it has to have said that it is there
UNIX = zmq.has("ipc")
LONGEST = 100  # characters of a Unix socket's path; some systems take 103
LIFELINES: set[IO[bytes]] = set()  # the reader's ends

# The lifeline's first object is the search path, without which there is nothing to import.
# Ctrl-C reaches the whole process group, and means the reader, who then lets go of the lifeline.
BOOTSTRAP = (
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from caudal.streams.zmq_producer import produce; produce(*pickle.load(sys.stdin.buffer))"
)


def _let_go() -> None:
    for lifeline in LIFELINES:
        lifeline.close()


# A child that the reader forks would hold the lifelines, too, and the producers would live on.
os.register_at_fork(after_in_child=_let_go)


@seeded
def zmq_stream(
    streamer: Streamer,
    max_batches: int | None = None,
    min_port: int = 49152,
    max_port: int = 65535,
    max_tries: int = 100,
    copy: bool = False,
    timeout: float | None = None,
    seed: Seed | None = None,
) -> Iterator[Batch]:
    """Yield the batches of ``streamer.generate(max_batches, seed)``, made in another process.

    ``min_port``, ``max_port`` and ``max_tries`` say where to look for a free port on 127.0.0.1,
    where the system has no Unix sockets.
    ``copy=True`` is for a generator that overwrites arrays it has yielded: they are copied before
    it goes on (without it, the large plain ones are sent as they are by then). ``timeout``: the
    seconds that the producer gets to end by itself after the stream
    has ended or was abandoned, before it is killed (None: 5 s; it is never waited for for ever).

    What the producer raises is raised here, with its traceback as a note. A producer that dies, or
    that is not heard of in two minutes, is a RuntimeError; an iterator that is closed takes
    producer and socket with it, and a producer whose reader dies ends too. ``zmq.ZMQBindError`` if
    there is no free port, TypeError for what is no streamer, UserError for an array above 1 GiB.
    """
    if not isinstance(streamer, Streamer):
        raise TypeError(f"zmq_stream takes a Streamer, not {streamer!r}.")
    patience = PATIENCE if timeout is None else min(timeout, threading.TIMEOUT_MAX)
    seed = as_seed(seed)
    recipe = cloudpickle.dumps((streamer, max_batches, copy, seed))
    name = secrets.token_hex(16).encode()
    context = zmq.Context()
    socket = context.socket(zmq.ROUTER)
    folder = tempfile.mkdtemp(prefix="caudal-")  # of mode 0700
    try:
        socket.rcvbuf = SOCKET_BYTES
        socket.rcvtimeo = 100  # ms between two looks at whether the producer lives
        socket.maxmsgsize = LARGEST
        address, key = _listen(socket, folder, min_port, max_port, max_tries)
        if seed is None:
            streamer.epoch += 1  # the one that the copy in the producer begins
        process = subprocess.Popen([sys.executable, "-P", "-c", BOOTSTRAP], stdin=subprocess.PIPE)
        assert process.stdin  # a pipe
        LIFELINES.add(process.stdin)
        try:
            _send_recipe(process, process.stdin, (address, key, name, patience, recipe))
            _receive(socket, process, name, time.monotonic() + CONTACT)  # its hello
            shutil.rmtree(folder, ignore_errors=True)
            yield from _read(socket, process, name)
        finally:
            _end(process, process.stdin, patience)
    finally:
        # Not context.destroy: while the interpreter ends it finds no sockets, and waits for them.
        socket.close(linger=0)
        context.term()
        shutil.rmtree(folder, ignore_errors=True)


def _listen(
    socket: zmq.Socket, folder: str, min_port: int, max_port: int, max_tries: int
) -> tuple[str, bytes | None]:
    """Bind the socket; returns its address and the key, if it asks for one."""
    if UNIX and len(path := f"{folder}/socket") <= LONGEST:
        socket.bind(f"ipc://{path}")
        return f"ipc://{path}", None
    socket.handshake_ivl = 5000  # ms
    key, socket.curve_secretkey = zmq.curve_keypair()
    socket.curve_server = True
    return f"tcp://127.0.0.1:{_bind(socket, min_port, max_port, max_tries)}", key


def _bind(socket: zmq.Socket, min_port: int, max_port: int, max_tries: int) -> int:
    # pyzmq's own search draws from the generator of the module random, which is the user's.
    for _ in range(max_tries):
        port = min_port + secrets.randbelow(max(1, max_port - min_port))
        try:
            socket.bind(f"tcp://127.0.0.1:{port}")
        except zmq.ZMQError as error:
            if error.errno not in (zmq.EADDRINUSE, errno.EACCES):
                raise
        else:
            return port
    raise zmq.ZMQBindError(f"no free port between {min_port} and {max_port} in {max_tries} tries")


def _send_recipe(process: subprocess.Popen, lifeline: IO[bytes], arguments: tuple) -> None:
    try:
        pickle.dump(sys.path, lifeline)
        pickle.dump(arguments, lifeline)
        lifeline.flush()
    except BrokenPipeError:
        process.wait()
        raise _death(process) from None


def _read(socket: zmq.Socket, process: subprocess.Popen, name: bytes) -> Iterator[Batch]:
    """Yield what the producer sends, up to its end of stream."""
    taken = taken_bytes = 0
    while True:
        frames = _receive(socket, process, name)
        pickled, *arrays = frames
        message = pickle.loads(pickled.buffer, buffers=[array.buffer for array in arrays])
        if message is END:
            return
        if isinstance(message, Failure):
            raise message.exception()
        taken += 1
        taken_bytes += sum(map(len, frames))
        if taken == WINDOW // 2 or taken_bytes >= WINDOW_BYTES // 2:
            socket.send_multipart([name, b"%d" % taken])
            taken = taken_bytes = 0
        yield {key: np.ndarray(*parts) if len(parts) > 1 else parts[0] for key, *parts in message}


def _receive(
    socket: zmq.Socket, process: subprocess.Popen, name: bytes, deadline: float | None = None
) -> list[zmq.Frame]:
    # The producer outlives its last message until we let go of it: if it is dead and nothing has
    # come, then nothing will.
    while True:
        try:
            sender = socket.recv()
            frames = [frame := socket.recv(copy=False)]
            while frame.more:
                frames.append(frame := socket.recv(copy=False))
            if sender == name:
                return frames
        except zmq.Again:
            pass
        if process.poll() is not None:
            raise _death(process)
        if deadline is not None and time.monotonic() > deadline:
            raise RuntimeError(f"The producer process has not been heard of for {CONTACT:.0f} s.")


def _death(process: subprocess.Popen) -> RuntimeError:
    code = process.returncode
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
    return RuntimeError(f"The producer process {how} before the end of its stream.")


def _end(process: subprocess.Popen, lifeline: IO[bytes], patience: float) -> None:
    LIFELINES.discard(lifeline)
    # A dead producer cannot take what is still to be flushed.
    with suppress(BrokenPipeError):
        lifeline.close()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
