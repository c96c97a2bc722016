"""The command line's words on fits of several points, and the workflow as a module of another."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from caudal.errors import UserError
from caudal.workflow import rule_names
from test_workflow import planned
from workflow import CONFIG, ROOT, finished, jobs, snakemake, write_config


@pytest.fixture(scope="module")
def jobs_of_two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    write_config(folder, {**CONFIG, "points_per_job": 2})
    finished(snakemake(folder))
    return folder


@pytest.mark.parametrize("option", ["--until", "--forcerun", "--omit-from", "--prioritize"])
def test_all_fits_answer_to_fit(jobs_of_two, option):
    said = finished(snakemake(jobs_of_two, "-n", "--forceall", option, "fit"))
    found = jobs(said)
    fits = [rule for rule in found if rule.startswith("fit_")]
    assert len(fits) == (0 if option == "--omit-from" else 2)
    assert ("rank" in found) == (option in ("--forcerun", "--prioritize"))


def test_fits_are_forced_and_nothing_before_them(jobs_of_two):
    found = jobs(finished(snakemake(jobs_of_two, "-n", "--forcerun", "fit")))
    assert sum(rule.startswith("fit_") for rule in found) == 2
    assert not {"simulate", "to_parquet"} & set(found)
    assert planned(jobs_of_two) == {}


def test_what_all_fits_ask_for_is_set_by_fit(jobs_of_two):
    asked = ("--set-resources", "fit:mem_mb=7777", "--set-threads", "fit=2", "--forcerun", "fit")
    said = finished(snakemake(jobs_of_two, "-n", "--verbose", *asked))
    for block in said.split("\nrule fit_")[1:]:
        job = block.split("\n\n")[0]
        assert "mem_mb=7777" in job
        assert "threads: 2" in job


class Settings(SimpleNamespace):
    pass


class Workflow:
    def __init__(self, **parts):
        self.resource_settings = self.group_settings = Settings()
        vars(self).update(parts)


def test_what_is_said_of_one_fit_goes_before_what_is_said_of_all():
    resources = Settings(
        overwrite_resources={"fit": {"mem_mb": 1}, "fit_b": {"mem_mb": 2}},
        _parsed_overwrite_resources="as it was",
    )
    groups = Settings(overwrite_groups={"fit": "fits", "rank": "last"})
    workflow = Workflow(resource_settings=resources, group_settings=groups)
    rule_names.stand_for(workflow, "fit", ["fit_a", "fit_b"])
    assert resources.overwrite_resources["fit_a"] == {"mem_mb": 1}
    assert resources.overwrite_resources["fit_b"] == {"mem_mb": 2}
    assert not hasattr(resources, "_parsed_overwrite_resources")
    assert groups.overwrite_groups["fit_b"] == "fits"
    assert groups.overwrite_groups["rank"] == "last"
    workflow.dag_settings = Settings(until={"fit", "all"}, forcerun=frozenset())
    assert workflow.dag_settings.until == {"fit_a", "fit_b", "all"}


MODULE = f"""
module caudal:
    snakefile: "{ROOT / "Snakefile"}"
    config: {CONFIG | {"points_per_job": 2}}
"""


@pytest.mark.parametrize(
    "more, sentence",
    [
        ("    prefix: 'shop'\n", "A module of Caudal keeps its own paths: leave out prefix:"),
        ("    replace_prefix: {'results': 'shop'}\n", "A module of Caudal keeps its own paths"),
        (MODULE.replace("caudal:", "other:") + "use rule * from other as other_*\n",
         "Two modules of Caudal would write the same results/"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_a_module_cannot_be_is_a_sentence(tmp_path, more, sentence):
    use = "use rule * from caudal as caudal_*\n"
    (tmp_path / "Snakefile").write_text(f"{MODULE}{more}{use}")
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "-n"]
    until = ("--until", "caudal_fit")
    run = subprocess.run(
        [*command, *until], cwd=tmp_path, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if sentence:
        assert run.returncode == 1
        assert sentence in run.stdout
        assert "Traceback" not in run.stdout
    else:
        assert sum(rule.startswith("caudal_fit_") for rule in jobs(finished(run))) == 2


def test_a_module_in_a_module_with_a_prefix():
    path = SimpleNamespace(prefix="a/", modifies_prefixes=False, inner_modifier=None)
    path = SimpleNamespace(prefix=None, modifies_prefixes=False, inner_modifier=path)
    workflow = SimpleNamespace(modifier=SimpleNamespace(path_modifier=path), rules=[])
    with pytest.raises(UserError, match="leave out prefix"):
        rule_names.check_module(workflow)


def test_what_delete_all_output_leaves_is_said(jobs_of_two):
    said = finished(snakemake(jobs_of_two, "--delete-all-output", "-n"))
    assert "remove the folder results to have all gone" in said
