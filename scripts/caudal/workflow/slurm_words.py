"""What Snakemake's plugin for SLURM says of a failed job, in a sentence that names the cure."""

import re

REFUSED = re.compile(
    r"SLURM sbatch failed\. The error message was '(.*?)'\.\n +sbatch call:.*?"
    r"(?=For further error details|\Z)",
    re.DOTALL,
)
"""With the whole command and script behind it."""
ENDED = re.compile(
    r"SLURM-job '(\w+)' failed, SLURM status is: '(\w+)'\."
    r"(?: Detailed failure reason unavailable \(status command is not 'sacct'\)\.)?"
)
SITE = "a line marked SITE in profiles/slurm/config.yaml"
CURES = {
    "partition": f"set slurm_partition, {SITE}, to one that 'sinfo' lists",
    "account": f"set slurm_account, {SITE}, to one that 'sacctmgr show assoc user=$USER' lists",
    "qos": f"set slurm-qos, {SITE}, to one that 'sacctmgr show assoc user=$USER format=qos' lists, "
    "or ask for less at once (jobs)",
    "time limit": f"set runtime, {SITE}, to less than the partition's limit ('sinfo')",
    "node configuration": "ask for less (mem_mb, threads): no node of the partition has so much",
    "unable to contact": "give the same command again when 'scontrol ping' is answered",
}
"""What to do, by what sbatch says."""
OTHERWISE = "see the lines marked SITE in profiles/slurm/config.yaml"
STATES = {
    "TIMEOUT": "met its time limit; its next attempt asks for twice the time, and goes on from the "
    "state that stream.save_every keeps. Where runtime was set to one number (--set-resources), "
    "set a larger one, and save_every to fewer minutes",
    "OUT_OF_MEMORY": "used more memory than it asked for; its next attempt asks for twice as much, "
    "unless mem_mb was set to one number (--set-resources): set a larger one",
    "CANCELLED": "was cancelled, by a user or an administrator (scancel)",
    "NODE_FAIL": "lost its node",
    "PREEMPTED": "had to make room for another job",
}


def plainly(text: str) -> str:
    """The text, with what the plugin says of a failed job said plainly.

    >>> plainly("message: SLURM-job '7' failed, SLURM status is: 'NODE_FAIL'.")
    'message: SLURM job 7 lost its node.'
    """
    return ENDED.sub(_ended, REFUSED.sub(_refused, text))


def _refused(found: re.Match) -> str:
    said = " ".join(found[1].replace("sbatch: error:", "").split())
    cures = (cure for word, cure in CURES.items() if word in said.lower())
    return f"SLURM refuses the job ({said}): {next(cures, OTHERWISE)}. "


def _ended(found: re.Match) -> str:
    state = STATES.get(found[2])
    return f"SLURM job {found[1]} {state}." if state else found[0]
