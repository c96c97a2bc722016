"""A job's log file: what it says, and how it ends."""

import errno
import logging
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caudal.errors import UserError


@contextmanager
def job_log(path: str | Path) -> Iterator[logging.Logger]:
    """Send the log of the block to ``path``; end the process with 1 where the block fails.

    A UserError is one sentence, in the log and on the terminal; a full disk too. Anything else
    is a defect of ours and leaves its traceback in the log.
    """
    log = logging.getLogger("caudal")
    log.setLevel(logging.INFO)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").addHandler(handler)
    try:
        yield log
    except UserError as error:
        _end(log, str(error))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            log.exception("failed")
            raise
        where = Path(error.filename or ".")
        _end(log, f"The disk is full: no room to write {where}{_left(where)}. Free some and run "
                  f"the same command again; what is finished is kept.")  # fmt: skip
    except Exception:
        log.exception("failed")
        raise
    finally:
        log.removeHandler(handler)
        handler.close()


def _left(where: Path) -> str:
    folder = next((p for p in [where, *where.absolute().parents] if p.is_dir()), None)
    return f" ({shutil.disk_usage(folder).free / 1e6:.1f} MB are left)" if folder else ""


def _end(log: logging.Logger, sentence: str) -> None:
    log.error(sentence)
    print(f"\nCaudal: {sentence}\n", file=sys.stderr, flush=True)
    sys.exit(1)
