"""The producer of a `zmq_stream`: it runs the recipe in a process of its own, and sends batches.

A batch travels as a pickle of protocol 5. The large buffers of its arrays, numpy's and Arrow's, are
frames of their own, the largest sent from the memory where they are, all read in the memory that
ZeroMQ received them in.
"""

import os
import pickle
import threading
import traceback
from collections import deque
from collections.abc import Generator
from contextlib import closing
from typing import Any

import cloudpickle
import numpy as np
import zmq

from caudal.errors import UserError
from caudal.streams.streamer import Batch

WINDOW = 128  # batches on the way
WINDOW_BYTES = 32 * 2**20
SOCKET_BYTES = 2**20  # of the kernel's buffers: large batches take fewer turns
LARGE = 2**16  # bytes; a smaller buffer travels in the pickle: less work, and always aligned
LARGEST = 2**30  # bytes of a buffer; the reader cuts off who announces more
COPIED = 2**17  # bytes; below, a copy costs less than ZeroMQ's letting go of the frame
MORE = int(zmq.SNDMORE)  # the enum itself, as send_multipart uses it, costs as much as a frame
HELLO = b"hello"
END = None


def produce(address: str, key: bytes | None, name: bytes, patience: float, recipe: bytes) -> None:
    """Run ``recipe`` and send its batches: the whole life of the producer process."""
    lifeline = _Lifeline(patience)
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.identity = name
    socket.sndbuf = SOCKET_BYTES
    socket.copy_threshold = COPIED
    if key:
        socket.curve_serverkey = key
        socket.curve_publickey, socket.curve_secretkey = zmq.curve_keypair()
    socket.connect(address)
    socket.send(HELLO)
    message: Failure | None = END
    try:
        streamer, max_batches, copy, seed = pickle.loads(recipe)
        handed = {} if seed is None else {"seed": seed}
        with closing(streamer.generate(max_batches=max_batches, **handed)) as batches:
            _send(batches, socket, lifeline, copy)
    except BaseException as error:
        message = Failure(error)
    socket.send(pickle.dumps(message))
    lifeline.cut.wait()
    context.destroy(linger=0)


def _send(batches: Generator[Batch], socket: zmq.Socket, lifeline: "_Lifeline", copy: bool) -> None:
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
    frames: list[bytes | memoryview] = [
        pickle.dumps(items, protocol=5, buffer_callback=stays),
        *large,
    ]
    if (most := max(map(len, frames))) > LARGEST:
        raise UserError(
            f"An array of a batch has {most:,} bytes, and {LARGEST:,} travel at once: make the "
            "batches smaller."
        )
    return frames


def _parts(array: Any) -> tuple:
    """Return what travels for ``array``: itself or, if it is plain, its shape, dtype and buffer.

    An array's own pickle takes several times as long, felt in small batches.
    """
    if type(array) is np.ndarray and array.dtype.kind in "biufc" and array.size:
        if array.flags.c_contiguous:
            return array.shape, array.dtype.str, pickle.PickleBuffer(array.data)
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


class Failure:
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
