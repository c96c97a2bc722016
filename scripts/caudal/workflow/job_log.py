"""A job's log file: what it says, and how it ends."""

import logging
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from caudal.atomic import is_full
from caudal.errors import Damaged, UserError
from caudal.wording import printable
from caudal.workflow.costs import costs
from caudal.workflow.hand_over import why_alone


@contextmanager
def job_log(path: str | Path) -> Iterator[logging.Logger]:
    """Send the log of the block to ``path``; end the process with 1 where the block fails.

    What a block that ends well costs goes into the folder ``benchmarks`` beside that of the logs.

    Where the log cannot be written, on a full disk for instance, it goes on to the terminal.

    A UserError is one sentence, in the log and on the terminal; a full disk too. Damaged results
    are discarded. Anything else is a defect of ours and leaves its traceback in the log.
    """
    log = logging.getLogger("caudal")
    log.setLevel(logging.INFO)
    handler = LogFile(Path(path))
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").addHandler(handler)
    if why := why_alone():
        log.info("this job works in a process of its own: %s", why)
    try:
        with costs(_costs_file(Path(path))):
            yield log
    except Damaged as error:
        _end(log, error.discard())
    except UserError as error:
        _end(log, str(error))
    except OSError as error:
        if not is_full(error):
            log.exception("failed")
            raise
        _end(log, _full(error))
    except Exception:
        log.exception("failed")
        raise
    finally:
        log.removeHandler(handler)
        handler.close()


class LogFile(logging.StreamHandler):
    """Writes to a file; where that fails, to the terminal, and says so once."""

    def __init__(self, path: Path):
        """Write to ``path``, from its beginning."""
        super().__init__()
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.stream = open(path, "w", encoding="utf-8")  # noqa: SIM115
        except OSError as error:
            self._say(error)

    def handleError(self, record: logging.LogRecord) -> None:
        """Write the record to the terminal instead."""
        error = sys.exc_info()[1]
        if self.stream is sys.stderr or not isinstance(error, OSError):
            super().handleError(record)
            return
        self.close()
        self._say(error)
        self.emit(record)

    def close(self) -> None:
        """Close the file."""
        if self.stream is not sys.stderr:
            with suppress(OSError):  # what could not be written yet; it has been told
                self.stream.close()
            self.stream = sys.stderr
        super().close()

    def _say(self, error: OSError) -> None:
        self.stream = sys.stderr
        print(
            f"Caudal: the log {self.path} cannot be written ({error.strerror}); what it would "
            "hold follows here.",
            file=sys.stderr,
        )


def _costs_file(path: Path) -> Path:
    """
    >>> _costs_file(Path("logs/fit/abc.log")).as_posix()
    'benchmarks/fit/abc.tsv'
    """
    return path.parents[2] / "benchmarks" / path.parent.name / f"{path.stem}.tsv"


def _full(error: OSError) -> str:
    where = Path(error.filename or ".")
    what = f"the {error.needed:,} bytes of {where}" if hasattr(error, "needed") else str(where)
    folder = next(parent for parent in [where, *where.absolute().parents] if parent.is_dir())
    return (
        f"The disk is full: no room for {what} ({shutil.disk_usage(folder).free:,} bytes are "
        f"left). Free some and run the same command again; what is finished is kept."
    )


def _end(log: logging.Logger, sentence: str) -> None:
    log.error(sentence)
    print(f"\nCaudal: {printable(sentence)}\n", file=sys.stderr, flush=True)
    sys.exit(1)
