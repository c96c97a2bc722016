if PLAN.simulated:

    rule simulate:
        output:
            files=PLAN.simulated,
            truth="results/simulated/truth.csv",
        log:
            "logs/simulate/simulate.log",
        conda:
            "../envs/caudal.yaml"
        resources:
            mem_mb=memory(1000),
        params:
            code=code_of("simulate"),
            settings=SETTINGS["simulate"],
            seed=SETTINGS["seed"],
        script:
            "../scripts/simulate.py"


rule to_parquet:
    input:
        source_file,
    output:
        manifest="results/data/{source}/manifest.json",
        rejects="results/data/{source}/rejects.csv",
    log:
        "logs/to_parquet/{source}.log",
    wildcard_constraints:
        source="[A-Za-z0-9_-]+",
    conda:
        "../envs/caudal.yaml"
    resources:
        mem_mb=memory(resources.source_memory(PLAN)),
        runtime=source_minutes,
    params:
        code=code_of("to_parquet"),
        size=source_size,
        schema=PLAN.schema,
        data=PLAN.ingest_settings,
        chunk_rows=PLAN.chunk_rows,
    script:
        "../scripts/to_parquet.py"


rule merge_manifests:
    input:
        collect("results/data/{source}/manifest.json", source=PLAN.sources),
    output:
        "results/data/manifest.json",
    log:
        "logs/merge_manifests/merge_manifests.log",
    conda:
        "../envs/caudal.yaml"
    resources:
        mem_mb=memory(500),
    params:
        code=code_of("merge_manifests"),
        positive=SETTINGS["data"]["positive"],
        classes_meant=label_task.classes_meant(SETTINGS["data"]),
        files={name: str(file) for name, file in PLAN.sources.items()},
        stream=PLAN.fit_settings["stream"],
        score=SETTINGS["score"],
    script:
        "../scripts/merge_manifests.py"


rule compare_stretches:
    input:
        MANIFEST,
    output:
        "results/data/stretches.json",
    log:
        "logs/compare_stretches/compare_stretches.log",
    conda:
        "../envs/caudal.yaml"
    resources:
        mem_mb=memory(resources.source_memory(PLAN)),
    params:
        code=code_of("compare_stretches"),
    script:
        "../scripts/compare_stretches.py"
