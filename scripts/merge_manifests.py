"""Merge the sources' manifests into the one that fits depend on."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.data.manifest import merge
from caudal.learn.progressive import make_plan
from caudal.workflow.job_log import job_log


def merge_manifests(
    manifests: list[str],
    out: str,
    positive: object,
    stream: dict,
    score: dict,
    files: dict[str, str],
    classes_meant: bool,
) -> dict:
    """Merge ``manifests`` into ``out``; a UserError where too few rows are there for a score."""
    sources = {name: Path(file) for name, file in files.items()}
    merged = merge([Path(path) for path in manifests], Path(out), positive, sources, classes_meant)
    make_plan(merged, stream, score)
    return merged


if __name__ == "__main__":
    with job_log(snakemake.log[0]) as log:
        merged = merge_manifests(
            list(snakemake.input),
            snakemake.output[0],
            snakemake.params.positive,
            snakemake.params.stream,
            snakemake.params.score,
            snakemake.params.files,
            snakemake.params.classes_meant,
        )
        log.info("%d rows of %d sources", merged["rows"], len(merged["sources"]))
