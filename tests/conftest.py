"""Fixtures that several test files share."""

import shutil
import signal

import pytest
from hypothesis import HealthCheck, settings
from workflow import CONFIG, finished, snakemake, write_config

# The same examples each time: a test that fails once fails again.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

# A shell's job in the background ignores it, and so would the runs that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest.register_assert_rewrite("slurm")  # before a test file imports it
collect_ignore = ["benchmarks"]  # the peers that they import are not installed for the tests

PROCESSES = {"test_damage", "test_helper", "test_saved_state", "test_zmq_stream"}
"""Files of tests that start and kill processes, or do every job of a run many times."""


def pytest_collection_modifyitems(items):
    """What runs the workflow, a cluster, a browser, a benchmark or ``PROCESSES`` is slow.

    A file's tests run in one process, as they share what they make; so do all of the one cluster.
    """
    for item in items:
        own = item.path.stem
        item.add_marker(pytest.mark.xdist_group("slurm" if own.startswith("test_slurm") else own))
        module = getattr(item, "module", None)
        runs = {"snakemake", "pytest_plugins", "BROWSER", "benchmarks"} & set(vars(module or item))
        if runs or "done" in getattr(item, "fixturenames", ()) or own in PROCESSES:
            item.add_marker("slow")


@pytest.fixture(scope="session")
def done(tmp_path_factory):
    """A folder with a finished run; tests copy it."""
    folder = tmp_path_factory.mktemp("done")
    write_config(folder, CONFIG)
    finished(snakemake(folder))
    return folder


@pytest.fixture
def folder(done, tmp_path):
    """A copy of a finished run."""
    copied = tmp_path / "run"
    shutil.copytree(done, copied, copy_function=shutil.copy2, symlinks=True)
    return copied
