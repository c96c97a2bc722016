from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml" if Path("config.yaml").exists() else workflow.source_path("config.yaml")


report: "rules/report/workflow.rst"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/fit.smk"
include: "rules/rank.smk"
include: "rules/yardstick.smk"
include: "rules/report.smk"
include: "rules/predict.smk"


localrules:
    all,
    write_grid,
    rank,
    take_best,


rule all:
    default_target: True
    input:
        rules.write_report.output,
        rules.rank.output,
        rules.name_coefficients.output,
        rules.take_best.output,
        rules.write_grid.output,
        # Missing beneath results that are there, these are made again.
        collect(
            ["results/fits/{point}/model.pkl", "results/fits/{point}/score.json"],
            point=POINTS,
        ),
        REPAIRS,


onstart:
    if workflow.local_exec:
        helper.start(
            [{point.task.step: point.learner} for point in POINTS.values()]
        )


onsuccess:
    closing.say(POINTS.values())


onerror:
    print(
        "Caudal: some jobs failed; what they said stands above and in logs/. What is finished is kept:"
    )
    print("Caudal: when the cause is mended, the same command makes the rest.")
