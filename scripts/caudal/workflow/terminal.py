"""What a run says on the terminal: its stages, how far it is, and whatever failed.

Snakemake tells of each job in a dozen lines. They stay in its own log, ``.snakemake/log``.
"""

import logging
import re
import shutil
import sys
import time
from typing import IO, Any

from caudal.ranking.status import EVERY, status
from caudal.wording import printable
from caudal.workflow import run_lock
from caudal.workflow.damage import EndAtDamage
from caudal.workflow.retraining import retraining
from caudal.workflow.slurm_words import plainly

OF_EACH_JOB = {"job_info", "job_started", "job_finished", "progress"}
"""The events of Snakemake's log that come with every job."""
CHATTER = (
    "Select jobs to execute...",
    "Using shell: ",
    "Conda environments: ignored",
    "Cannot restore ",
)
LONG = re.compile(r"^( *(?:input|output|log|reason): .{200}).{40,}$", re.MULTILINE)
OFFER = re.compile(r"If you are sure that no other instances .*--unlock argument\.", re.DOTALL)
"""Snakemake's, at a folder that is locked."""
AT_WORK = "One is at work there: wait for its end, or end it, and give this command again."
ELSEWHERE = (
    "They are of a run that began on the machine {}. If it is at work there, wait for its end; if "
    "it was killed, remove them with the --unlock argument, and give this command again."
)
BAR = 20
"""The width of the bar, in characters."""
SHARE = 20
"""How many times longer than a look at the results is the pause after it."""


def install(workflow: Any, at_a_glance: bool, lock: IO | None = None) -> None:
    """Shorten the long lines of Snakemake's handler for the terminal, and end a run at damage.

    ``at_a_glance`` leaves out what it says of each job, too, and tells how far the run is instead.
    With ``--verbose`` all is as Snakemake has it. ``lock`` is the run's (``run_lock``).
    """
    logger = logging.getLogger("snakemake.logging")
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler" and isinstance(handler, logging.StreamHandler):
            handler.addFilter(EndAtDamage(workflow))
            if logger.isEnabledFor(logging.DEBUG):
                continue
            handler.setFormatter(Short(handler.formatter, lock))
            if at_a_glance:
                handler.addFilter(Glance(handler.stream))


class Short(logging.Formatter):
    """Another formatter's lines, where they list files cut off after two hundred characters.

    What would steer the terminal is escaped, and ``--unlock`` not offered while a run is alive.
    """

    def __init__(self, formatter: logging.Formatter | None, lock: IO | None = None):
        """Shorten what ``formatter`` gives; ``lock`` is the run's, None where it has none."""
        super().__init__()
        self.formatter = formatter or logging.Formatter()
        self.lock = lock
        self.told = False

    def format(self, record: logging.LogRecord) -> str:
        """The record's text."""
        text = LONG.sub(r"\1 ... (all in .snakemake/log)", str(self.formatter.format(record)))
        if getattr(record, "event", None) == "run_info" and not self.told:
            self.told = True
            text = "\n".join(filter(None, (retraining(record.__dict__["stats"]), text)))
        if OFFER.search(text):
            text = OFFER.sub(self._who_is_at_work, text)
        return printable(plainly(text))

    def _who_is_at_work(self, offer: re.Match) -> str:
        if self.lock and not run_lock.is_alone(self.lock):
            return AT_WORK
        host = run_lock.host_of_locks()
        return ELSEWHERE.format(host) if host else offer[0]


class Glance(logging.Filter):
    """Lets pass what is not of each job, and tells how far the run is in place of the rest.

    A rule is named when its first job starts. The state of the points is a bar on a terminal,
    elsewhere a line every ten seconds.
    """

    def __init__(self, stream=sys.stderr):
        """Tell of the run on ``stream``."""
        super().__init__()
        self.stream = stream
        self.terminal = stream.isatty()
        self.rules: set[str] = set()
        self.next = time.monotonic()
        self.bar = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be seen."""
        event = getattr(record, "event", None)
        if event == "job_info":
            self._name(record.__dict__["rule_name"])
        elif event == "progress":
            self._tell()
        if event in OF_EACH_JOB or str(record.msg).startswith(CHATTER):
            return False
        self._clear()
        return True

    def _name(self, rule: str) -> None:
        rule = "fit" if rule.startswith("fit_") else rule
        if rule not in self.rules and rule != "all":
            self.rules.add(rule)
            self._clear()
            print(f"Caudal: {rule}", file=self.stream, flush=True)

    def _tell(self) -> None:
        began = time.monotonic()
        if began < self.next:
            return
        found = status()
        pause = 1.0 if self.terminal else EVERY
        self.next = began + max(pause, SHARE * (time.monotonic() - began))
        if not found.done:
            return
        if not self.terminal:
            print(f"Caudal: {found}", file=self.stream, flush=True)
            return
        done = BAR * found.done // found.points
        line = f"[{'#' * done}{' ' * (BAR - done)}] {found}"
        self._clear()
        self.stream.write(line[: shutil.get_terminal_size().columns - 1])
        self.stream.flush()
        self.bar = True

    def _clear(self) -> None:
        if self.bar:
            self.stream.write("\r\x1b[K")
            self.bar = False
