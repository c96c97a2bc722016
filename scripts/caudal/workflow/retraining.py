"""What a run that is asked for predictions does before: it may have to train the model anew."""

import re
from collections.abc import Mapping

from caudal.wording import counted, listed
from caudal.workflow.plan import MODEL_FILE

FIT = re.compile(r"(?:.*_)?fit(?:_[0-9a-f]{12}(?:-(?P<points>[0-9]+))?)?")
"""The name of a rule that trains points, as ``rules/fit.smk`` makes it, in a module or not."""


def retraining(jobs: Mapping[str, int]) -> str:
    """The sentence on a run of ``jobs`` (their number by rule); empty where all is up to date.

    >>> retraining({"predict_file": 1, "predict": 1, "total": 2})
    ''
    """
    sources = points = 0
    for rule, count in jobs.items():
        if match := FIT.fullmatch(rule):
            points += count * int(match["points"] or 1)
        elif rule.endswith("to_parquet"):
            sources += count
    asked = any(rule.endswith("predict") for rule in jobs)
    if not asked or not points + sources or any(rule.endswith("all") for rule in jobs):
        return ""
    work = [f"{counted(sources, 'source')} converted"] if sources else []
    work += [f"{counted(points, 'point')} trained"] if points else []
    if not MODEL_FILE.exists():
        return f"Caudal: there is no model yet: {listed(work)} before anything is predicted."
    return (
        f"Caudal: the config, the data or the code has changed since {MODEL_FILE} was made: "
        f"{listed(work)} anew before anything is predicted. To predict by the model as it is, add "
        "--allowed-rules predict_file predict."
    )
