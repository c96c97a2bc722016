import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

HERE = Path(str(workflow.current_basedir)).parent
sys.path.insert(0, str(HERE / "scripts"))

from caudal import config as caudal_config
from caudal import grid as caudal_grid
from caudal import workflow as caudal_workflow
from caudal.errors import UserError
from caudal.provenance import code_hash


def plan():
    """The settings, sources, schema, points and jobs; an error of the user's ends the run."""
    try:
        return caudal_workflow.plan(
            config,
            workflow.config_settings.overwrite_config,
            HERE / "rules/config.schema.yaml",
        )
    except UserError as error:
        raise WorkflowError(str(error)) from None


PLAN = plan()
SETTINGS, POINTS, JOBS = PLAN.settings, PLAN.points, PLAN.jobs


def code_of(name):
    """The hash of the code that a rule's script runs, as a parameter: an edit reruns the rule."""
    return code_hash(HERE / f"scripts/{name}.py")


def source_file(wildcards):
    """The file of a source."""
    return str(PLAN.sources[wildcards.source])


def new_files(wildcards):
    """The files to predict."""
    if not PLAN.new_files:
        raise WorkflowError(
            "There is nothing to predict: name the new files, as in --config "
            "'predict={files: [new.csv]}'."
        )
    return list(PLAN.new_files.values())


def parameters_of(wildcards):
    """The parameters of a point."""
    return [POINTS[wildcards.point].parameters]


def memory(base):
    """Megabytes for a job, doubled with each attempt."""
    return lambda wildcards, attempt: base * 2 ** (attempt - 1)
