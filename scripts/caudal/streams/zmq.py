"""Run a streamer in a process of its own and read its batches over ZeroMQ.

The producer is a fresh interpreter (`subprocess`), never a fork: the reader's process holds the
threads of numba, OpenMP, Arrow and ZeroMQ, and a fork copies their locks but not the threads. It
gets its recipe by cloudpickle, as joblib's workers do. So, unlike multiprocessing's own start
methods, it does not import the main script again: a notebook's or an unguarded script's functions
work, as they did with pescador's fork.

Between the two are

- the *lifeline*, the producer's standard input: the recipe goes in, and its end, however it comes
  about, tells the producer that nobody reads any more;
- a ROUTER socket bound to 127.0.0.1, to which the producer's DEALER connects. The producer's
  identity is a secret from the lifeline; what comes from anyone else on the machine is dropped
  unread, so that unpickling is safe;
- credit: the producer sends no more once `WINDOW` batches or `WINDOW_BYTES` are on the way that the
  reader has not acknowledged. The reader does so at half of either, so neither waits for ever.

A batch travels as a pickle of protocol 5. The large buffers of its arrays, numpy's and Arrow's, are
frames of their own, the largest sent from the memory where they are, all read in the memory that
ZeroMQ received them in.
"""

import errno
import os
import pickle
import secrets
import signal
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any, BinaryIO

import cloudpickle
import numpy as np
import zmq

from caudal.streams.streamer import Batch, Seed, Streamer, as_seed, seeded

WINDOW = 128  # batches
WINDOW_BYTES = 32 * 2**20
SOCKET_BYTES = 2**20  # of the kernel's buffers: large batches take fewer turns
PATIENCE = 5.0  # seconds that a producer gets to end by itself
LARGE = 2**16  # bytes; a smaller buffer travels in the pickle: less work, and always aligned
COPIED = 2**17  # bytes; below, a copy costs less than ZeroMQ's letting go of the frame
MORE = int(zmq.SNDMORE)  # the enum itself, as send_multipart uses it, costs as much as a frame
END = None
LIFELINES: set[BinaryIO] = set()  # the reader's ends

# The lifeline's first object is the search path, without which there is nothing to import.
# Ctrl-C reaches the whole process group, and means the reader, who then lets go of the lifeline.
BOOTSTRAP = (
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from caudal.streams.zmq import produce; produce(*pickle.load(sys.stdin.buffer))"
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

    ``min_port``, ``max_port`` and ``max_tries`` say where to look for a free port on 127.0.0.1.
    ``copy=True`` is for a generator that overwrites arrays it has yielded: they are copied before
    it goes on (without it, the large plain ones are sent as they are by then). ``timeout``: the
    seconds that the producer gets to end by itself after the stream
    has ended or was abandoned, before it is killed (None: 5 s; it is never waited for for ever).

    What the producer raises is raised here, with its traceback as a note. A producer that dies is
    a RuntimeError, an iterator that is closed takes producer and port with it, and a producer
    whose reader dies ends too. ``zmq.ZMQBindError`` if there is no free port, TypeError for what
    is no streamer.
    """
    if not isinstance(streamer, Streamer):
        raise TypeError(f"zmq_stream takes a Streamer, not {streamer!r}.")
    patience = PATIENCE if timeout is None else min(timeout, threading.TIMEOUT_MAX)
    seed = as_seed(seed)
    recipe = cloudpickle.dumps((streamer, max_batches, copy, seed))
    name = secrets.token_hex(16).encode()
    context = zmq.Context()
    socket = context.socket(zmq.ROUTER)
    try:
        socket.rcvbuf = SOCKET_BYTES
        socket.rcvtimeo = 100  # ms between two looks at whether the producer lives
        port = _bind(socket, min_port, max_port, max_tries)
        if seed is None:
            streamer.epoch += 1  # the one that the copy in the producer begins
        process = subprocess.Popen([sys.executable, "-P", "-c", BOOTSTRAP], stdin=subprocess.PIPE)
        LIFELINES.add(process.stdin)
        try:
            _send_recipe(process, (port, name, patience, recipe))
            yield from _read(socket, process, name)
        finally:
            _end(process, patience)
    finally:
        # Not context.destroy: while the interpreter ends it finds no sockets, and waits for them.
        socket.close(linger=0)
        context.term()


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


def _send_recipe(process: subprocess.Popen, arguments: tuple) -> None:
    try:
        pickle.dump(sys.path, process.stdin)
        pickle.dump(arguments, process.stdin)
        process.stdin.flush()
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
        if isinstance(message, _Failure):
            raise message.exception()
        taken += 1
        taken_bytes += sum(map(len, frames))
        if taken == WINDOW // 2 or taken_bytes >= WINDOW_BYTES // 2:
            socket.send_multipart([name, b"%d" % taken])
            taken = taken_bytes = 0
        yield {key: np.ndarray(*parts) if len(parts) > 1 else parts[0] for key, *parts in message}


def _receive(socket: zmq.Socket, process: subprocess.Popen, name: bytes) -> list[zmq.Frame]:
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


def _death(process: subprocess.Popen) -> RuntimeError:
    code = process.returncode
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
    return RuntimeError(f"The producer process {how} before the end of its stream.")


def _end(process: subprocess.Popen, patience: float) -> None:
    LIFELINES.discard(process.stdin)
    # A dead producer cannot take what is still to be flushed.
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def produce(port: int, name: bytes, patience: float, recipe: bytes) -> None:
    """Run ``recipe`` and send its batches: the whole life of the producer process."""
    lifeline = _Lifeline(patience)
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.identity = name
    socket.sndbuf = SOCKET_BYTES
    socket.copy_threshold = COPIED
    socket.connect(f"tcp://127.0.0.1:{port}")
    try:
        streamer, max_batches, copy, seed = pickle.loads(recipe)
        handed = {} if seed is None else {"seed": seed}
        with closing(streamer.generate(max_batches=max_batches, **handed)) as batches:
            _send(batches, socket, lifeline, copy)
        message = END
    except BaseException as error:
        message = _Failure(error)
    socket.send(pickle.dumps(message))
    lifeline.cut.wait()
    context.destroy(linger=0)


def _send(batches: Iterator[Batch], socket: zmq.Socket, lifeline: "_Lifeline", copy: bool) -> None:
    """Send ``batches``, as far as there is credit, until they or the lifeline end."""
    ahead: deque[int] = deque()  # bytes of each batch not yet acknowledged
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.register(lifeline.end, zmq.POLLIN)
    for batch in batches:
        frames = _frames(batch)
        while len(ahead) == WINDOW or sum(ahead) >= WINDOW_BYTES:
            if lifeline.end in (ready := dict(poller.poll())):
                return
            if socket in ready:
                for _ in range(int(socket.recv())):
                    ahead.popleft()
        if lifeline.cut.is_set():
            return
        *first, last = frames
        for frame in first:
            socket.send(frame, MORE, copy)
        socket.send(last, 0, copy)
        ahead.append(sum(map(len, frames)))


def _frames(batch: Batch) -> list[bytes | memoryview]:
    """Pickle a batch, its large buffers apart and where they are."""
    large: list[memoryview] = []

    def stays(buffer: pickle.PickleBuffer) -> bool:
        view = buffer.raw()
        if view.nbytes < LARGE:
            return True
        large.append(view)
        return False

    items = [(key, *_parts(array)) for key, array in batch.items()]
    return [pickle.dumps(items, protocol=5, buffer_callback=stays), *large]


def _parts(array: Any) -> tuple:
    """Return what travels for ``array``: itself or, if it is plain, its shape, dtype and buffer.

    An array's own pickle takes several times as long, felt in small batches.
    """
    if type(array) is np.ndarray and array.dtype.kind in "biufc" and array.size:
        if array.flags.c_contiguous:
            return array.shape, array.dtype.str, pickle.PickleBuffer(array)
    elif type(array).__module__.startswith("pyarrow"):
        import pyarrow

        # The pickle of a slice would take all of its buffers along.
        if isinstance(array, pyarrow.Array):
            array = _without_rest(array)
        elif isinstance(array, pyarrow.ChunkedArray):
            chunks = [_without_rest(chunk) for chunk in array.chunks]
            array = pyarrow.chunked_array(chunks, array.type)
    return (array,)


def _without_rest(array: Any) -> Any:
    import pyarrow

    whole = array.get_total_buffer_size()
    return pyarrow.concat_arrays([array]) if whole > 2 * array.nbytes + 64 else array


class _Failure:
    """What the producer raised, on its way to the reader."""

    def __init__(self, error: BaseException):
        self.text = "".join(traceback.format_exception(error))
        try:
            self.pickled = cloudpickle.dumps(error)
        except Exception:
            self.pickled = b""

    def exception(self) -> Exception:
        """Return the exception; a RuntimeError in its place if it cannot or must not be raised.

        SystemExit and the like would end the reader as if all were well.
        """
        try:
            error = pickle.loads(self.pickled)
        except Exception:
            error = None
        if not isinstance(error, Exception):
            last = self.text.strip().splitlines()[-1]
            error = RuntimeError(f"The producer of the stream raised {last}.")
        error.add_note(f"Raised in the producer process:\n{self.text}")
        return error


class _Lifeline:
    """Standard input, which ends when the reader lets go; the process ends soon after.

    ``cut`` is the event; ``end`` is a file descriptor that becomes readable then.
    """

    def __init__(self, patience: float):
        self.end = os.dup(0)
        # The streamer's code must not read from it.
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)
        self.cut = threading.Event()
        threading.Thread(target=self._watch, args=[patience], daemon=True).start()

    def _watch(self, patience: float) -> None:
        os.read(self.end, 1)
        self.cut.set()
        # A streamer busy elsewhere may not look; the process must not stay behind.
        threading.Event().wait(patience)
        os._exit(1)
