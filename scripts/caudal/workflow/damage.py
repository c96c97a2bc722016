"""Where a job meets damage, its run ends: no retry helps, and other jobs would meet the same."""

import logging
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from caudal.errors import AGAIN


class EndAtDamage(logging.Filter):
    """Looks at the log of each job that fails; lets the first damage pass and not its repetitions.

    From then on no job is begun or tried again.
    """

    def __init__(self, workflow: Any):
        """End a run of Snakemake's ``workflow``."""
        super().__init__()
        self.workflow = workflow
        self.told = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be seen."""
        if getattr(record, "event", None) != "job_error" or not _met_damage(record):
            return True
        if self.told:
            return False
        self.told = True
        for rule in self.workflow.rules:
            rule.restart_times = 0
        self.workflow.scheduler.keepgoing = False
        print(
            "Caudal: what is damaged has been removed; no job is begun or tried again that would "
            "meet it, and the same command makes it anew. Should it be damaged again, look for "
            "leftover jobs of another run at work here.",
            file=sys.stderr,
        )
        return True


def _met_damage(record: logging.LogRecord) -> bool:
    for file in record.__dict__["log"]:
        with suppress(OSError):
            if AGAIN in Path(file).read_text(errors="replace"):
                return True
    return False
