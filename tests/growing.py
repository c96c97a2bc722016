"""A stream that grows by a file a day, and its fits, for the tests."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from caudal.config.grid import expand
from caudal.config.settings import complete
from caudal.data import ingest, manifest
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.models.best import describe_best
from caudal.ranking.rank import rank, take_best
from fit import fit

ROWS = 330
"""Rows of a day: neither batches nor chunks end with it."""

STREAM = {"batch_size": 25, "n_batches": 4}
CHUNK = 100
COSTS = ("seconds", "rows_per_second", "rows_read", "peak_memory_mb", "checksum")


def write_day(folder, day, classes=2):
    """The file of a day: numbers, some of them missing, and levels that are new with each day."""
    random = np.random.default_rng(day)
    frame = pd.DataFrame(
        {
            "price": random.normal(10 + day, 3, ROWS),
            "flat": np.zeros(ROWS) + (day > 1) * random.normal(size=ROWS),
            "colour": random.choice([f"c{i}" for i in range(3 + 2 * day)], ROWS),
            "worth": random.integers(0, 3, ROWS) / 2,
        }
    )
    frame.loc[::7, "price"] = None
    margin = (
        (frame["price"].fillna(10) - 12) / 2 + frame["colour"].str.len() + random.normal(size=ROWS)
    )
    frame["label"] = pd.cut(margin, classes, labels=[f"k{i}" for i in range(classes)]).astype(str)
    file = Path(folder) / f"day{day:02d}.csv"
    frame.to_csv(file, index=False)
    return file


class Growing:
    """A run without Snakemake whose data grow, beside one that starts over each day."""

    def __init__(self, folder, grid, **sections):
        self.home, self.points = Path(folder), expand(grid)
        config = {"data": {"label": "label", **sections.pop("data", {})}, "grid": [{}]}
        config["data"]["files"] = [str(self.home / "*.csv")]
        config |= {"stream": STREAM, "score": {"drop_scores": 0.5}} | sections
        self.config = complete(config)

    @property
    def settings(self):
        """What ``fit`` is told."""
        data = {key: self.config["data"][key] for key in ("label", "weight", "missing")}
        rest = {key: self.config[key] for key in ("stream", "score", "seed")}
        return {"data": data, **rest}

    def convert(self):
        """Convert the files that are new, or have another date; returns the merged manifest."""
        found = sources(self.config["data"]["files"])
        schema, _ = decide(found, self.config["data"])
        homes = {name: self.home / "results/data" / name for name in found}
        for name, file in found.items():
            old = homes[name] / "manifest.json"
            if not old.exists() or old.stat().st_mtime < file.stat().st_mtime:
                data = ingest.settings(self.config["data"])
                ingest.to_parquet(file, homes[name], schema, data, CHUNK)
        merged = self.home / "results/data/manifest.json"
        manifest.merge([home / "manifest.json" for home in homes.values()], merged)
        return merged

    def file(self, point, name="state.pkl"):
        """A file of a point of the run that goes on."""
        return self.home / "grown/fits" / point.id / name

    def fit(self, home, per_job=None, **how):
        """Fit the points into ``home`` and rank them; returns the bytes that have to be the same,
        and the rows that each point read.
        """
        merged, home = self.convert(), self.home / home
        per_job = per_job or len(self.points)
        for start in range(0, len(self.points), per_job):
            job = self.points[start : start + per_job]
            files = [
                [home / "fits" / p.id / name for p in job] for name in ("model.pkl", "score.json")
            ]
            fit(merged, *files, [p.parameters for p in job], self.settings, **how)
        scores = [home / "fits" / point.id / "score.json" for point in self.points]
        rank(self.points, scores, home / "ranking.csv", home / "costs.csv")
        take_best(home, home / "best/model.pkl")
        describe_best(
            home / "best/model.pkl",
            merged,
            home / "best/coefficients.csv",
            home / "best/model.json",
        )
        names = ["ranking.csv", "best/coefficients.csv", "best/model.json"]
        names += [f"fits/{point.id}/model.pkl" for point in self.points]
        found = {name: (home / name).read_bytes() for name in names}
        read = {}
        for point, file in zip(self.points, scores, strict=True):
            record = json.loads(file.read_text())
            read[point.id] = record["rows_read"]
            found[f"fits/{point.id}/score.json"] = {
                key: value for key, value in record.items() if key not in COSTS
            }
        return found, read

    def grow(self, **how):
        """Go on from what is there."""
        return self.fit("grown", **how)

    def scratch(self, **how):
        """Fit from the start."""
        shutil.rmtree(self.home / "whole", ignore_errors=True)
        return self.fit("whole", **how)[0]
