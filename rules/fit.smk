if SETTINGS["points_per_job"] == 1:

    rule fit:
        input:
            MANIFEST,
        output:
            models=["results/fits/{point}/model.pkl"],
            scores=["results/fits/{point}/score.json"],
        log:
            "logs/fit/{point}.log",
        wildcard_constraints:
            point="[0-9a-f]{12}",
        conda:
            "../envs/caudal.yaml"
        resources:
            mem_mb=fit_needs("memory"),
            runtime=fit_needs("minutes"),
            save_seconds=PLAN.save_seconds,
            keep_states=PLAN.keep_states,
        params:
            code=code_of("fit"),
            points=parameters_of,
            settings=PLAN.fit_settings,
        script:
            "../scripts/fit.py"


# A rule's outputs cannot vary in number, so that jobs of several points are rules of their own.
if SETTINGS["points_per_job"] > 1:
    rule_names.stand_for(
        workflow,
        workflow.modifier.modify_rulename("fit"),
        [workflow.modifier.modify_rulename(f"fit_{job}") for job in JOBS],
    )

for job, points in JOBS.items() if SETTINGS["points_per_job"] > 1 else ():

    rule:
        name:
            f"fit_{job}"
        input:
            MANIFEST,
        output:
            models=[f"results/fits/{point.id}/model.pkl" for point in points],
            scores=[f"results/fits/{point.id}/score.json" for point in points],
        log:
            f"logs/fit/{job}.log",
        conda:
            "../envs/caudal.yaml"
        resources:
            mem_mb=fit_needs("memory", points),
            runtime=fit_needs("minutes", points),
            save_seconds=PLAN.save_seconds,
            keep_states=PLAN.keep_states,
        params:
            code=code_of("fit"),
            points=[point.parameters for point in points],
            settings=PLAN.fit_settings,
        script:
            "../scripts/fit.py"
