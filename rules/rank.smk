localrules:
    write_grid,
    rank,
    take_best,


rule write_grid:
    output:
        "results/grid.csv",
    log:
        "logs/write_grid/write_grid.log",
    conda:
        "../envs/caudal.yaml"
    params:
        code=code_of("write_grid"),
        points=[point.parameters for point in POINTS.values()],
    script:
        "../scripts/write_grid.py"


rule rank:
    input:
        grid="results/grid.csv",
        manifest=MANIFEST,
        scores=collect("results/fits/{point}/score.json", point=POINTS),
        models=collect("results/fits/{point}/model.pkl", point=POINTS),
    output:
        ranking="results/ranking.csv",
        costs="results/costs.csv",
    log:
        "logs/rank/rank.log",
    conda:
        "../envs/caudal.yaml"
    params:
        code=code_of("rank"),
        points=[point.parameters for point in POINTS.values()],
        settings=PLAN.fit_settings,
    script:
        "../scripts/rank.py"


rule take_best:
    input:
        ranking="results/ranking.csv",
        manifest=MANIFEST,
        models=collect("results/fits/{point}/model.pkl", point=POINTS),
        scores=collect("results/fits/{point}/score.json", point=POINTS),
    output:
        model="results/best/model.pkl",
        score="results/best/score.json",
        schema="results/best/schema.json",
    log:
        "logs/take_best/take_best.log",
    conda:
        "../envs/caudal.yaml"
    params:
        code=code_of("take_best"),
        schema=PLAN.schema,
        data=PLAN.ingest_settings,
    script:
        "../scripts/take_best.py"


rule name_coefficients:
    input:
        model="results/best/model.pkl",
        score="results/best/score.json",
        manifest="results/data/manifest.json",
        truth=branch(
            bool(PLAN.simulated), then="results/simulated/truth.csv", otherwise=[]
        ),
    output:
        coefficients="results/best/coefficients.csv",
        plain="results/best/model.json",
    log:
        "logs/name_coefficients/name_coefficients.log",
    conda:
        "../envs/caudal.yaml"
    resources:
        mem_mb=memory(1000),
    params:
        code=code_of("name_coefficients"),
    script:
        "../scripts/name_coefficients.py"
