import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

HERE = Path(str(workflow.current_basedir)).parent
sys.path.insert(0, str(HERE / "scripts"))

from caudal.data import label_task, sources
from caudal.errors import UserError
from caudal.wording import printable
from caudal.workflow import closing, helper, repairs, resources, rule_names
from caudal.workflow.code_hash import code_hash
from caudal.workflow.plan import plan
from caudal.workflow.start import start


def ask(function, *arguments):
    """What a function gives; an error of the user's ends the run by its sentence."""
    try:
        return function(*arguments)
    except UserError as error:
        raise WorkflowError(printable(str(error))) from None


ask(rule_names.check_module, workflow)
PLAN = ask(
    plan,
    config,
    workflow.config_settings.overwrite_config,
    workflow.config_settings.config_args or (),
)
SETTINGS, POINTS, JOBS = PLAN.settings, PLAN.points, PLAN.jobs
ROWS, COUNTED = resources.count_rows(PLAN)
DRY = workflow.output_settings.dryrun
if workflow.is_main_process:  # and not within a job
    LOCK = ask(start, PLAN, ROWS, COUNTED, workflow)

# What is damaged in the data is made again as it was, so no fit is. Else rank would see it.
REPAIRS = ask(repairs.find, PLAN, workflow.is_main_process, not DRY)
MERGED = "results/data/manifest.json"
MANIFEST = ancient(MERGED) if REPAIRS else MERGED


def code_of(name):
    """The hash of the code that a rule's script runs, as a parameter: an edit reruns the rule."""
    return code_hash(HERE / f"scripts/{name}.py")


def checked(files):
    """The files, unless a cluster's shells would trip over their names."""
    for file in files if workflow.is_main_process and not workflow.local_exec else ():
        ask(sources.check_for_shells, file)
    return files


def source_file(wildcards):
    """The file of a source."""
    return checked([str(PLAN.sources[wildcards.source])])


def new_files(wildcards):
    """The files to predict."""
    if not PLAN.new_files:
        raise WorkflowError(
            "There is nothing to predict: name the new files, as in --config "
            "'predict={files: [new.csv]}'."
        )
    return checked(list(PLAN.new_files.values()))


def parameters_of(wildcards):
    """The parameters of a point."""
    return [POINTS[wildcards.point].parameters]


def memory(base):
    """Megabytes for a job, doubled with each attempt."""
    return lambda wildcards, attempt: base * 2 ** (attempt - 1)


def fit_needs(what, points=None):
    """Memory or minutes of a fit, from the rows, the points and the attempt."""
    return lambda wildcards, attempt: getattr(resources, f"fit_{what}")(
        PLAN, points or [POINTS[wildcards.point]], ROWS, attempt
    )


def source_size(wildcards):
    """The bytes of a source of the user's: another file may have come with an older date."""
    file = PLAN.sources[wildcards.source]
    return None if PLAN.simulated else file.stat().st_size


def source_minutes(wildcards, attempt):
    """Minutes to convert a source."""
    return resources.source_minutes(PLAN.sources[wildcards.source], attempt)
