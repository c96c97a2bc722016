rule predict_file:
    input:
        model="results/best/model.pkl",
        score="results/best/score.json",
        schema="results/best/schema.json",
        file=new_file,
    output:
        # A job that fails leaves what an earlier one has made.
        predictions=update(
            f"results/predictions/{{new}}.{SETTINGS['predict']['format']}"
        ),
        record=update("results/predictions/{new}.json"),
    log:
        "logs/predict_file/{new}.log",
    wildcard_constraints:
        # What was predicted before, and is not asked for now, stays as it is.
        new="|".join(PLAN.new_files) or "(?!)",
    conda:
        "../envs/caudal.yaml"
    resources:
        mem_mb=memory(1000),
    params:
        code=code_of("predict_file"),
        size=size_of(new_file),
        keep=SETTINGS["predict"]["keep"],
    script:
        "../scripts/predict_file.py"


rule predict:
    input:
        new_predictions,
        PLAN.report,
