from caudal.workflow.rungs import Rungs, repair

if workflow.is_main_process and not DRY:
    ask(repair)
RUNGS = Rungs(PLAN, checkpoints)

# What the command line says of the fits holds for those of all rungs, and to the last of them.
rule_names.stand_for(
    workflow,
    workflow.modifier.modify_rulename("fit"),
    [workflow.modifier.modify_rulename("fit_rung")],
    [workflow.modifier.modify_rulename("take_fits")],
)


checkpoint plan_rungs:
    input:
        MANIFEST,
    output:
        "results/rungs/plan.csv",
    localrule: True
    log:
        "logs/plan_rungs/plan_rungs.log",
    conda:
        "../envs/caudal.yaml"
    params:
        code=code_of("plan_rungs"),
        search=SETTINGS["search"],
        points=[point.parameters for point in POINTS.values()],
        settings=PLAN.fit_settings,
    script:
        "../scripts/plan_rungs.py"


# What a fit depends on stands in its parameters: the checksum of the rows that it learns, and its
# points. So a day that comes, or another promotion, reruns none of which neither has changed.
rule fit_rung:
    input:
        manifest=ancient(MERGED),
        plan=ancient(RUNGS.planned),
        before=ancient(RUNGS.before),
    output:
        "results/rungs/{rung}/{job}.json",
    log:
        "logs/fit_rung/{rung}/{job}.log",
    wildcard_constraints:
        rung="[1-9][0-9]*",
        job="[0-9a-f]{12}(-[0-9]+)?",
    conda:
        "../envs/caudal.yaml"
    resources:
        mem_mb=RUNGS.memory,
        runtime=RUNGS.minutes,
        save_seconds=PLAN.save_seconds,
        keep_states=PLAN.keep_states,
    params:
        code=code_of("fit_rung"),
        state_code=code_of("fit"),
        points=RUNGS.parameters,
        rung=RUNGS.rung,
        settings=PLAN.fit_settings,
    script:
        "../scripts/fit_rung.py"


checkpoint promote:
    input:
        plan=RUNGS.planned,
        before=ancient(RUNGS.before),
        fits=RUNGS.fits,
    output:
        "results/rungs/{rung}.csv",
    localrule: True
    log:
        "logs/promote/{rung}.log",
    wildcard_constraints:
        rung="[1-9][0-9]*",
    conda:
        "../envs/caudal.yaml"
    params:
        code=code_of("promote"),
        points=len(POINTS),
        factor=SETTINGS["search"]["factor"],
        settings=PLAN.fit_settings,
    script:
        "../scripts/promote.py"


rule take_fits:
    input:
        ancient(RUNGS.promotions),
    output:
        models=collect("results/fits/{point}/model.pkl", point=POINTS),
        scores=collect("results/fits/{point}/score.json", point=POINTS),
    localrule: True
    log:
        "logs/take_fits/take_fits.log",
    conda:
        "../envs/caudal.yaml"
    params:
        code=code_of("take_fits"),
        fits=RUNGS.last_fits,
    script:
        "../scripts/take_fits.py"
