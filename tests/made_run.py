"""A run made without Snakemake, for the tests of what comes after the fits."""

from pathlib import Path

from caudal.config.grid import expand
from caudal.config.settings import complete
from caudal.data import ingest, manifest
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.ranking.rank import rank, take_best
from fit import fit

WRITTEN = {
    "data": {"files": ["rows.csv"], "label": "y"},
    "stream": {"batch_size": 100, "n_batches": 2},
    "score": {"loss": "squared", "drop_scores": 0.5},
    "grid": [{}],
}
CONFIG = complete(WRITTEN)


def make_data(folder, csv_file, data, chunk_rows=200):
    """Convert a CSV file; returns the path of the manifest and the schema."""
    found = sources([str(csv_file)])
    schema, _ = decide(found, data)
    home = Path(folder) / "results" / "data"
    for name, path in found.items():
        ingest.to_parquet(path, home / name, schema, data, chunk_rows)
    manifest.merge([home / name / "manifest.json" for name in found], home / "manifest.json")
    return home / "manifest.json", schema


def make_fits(folder, manifest_file, data, grids):
    """Fit a grid; returns its points."""
    points = expand(grids)
    homes = [Path(folder) / "results" / "fits" / point.id for point in points]
    settings = {"stream": CONFIG["stream"], "score": CONFIG["score"], "data": data, "seed": 0}
    fit(
        manifest_file,
        [str(home / "model.pkl") for home in homes],
        [str(home / "score.json") for home in homes],
        [point.parameters for point in points],
        settings,
    )
    return points


def rank_points(folder, points):
    """Rank the points of a run."""
    home = Path(folder) / "results"
    files = [home / "fits" / point.id / "score.json" for point in points]
    return rank(points, files, home / "ranking.csv", home / "costs.csv")


def make_run(folder, csv_file, data, grids):
    """All from a CSV file to the best model; returns the points."""
    manifest_file, _ = make_data(folder, csv_file, data)
    points = make_fits(folder, manifest_file, data, grids)
    rank_points(folder, points)
    home = Path(folder) / "results"
    take_best(home, home / "best" / "model.pkl")
    return points
