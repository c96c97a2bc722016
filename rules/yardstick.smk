# What a tree ensemble makes of the best point's features. It never fails the run: a job that is
# killed is tried once more, to say so.
if SETTINGS["yardstick"]:

    rule fit_yardstick:
        input:
            manifest=MANIFEST,
            best="results/best/score.json",
        output:
            "results/yardstick.json",
        log:
            "logs/fit_yardstick/fit_yardstick.log",
        retries: 1
        conda:
            "../envs/caudal.yaml"
        resources:
            mem_mb=resources.yardstick_memory(PLAN),
            runtime=60,
            attempts=lambda wildcards, attempt: attempt,
        params:
            code=code_of("fit_yardstick"),
            settings=PLAN.fit_settings,
            rows=SETTINGS["yardstick"]["rows"],
        script:
            "../scripts/fit_yardstick.py"
