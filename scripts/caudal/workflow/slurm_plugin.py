"""What is mended in Snakemake's plugin for SLURM (2.8.0), for runs that have their jobs there.

The plugin forgets the jobs whose state it could not ask for, and waits for ever for those that
SLURM has lost. It asks sacct while the controller is away, whether or not there is accounting. And
it asks ever more seldom, down to once in three minutes.
"""

import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from typing import Any

from caudal.errors import UserError
from caudal.wording import printable

PLUGIN = "snakemake_executor_plugin_slurm"
SHARE = 10
"""A pause between questions is no longer than such a part of the time since a job last ended."""
LONGEST = 60
"""Seconds of the longest pause."""
LOST = {"squeue": 90, "sacct": 600}
"""Seconds for which a job is not named until it counts as lost; a database may lag behind."""


def mend(begin: Callable[[str], None]) -> None:
    """Mend the plugin, where it is there.

    ``begin`` is called with the name that a run's jobs bear in the queue, before there are any.
    """
    plugin = sys.modules.get(PLUGIN)
    if plugin and not hasattr(plugin, "caudal"):
        plugin.caudal = True  # type: ignore[attr-defined]
        _mend(plugin, begin)


def _mend(plugin: Any, begin: Callable[[str], None]) -> None:
    answers = Answers(plugin.query_job_status)
    init, check = plugin.Executor.__post_init__, plugin.Executor.check_active_jobs
    available = plugin.is_query_tool_available

    def __post_init__(self: Any, *arguments: Any, **options: Any) -> None:
        init(self, *arguments, **options)
        try:
            begin(self.run_uuid)
        except UserError as error:
            raise plugin.WorkflowError(printable(str(error))) from None
        has_accounting()  # the answer is needed when none can be had

    async def check_active_jobs(self: Any, jobs: list) -> AsyncIterator:
        still = [job async for job in check(self, jobs)]
        if not answers.came:
            still = jobs
        answers.note_ends(jobs, still)
        for job in still:
            if answers.is_lost(job.external_jobid):
                self.report_job_error(job, msg=f"SLURM has lost its job {job.external_jobid}. ")
            else:
                yield job
        settings = self.workflow.remote_execution_settings
        self.next_seconds_between_status_checks = answers.pause(
            settings.seconds_between_status_checks
        )

    plugin.Executor.__post_init__ = __post_init__
    plugin.Executor.check_active_jobs = check_active_jobs
    plugin.query_job_status = answers.ask
    plugin.is_query_tool_available = lambda tool: (
        available(tool) and (tool != "sacct" or has_accounting())
    )


@cache
def has_accounting() -> bool:
    """Whether SLURM has accounting, without which sacct tells nothing."""
    show = ["scontrol", "show", "config"]
    try:
        said = subprocess.run(show, capture_output=True, text=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return True
    return "accounting_storage/none" not in said


class Answers:
    """SLURM's answers to the plugin's questions for the states of jobs."""

    def __init__(self, ask: Callable[..., Awaitable[tuple]]):
        """``ask`` is how the plugin asks: it gives states by job, None where none came."""
        self._ask = ask
        self.states: dict[str, str] = {}
        self.came = True
        self._program = ""
        self._ended = time.monotonic()
        self._unnamed: dict[str, float] = {}

    async def ask(self, command: str, logger: Any) -> tuple:
        """Ask, and tell when answers fail to come and when they come again."""
        found = await self._ask(command, logger)
        program = command.split()[0]
        if self.came and found[0] is None:
            _say(f"SLURM does not answer ({program}); its jobs go on, and this run waits for it.")
        elif found[0] is not None and not self.came:
            _say("SLURM answers again.")
        self.came, self.states, self._program = found[0] is not None, found[0] or {}, program
        return found

    def note_ends(self, jobs: list, still: list) -> None:
        """Take note of whether some of ``jobs`` have ended: ``still`` are those that have not."""
        if not jobs or len(still) < len(jobs):
            self._ended = time.monotonic()

    def is_lost(self, job: str) -> bool:
        """Whether SLURM has not named a job for too long, though it answers."""
        if not self.came:
            return False
        if {job, job.split("_")[0]} & self.states.keys():  # one of an array may go by the array's
            self._unnamed.pop(job, None)
            return False
        now = time.monotonic()
        return now - self._unnamed.setdefault(job, now) > LOST.get(self._program, 0)

    def pause(self, shortest: float) -> float:
        """Seconds until the next question, ``shortest`` at least."""
        return max(shortest, min(LONGEST, (time.monotonic() - self._ended) / SHARE))


def _say(sentence: str) -> None:
    print(f"Caudal: {sentence}", file=sys.stderr, flush=True)
