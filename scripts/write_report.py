"""Write the report and its figures."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.report.page import write_report
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        write_report(
            Path("."),
            Path(snakemake.output.html),
            snakemake.params.title,
            Path(snakemake.output.figures[0]).parent,
            bool(snakemake.input.yardstick),
            snakemake.params.set_names,
        )
