"""What a job costs: its own seconds, processor time and memory, wherever it runs.

Snakemake's ``benchmark:`` watches the process that it has started, which is not the one at work
where the run's helper does the job.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from caudal.models.peak_memory import peak_memory_mb


@contextmanager
def costs(path: Path) -> Iterator[None]:
    """Write what the block costs to ``path``, if it ends well.

    The columns are Snakemake's: ``s`` seconds by the clock, ``max_rss`` MiB at most in memory,
    ``cpu_time`` seconds of the processor, those of processes that it has started among them.
    """
    began = time.perf_counter()
    yield
    seconds = time.perf_counter() - began
    row = f"{seconds:.4f}\t{peak_memory_mb():.2f}\t{sum(os.times()[:4]):.2f}"
    with suppress(OSError):  # no reason to lose what has been made
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\tmax_rss\tcpu_time\n{row}\n")
