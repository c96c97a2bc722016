"""Successive halving beside the whole grid, and beside scikit-learn's halving on the same rows.

    .venv/bin/python tests/benchmarks/halving.py
    .venv/bin/python tests/benchmarks/halving.py --data clicks --rows 400000 --first-rows 40000

Runs the same grid three times: all points on all rows; by ``search: {method: halving}``; and with
scikit-learn's HalvingGridSearchCV, which has the rows in memory, draws those of a rung at random,
scores on three tenths of them, and fits each rung from its first row. It takes our extractor and
vectorizer and the same classifier, one epoch over the rows. Told are the rows that all points
learned together, the seconds by the clock from Parquet to the ranking, and how far the best point
is behind the grid's on all rows, with its 95 % interval.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import yaml
from caudal.config.grid import Point, expand, make_point
from caudal.ranking.comparison import lead
from caudal.ranking.run import Run, gather
from markdown_tables import heading, table

ROOT = Path(__file__).parents[2]
GRIDS = {
    "logistic": yaml.safe_load((ROOT / "config.yaml").read_text())["grid"],
    "clicks": [
        {
            "vectorizer": {"n_features": [2**20], "degree": [1, 2]},
            "classifier": {
                "loss": "log_loss",
                "learning_rate": "invscaling",
                "eta0": [0.01, 0.03, 0.1, 0.3],
                "power_t": [0.1, 0.25, 0.4],
                "alpha": [1e-6, 1e-4],
            },
        }
    ],
}
HEADS = ("search", "rows learned", "of the grid's", "seconds", "best point", "behind the grid's")


def main() -> None:
    """Measure and print."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="caudal-") as folder:
        data = Path(folder) / "data"
        _run(data, given, {"method": "grid"}, "results/data/manifest.json")
        found = {}
        halving = {"method": "halving", "factor": given.factor}
        halving |= {"first_rows": given.first_rows} if given.first_rows else {}
        for search in ({"method": "grid"}, halving):
            made = Path(folder) / search["method"]
            shutil.copytree(data, made)
            seconds = _run(made, given, search, "results/ranking.csv")
            found[search["method"]] = (*_learned(made), seconds)
        grid = gather(Path(folder) / "grid")
        if not given.no_peer:
            found["scikit-learn's halving"] = _peer(Path(folder) / "grid", given)
    print(heading())
    for line in table(HEADS, _rows(grid, found)):
        print(line)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=GRIDS, default="logistic")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--first-rows", type=int)
    parser.add_argument("--factor", type=int, default=3)
    parser.add_argument("--points-per-job", type=int, default=12)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--no-peer", action="store_true", help="leave scikit-learn out")
    return parser.parse_args()


def _run(home: Path, given: argparse.Namespace, search: dict, target: str) -> float:
    """Make ``target`` in ``home``; returns the seconds by the clock."""
    home.mkdir(exist_ok=True)
    config = {
        "simulate": {"model": given.data, "rows": given.rows},
        "data": {"label": "y"},
        "search": search,
        "points_per_job": given.points_per_job,
        "grid": GRIDS[given.data],
    }
    (home / "config.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    began = time.perf_counter()
    subprocess.run(
        [*command, "--cores", str(given.cores), "--quiet", "all", "--", target],
        cwd=home, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - began


def _learned(home: Path) -> tuple[int, str]:
    """The rows that all points learned, and the best point."""
    run = gather(home)
    return sum(result.rows for result in run.results), run.best.point


def _peer(home: Path, given: argparse.Namespace) -> tuple[int, str, float]:
    """What scikit-learn's search learns, its best point and its seconds."""
    import pyarrow.parquet as pq
    from caudal import Extractor, Vectorizer
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.linear_model import SGDClassifier
    from sklearn.model_selection import HalvingGridSearchCV, ShuffleSplit
    from sklearn.pipeline import make_pipeline

    began = time.perf_counter()
    parts = sorted(home.glob("results/data/*/part-*.parquet"))
    frame = pq.ParquetDataset(parts).read().to_pandas()
    labels = frame.pop("y")
    model = make_pipeline(
        Extractor(), Vectorizer(), SGDClassifier(max_iter=1, tol=None, shuffle=False)
    )
    search = HalvingGridSearchCV(
        model,
        [_lists(point) for point in expand(GRIDS[given.data])],
        factor=given.factor,
        min_resources=given.first_rows or 2 * 20_000,
        cv=ShuffleSplit(1, test_size=0.3, random_state=0),
        scoring="neg_brier_score",
        refit=False,
        random_state=0,
        n_jobs=given.cores,
    ).fit(frame, labels)
    seconds = time.perf_counter() - began
    rows = sum(
        points * rows
        for points, rows in zip(search.n_candidates_, search.n_resources_, strict=True)
    )
    return rows, _point(search.best_params_).id, seconds


def _lists(point: Point) -> dict[str, list]:
    """A point as a grid of its own, in scikit-learn's names."""
    return {
        f"{'sgdclassifier' if step == 'classifier' else step}__{name}": [value]
        for step, values in point.parameters.items()
        for name, value in values.items()
    }


def _point(chosen: dict) -> Point:
    """The point of the parameters that scikit-learn has chosen."""
    parameters: dict[str, dict] = {}
    for name, value in chosen.items():
        step, parameter = name.split("__")
        step = "classifier" if step == "sgdclassifier" else step
        parameters.setdefault(step, {})[parameter] = value
    return make_point(parameters)


def _rows(grid: Run, found: dict[str, tuple[int, str, float]]) -> Iterator[tuple]:
    results = {result.point: result for result in grid.results}
    whole = found["grid"][0]
    for search, (rows, best, seconds) in found.items():
        behind = lead(grid.best, results[best])
        gap = f"{behind.mean:.6f} ± {behind.reach:.6f}" if behind else "–"
        yield search, f"{rows:,}", f"{rows / whole:.0%}", f"{seconds:.1f}", best, gap


if __name__ == "__main__":
    main()
