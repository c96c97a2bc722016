from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml" if Path("config.yaml").exists() else workflow.source_path("config.yaml")


report: "rules/report/workflow.rst"


include: "rules/common.smk"
include: "rules/predict.smk"
include: "rules/report.smk"


if not PLAN.archived:  # else what they have made is there as it is

    include: "rules/data.smk"
    include: "rules/fit.smk"
    include: "rules/rank.smk"
    include: "rules/yardstick.smk"


localrules:
    all,
    predict,


rule all:
    default_target: True
    input:
        training_files,
        rules.write_report.output,
        collect("results/{file}", file=["ranking.csv", "costs.csv", "grid.csv"]),
        collect("results/best/{file}", file=["model.pkl", "score.json", "schema.json"]),
        collect("results/best/{file}", file=["coefficients.csv", "model.json"]),
        # Missing beneath results that are there, these are made again.
        collect(
            ["results/fits/{point}/model.pkl", "results/fits/{point}/score.json"],
            point=POINTS,
        ),
        REPAIRS,


onstart:
    if workflow.local_exec:
        helper.start(
            [point.parameters.get("classifier", {}) for point in POINTS.values()]
        )


onsuccess:
    closing.say_done(PLAN)


onerror:
    closing.say_failed()
