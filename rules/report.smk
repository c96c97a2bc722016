from caudal.report.figures import FIGURES

SHOWN = [figure for figure in FIGURES if figure.is_of(PLAN.task)]


rule write_report:
    input:
        ranking="results/ranking.csv",
        costs="results/costs.csv",
        grid="results/grid.csv",
        coefficients="results/best/coefficients.csv",
        plain="results/best/model.json",
        manifest="results/data/manifest.json",
        stretches="results/data/stretches.json",
        scores=collect("results/fits/{point}/score.json", point=POINTS),
        yardstick="results/yardstick.json" if SETTINGS["yardstick"] else [],
    output:
        html=report(
            "results/report.html",
            category="Page",
            labels={"page": "report"},
            caption="report/page.rst",
        ),
        landing="results/figures/landing.html",
        figures=[
            report(
                f"results/figures/{figure.name}.svg",
                category=figure.category,
                labels={"figure": figure.title},
                caption=str(Path(f"results/figures/{figure.name}.rst").absolute()),
            )
            for figure in SHOWN
        ],
        captions=[f"results/figures/{figure.name}.rst" for figure in SHOWN],
    log:
        "logs/write_report/write_report.log",
    conda:
        "../envs/caudal.yaml"
    resources:
        mem_mb=memory(1000),
    params:
        code=code_of("write_report"),
        title="Caudal",
        set_names=PLAN.set_names,
    script:
        "../scripts/write_report.py"
