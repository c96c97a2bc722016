from caudal.report.figures import FIGURES


rule write_report:
    input:
        ranking="results/ranking.csv",
        costs="results/costs.csv",
        grid="results/grid.csv",
        coefficients="results/best/coefficients.csv",
        plain="results/best/model.json",
        manifest="results/data/manifest.json",
        scores=collect("results/fits/{point}/score.json", point=POINTS),
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
            for figure in FIGURES
        ],
        captions=[f"results/figures/{figure.name}.rst" for figure in FIGURES],
    log:
        "logs/write_report/write_report.log",
    conda:
        "../envs/caudal.yaml"
    resources:
        mem_mb=memory(1000),
    params:
        code=code_of("write_report"),
        title="Caudal",
    script:
        "../scripts/write_report.py"
