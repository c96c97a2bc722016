FIGURES = {
    "leads": "Points",
    "learning_curves": "Points",
    "parameters": "Grid",
    "heat_map": "Grid",
    "coefficients": "Best model",
    "truth": "Best model",
    "calibration": "Best model",
    "drift": "Best model",
    "costs": "Costs",
}


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
                f"results/figures/{name}.svg",
                category=category,
                labels={"figure": name.replace("_", " ")},
                caption=f"report/{name}.rst",
            )
            for name, category in FIGURES.items()
        ],
    log:
        "logs/write_report/write_report.log",
    benchmark:
        "benchmarks/write_report/write_report.tsv"
    conda:
        "../envs/caudal.yaml"
    resources:
        mem_mb=memory(1000),
    params:
        code=code_of("write_report"),
        title="Caudal",
    script:
        "../scripts/write_report.py"
