"""What a run does before its first job."""

import sys
from functools import partial
from typing import IO, Any

from caudal.wording import printable
from caudal.workflow import (
    cluster_queue,
    compiled_cache,
    footprint,
    future_dates,
    run_lock,
    slurm_plugin,
    terminal,
)
from caudal.workflow.plan import RunPlan


def start(plan: RunPlan, rows: int, exact: bool, workflow: Any) -> IO | None:
    """Clear away what a killed run has left, and say what this one will do.

    Returns a lock to hold for life. ``workflow`` is Snakemake's; ``rows`` and ``exact`` as
    ``count_rows`` tells. Raises UserError where the run cannot begin.
    """
    dry = workflow.output_settings.dryrun
    if "--delete-all-output" in sys.argv:
        print(
            "Caudal: chunks and saved states are no outputs to Snakemake and stay; remove the "
            "folder results to have all gone.",
            file=sys.stderr,
        )
    lock = run_lock.take(starts_jobs=not dry)
    slurm_plugin.mend(partial(cluster_queue.note, run_lock.FOLDER))
    terminal.install(workflow, not dry, lock)
    compiled_cache.choose(run_lock.FOLDER / "numba")
    future_dates.mend_dates()
    future_dates.check_dates(plan.sources.values())
    if plan.archived:
        print(f"Caudal: {printable(plan.notes[0])}", file=sys.stderr)
    else:
        footprint.tell(plan, rows, exact)
    return lock
