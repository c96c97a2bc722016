"""This program for the benchmarks: the fit of one point, as the rule runs it.

    python tests/benchmarks/ours.py MANIFEST '{"vectorizer": …, "classifier": …}' [--repeats K]

calls the function of scripts/fit.py and prints one line of JSON: rows; seconds of the learning
pass, from the manifest over Parquet and its checksums to the last batch learned, the best of
--repeats; cpu_seconds of the best call, the writing of the model included; rows_per_second,
peak_memory_mb, model_bytes, score and columns_touched.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from caudal.config.settings import complete
from caudal.learn.fit_files import fit
from caudal.models.peak_memory import peak_memory_mb

CHUNK_ROWS = 20_000


def fit_settings(label: str = "y", batch_size: int = 1000) -> dict:
    """The settings of a fit where the config says no more than these."""
    stream = {"batch_size": batch_size, "n_batches": CHUNK_ROWS // batch_size}
    written = {"data": {"files": ["rows.csv"], "label": label}, "stream": stream, "grid": [{}]}
    config = complete(written)
    data = {name: config["data"][name] for name in ("label", "weight", "missing")}
    return {"stream": config["stream"], "score": config["score"], "data": data, "seed": 0}


def fit_once(manifest: str, parameters: dict, settings: dict) -> tuple[dict, float]:
    """The score record of a fit, and its CPU seconds."""
    with tempfile.TemporaryDirectory(prefix="fit-") as name:
        model, score = f"{name}/model.pkl", f"{name}/score.json"
        start = time.process_time()
        fit(manifest, [model], [score], [parameters], settings)
        return json.loads(Path(score).read_text()), time.process_time() - start


def main() -> None:
    """Read the command line, fit, print the line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("manifest")
    parser.add_argument("parameters", type=json.loads)
    parser.add_argument("--label", default="y")
    parser.add_argument("--batch-size", type=int, default=1000, help="chunks have 20,000 rows")
    parser.add_argument("--repeats", type=int, default=1, help="report the fastest of so many")
    arguments = parser.parse_args()
    settings = fit_settings(arguments.label, arguments.batch_size)
    fits = [
        fit_once(arguments.manifest, arguments.parameters, settings)
        for _ in range(arguments.repeats)
    ]
    record = min((record for record, _ in fits), key=lambda record: record["seconds"])
    told = ("rows", "seconds", "rows_per_second", "model_bytes", "score", "columns_touched")
    line = {name: record[name] for name in told}
    line |= {"cpu_seconds": min(cpu for _, cpu in fits), "peak_memory_mb": peak_memory_mb()}
    print(json.dumps(line))


if __name__ == "__main__":
    main()
