"""The producer in a process of its own: what comes over, and what never stays behind."""

import multiprocessing
import os
import pickle
import random
import signal
import socket as sockets
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import suppress

import numpy as np
import psutil
import pyarrow as pa
import pytest
import zmq
from caudal.errors import UserError
from caudal.streams import Streamer, mux, seeded, zmq_producer, zmq_stream
from caudal.streams import zmq as module

PATIENT = 60  # seconds after which something that must happen has not


@seeded
def noise(batches, shape=(3, 2), seed=None):
    rng = np.random.default_rng(seed)
    for _ in range(batches):
        yield {"X": rng.normal(size=shape), "Y": np.arange(shape[0])}


def values(batches):
    return [batch["X"].tolist() for batch in batches]


def producers():
    return psutil.Process().children(recursive=True)


def free_port():
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition):
    deadline = time.monotonic() + PATIENT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def _nothing_stays_behind():
    yield
    assert producers() == []


# What comes over


@pytest.mark.parametrize("copy", [False, True])
@pytest.mark.parametrize("timeout", [None, 1])
def test_the_same_batches_come_over(copy, timeout):
    streamer = Streamer(list(noise(200)))
    for most in (None, 20, 0):
        found = zmq_stream(streamer, most, copy=copy, timeout=timeout)
        assert values(found) == values(streamer.generate(most))


def various():
    rng = np.random.default_rng(0)
    large = rng.normal(size=(1000, 40))
    words = np.array(["a", "bé", ""] * 4)
    arrow = pa.array([f"level {i % 7}" for i in range(100_000)])
    yield {
        "large": large,
        "columns": np.asfortranarray(large),
        "strided": large[:, ::3],
        "reversed": large[::-1],
        "empty": large[:0],
        "half": large.astype("float16"),
        "big-endian": large.astype(">f8"),
        "complex": large.astype(complex),
        "bool": large > 0,
    }
    yield {
        "words": words,
        "objects": words.astype(object),
        "days": np.arange(12).astype("M8[D]"),
        "records": np.zeros(12, dtype=[("a", "i4"), ("b", "f8")]),
        "list": list("abcdefghijkl"),
    }
    yield {
        "arrow": arrow,
        "slice": arrow[500:510],
        "levels": arrow.dictionary_encode(),
        "level slice": arrow.dictionary_encode()[99_000:],
        "nulls": pa.array([1, None, 3]),
        "chunked": pa.chunked_array([arrow[:10], arrow[20:30]]),
    }


@pytest.mark.parametrize("copy", [False, True])
def test_every_kind_of_array_comes_over(copy):
    for found, expected in zip(zmq_stream(Streamer(various), copy=copy), various(), strict=True):
        assert found.keys() == expected.keys()
        for key, array in expected.items():
            if not isinstance(array, np.ndarray):
                assert found[key] == array
                continue
            assert found[key].dtype == array.dtype
            assert np.array_equal(found[key], array)
            assert found[key].flags.aligned
            assert found[key].flags.writeable


def test_large_arrays_are_sent_where_they_are_and_slices_alone():
    array, arrow = np.zeros((1000, 100)), pa.array(range(100_000))
    pickled, *large = zmq_producer._frames({"X": array, "column": arrow, "slice": arrow[5:10]})
    assert len(pickled) < 1000
    assert len(large) == 2
    assert np.shares_memory(np.frombuffer(large[0]), array)
    assert np.frombuffer(large[1]).ctypes.data == arrow.buffers()[1].address


def overwriting():
    array = np.zeros((1000, 100))
    for i in range(20):
        array[:] = i
        yield {"X": array}


def test_copy_is_for_generators_that_overwrite():
    found = zmq_stream(Streamer(overwriting), copy=True)
    assert [set(np.unique(batch["X"])) for batch in found] == [{i} for i in range(20)]


def test_seeds_and_epochs_are_those_of_the_streamer():
    def tree():
        return Streamer(mux, [Streamer(noise, 4), Streamer(noise, 9)], 30, 2, seed=3)

    here, there = tree(), tree()
    epochs = [values(here.generate()) for _ in range(2)]
    assert [values(zmq_stream(there)) for _ in range(2)] == epochs
    assert epochs[0] != epochs[1]
    assert values(zmq_stream(tree(), seed=8)) == values(tree().generate(seed=8))


def test_it_nests():
    producer = pickle.loads(pickle.dumps(Streamer(zmq_stream, Streamer(noise, 5))))
    tree = Streamer(mux, [producer, Streamer(noise, 5)], None, 2, with_replacement=False, seed=0)
    epochs = [values(tree.generate()) for _ in range(2)]
    assert [len(epoch) for epoch in epochs] == [10, 10]
    assert epochs[0] != epochs[1]
    assert len(values(zmq_stream(tree))) == 10


def test_an_unguarded_script_runs(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import numpy as np\n"
        "from caudal.streams import Streamer, zmq_stream\n"
        "class Odd(Exception): pass\n"
        "def ramp(n):\n"
        "    for i in range(n): yield {'X': np.full(1, i)}\n"
        "    raise Odd('enough')\n"
        "try:\n"
        "    for batch in zmq_stream(Streamer(ramp, 3)): print(batch['X'])\n"
        "except Odd as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[0]", "[1]", "[2]", "enough"]
    assert done.stderr == ""


# Back-pressure


def counted(path, shape):
    while True:
        with open(path, "ab") as file:
            file.write(b".")
        yield {"X": np.zeros(shape)}


@pytest.mark.parametrize(
    ("shape", "ahead"),
    [((10,), module.WINDOW), ((2**20,), module.WINDOW_BYTES // 2**23)],
    ids=["small", "8 MiB"],
)
def test_a_slow_reader_bounds_the_producer(tmp_path, shape, ahead):
    path = tmp_path / "made"
    stream = zmq_stream(Streamer(counted, path, shape))
    next(stream)
    # What is on the way, and the one that waits to be sent.
    wait_until(lambda: path.stat().st_size == ahead + 1)
    time.sleep(0.5)
    assert path.stat().st_size == ahead + 1
    for _ in range(3 * ahead):
        next(stream)
    time.sleep(0.5)
    assert path.stat().st_size <= 1 + 3 * ahead + ahead + 1
    stream.close()


# Failures


class _Odd(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def failing(how):
    yield from noise(3)
    if how == "raise":
        raise KeyError("a telling name")
    if how == "unpicklable":
        raise _Odd("this", "that")
    if how == "exit":
        sys.exit(0)
    if how == "os._exit":
        os._exit(0)
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)


def read(how):
    found = []
    try:
        found.extend(zmq_stream(Streamer(failing, how)))
    except Exception as error:
        return error, found
    pytest.fail("a failed producer looked like the end of its stream")


def test_what_the_producer_raises_is_raised_here_with_its_traceback():
    error, found = read("raise")
    assert type(error) is KeyError
    assert error.args == ("a telling name",)
    assert len(found) == 3
    told = "".join(traceback.format_exception(error))
    assert "Raised in the producer process" in told
    assert 'raise KeyError("a telling name")' in told


def test_an_exception_that_cannot_be_pickled_is_told():
    error, found = read("unpicklable")
    assert type(error) is RuntimeError
    assert "_Odd: this and that" in str(error)
    assert len(found) == 3


def test_a_producer_that_exits_is_no_end_of_stream():
    error, found = read("exit")
    assert type(error) is RuntimeError
    assert "SystemExit" in str(error)
    assert len(found) == 3


@pytest.mark.parametrize(("how", "told"), [("kill", "killed by SIGKILL"), ("os._exit", "code 0")])
def test_a_producer_that_dies_is_no_end_of_stream(how, told):
    error, _ = read(how)
    assert type(error) is RuntimeError
    assert told in str(error)


def test_a_producer_killed_from_outside_raises():
    stream = zmq_stream(Streamer(noise, 10**9))
    next(stream)
    producers()[0].kill()
    with pytest.raises(RuntimeError, match="SIGKILL"):
        for _ in stream:
            pass


def test_a_batch_that_cannot_travel_is_told():
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        list(zmq_stream(Streamer([{"X": lambda: 0}])))


def test_what_is_no_streamer_is_told():
    with pytest.raises(TypeError, match="takes a Streamer, not"):
        next(zmq_stream(list(noise(3))))


@pytest.fixture
def tcp(monkeypatch):
    """As where the system has no Unix sockets."""
    monkeypatch.setattr(module, "UNIX", False)


@pytest.mark.usefixtures("tcp")
def test_no_free_port_is_told():
    with sockets.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        with pytest.raises(zmq.ZMQBindError):
            next(zmq_stream(Streamer(noise, 1), min_port=port, max_port=port + 1, max_tries=3))


# What never stays behind


@pytest.mark.usefixtures("tcp")
def test_an_abandoned_stream_leaves_no_process_and_no_port():
    port = free_port()
    for abandon in (lambda stream: stream.close(), lambda stream: None):
        stream = zmq_stream(Streamer(noise, 10**9), min_port=port, max_port=port + 1)
        next(stream)
        assert len(producers()) == 1
        abandon(stream)
        del stream
        assert producers() == []
        with sockets.socket() as probe:
            probe.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))


def stuck():
    yield {"X": np.zeros(1)}
    while True:
        time.sleep(1)


def test_a_producer_that_does_not_listen_is_killed():
    stream = zmq_stream(Streamer(stuck), timeout=0.1)
    next(stream)
    stream.close()
    assert producers() == []


def tidy(path):
    try:
        yield from noise(10**9)
    finally:
        path.write_text("closed")


def test_an_abandoned_streamer_is_closed(tmp_path):
    stream = zmq_stream(Streamer(tidy, tmp_path / "closed"))
    next(stream)
    stream.close()
    assert (tmp_path / "closed").read_text() == "closed"


@pytest.mark.parametrize("kind", ["noise", "stuck"])
def test_a_reader_that_is_killed_takes_its_producer_along(tmp_path, kind):
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys, time; sys.path[:0] = {sys.path!r}\n"
        "import psutil\n"
        "from caudal.streams import Streamer, zmq_stream\n"
        "import test_zmq_stream as tests\n"
        f"arguments = {{'noise': [10**9], 'stuck': []}}[{kind!r}]\n"
        f"stream = zmq_stream(Streamer(tests.{kind}, *arguments), timeout=0.2)\n"
        "next(stream)\n"
        "print(psutil.Process().children()[0].pid, flush=True)\n"
        "time.sleep(1000)\n"
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as reader:
        producer = psutil.Process(int(reader.stdout.readline()))
        reader.kill()
        reader.wait()
        wait_until(lambda: not producer.is_running() or producer.status() == psutil.STATUS_ZOMBIE)


ENDS = {
    "named": "batches = stream(); next(batches)",
    "cycle": "class me: batches = stream()\nme.me = me; next(me.batches); del me",
    "raises": "batches = stream(); next(batches); sys.exit('enough')",
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_an_interpreter_ends_with_a_stream_unfinished(tmp_path, end):
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from caudal.streams import Streamer, zmq_stream\n"
        "import test_zmq_stream as tests\n"
        "def stream(): return zmq_stream(Streamer(tests.noise, 10**9))\n" + end
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, timeout=PATIENT
    )
    assert done.stderr.strip() == ("enough" if "enough" in end else "")


def test_a_forked_child_of_the_reader_does_not_hold_the_producer():
    stream = zmq_stream(Streamer(noise, 3), timeout=2 * PATIENT)
    next(stream)
    context = multiprocessing.get_context("fork")
    child = context.Process(target=time.sleep, args=[10 * PATIENT])
    child.start()
    try:
        start = time.monotonic()
        assert len(list(stream)) == 2
        assert time.monotonic() - start < PATIENT  # it would be killed after its patience
    finally:
        child.kill()
        child.join()


# The loopback alone, and nobody else on it


@pytest.mark.usefixtures("tcp")
def test_the_search_for_a_port_draws_from_no_generator_of_the_users():
    random.seed(0)
    list(zmq_stream(Streamer(noise, 1)))
    drawn = random.random()
    random.seed(0)
    assert drawn == random.random()


@pytest.mark.usefixtures("tcp")
def test_it_listens_on_the_loopback_alone():
    stream = zmq_stream(Streamer(noise, 10**9))
    next(stream)
    found = psutil.Process().net_connections() + producers()[0].net_connections()
    listening = {c.laddr.ip for c in found if c.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}
    stream.close()


@pytest.mark.usefixtures("tcp")
def test_a_stranger_on_the_port_is_not_heard():
    port = free_port()
    streamer = Streamer(list(noise(100)))
    stream = zmq_stream(streamer, min_port=port, max_port=port + 1)
    with zmq.Context() as context, context.socket(zmq.DEALER) as stranger:
        stranger.linger = 0
        stranger.connect(f"tcp://127.0.0.1:{port}")
        found = [next(stream)]
        for frames in ([b""], [pickle.dumps(None)], [b"junk", b"more"]):
            stranger.send_multipart(frames)
        time.sleep(0.2)
        found += stream
    assert values(found) == values(streamer.generate())


@pytest.mark.usefixtures("tcp")
def test_who_holds_no_key_is_not_let_in():
    """Neither another ZeroMQ socket nor a frame that announces what no memory holds."""
    port = free_port()
    streamer = Streamer(list(noise(100)))
    stream = zmq_stream(streamer, min_port=port, max_port=port + 1)
    found = [next(stream)]
    with zmq.Context() as context, context.socket(zmq.DEALER) as stranger:
        stranger.linger = 0
        monitor = stranger.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        stranger.connect(f"tcp://127.0.0.1:{port}")
        assert monitor.poll(500) == 0
        stranger.disable_monitor()
        monitor.close()
    with sockets.create_connection(("127.0.0.1", port)) as raw:
        raw.settimeout(PATIENT)
        greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"CURVE".ljust(20, b"\0") + bytes(32)
        raw.sendall(greeting + b"\x06" + (2**40).to_bytes(8))
        with suppress(ConnectionResetError):
            while raw.recv(2**16):
                pass
    found += stream
    assert values(found) == values(streamer.generate())


@pytest.mark.skipif(not module.UNIX, reason="there are no Unix sockets")
def test_the_socket_lies_where_nobody_else_may_enter(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    met = []
    plain = module._send_recipe

    def look(*arguments):
        folder = next(tmp_path.iterdir())
        met.append((folder.stat().st_mode & 0o777, (folder / "socket").is_socket()))
        plain(*arguments)

    monkeypatch.setattr(module, "_send_recipe", look)
    stream = zmq_stream(Streamer(noise, 10**9))
    next(stream)
    assert met == [(0o700, True)]
    assert list(tmp_path.iterdir()) == []
    found = psutil.Process().net_connections() + producers()[0].net_connections()
    assert not [c for c in found if c.status == psutil.CONN_LISTEN]
    stream.close()


@pytest.mark.skipif(not module.UNIX, reason="there are no Unix sockets")
def test_a_folder_too_deep_for_a_socket_is_done_without(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    assert values(zmq_stream(Streamer(noise, 5, seed=0))) == values(
        Streamer(noise, 5, seed=0).generate()
    )
    assert list(deep.iterdir()) == []


def test_a_producer_that_is_not_heard_of_is_told(monkeypatch):
    monkeypatch.setattr(module, "BOOTSTRAP", "import time; time.sleep(1000)")
    monkeypatch.setattr(module, "CONTACT", 0.3)
    with pytest.raises(RuntimeError, match="has not been heard of"):
        next(zmq_stream(Streamer(noise, 1), timeout=0))


def test_an_array_too_large_to_travel_is_told(monkeypatch):
    monkeypatch.setattr(zmq_producer, "LARGEST", 10_000)
    with pytest.raises(UserError, match=r"20,0.. bytes, and 10,000 travel at once"):
        zmq_producer._frames({"X": np.zeros(2500)})
