"""The simulator: the rows follow from the seed alone, and the truth is what made them."""

import csv

import numpy as np
import pyarrow as pa
import pytest
from caudal.errors import UserError
from caudal.simulate import clicks as simulate_clicks
from caudal.simulate import logistic as simulate_logistic
from caudal.simulate.write import complete, simulate
from pyarrow import csv as pa_csv
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

MODELS = ["logistic", "clicks", "iris"]


def run(folder, settings, seed=0, files=1):
    """Simulate into ``folder``; return the CSV files and the truth."""
    csv_files = [folder / f"part-{i}.csv" for i in range(files)]
    simulate(settings, seed, csv_files, folder / "truth.csv")
    with open(folder / "truth.csv", newline="") as file:
        truth = {row["term"]: float(row["coefficient"]) for row in csv.DictReader(file)}
    return csv_files, truth


def data_lines(csv_files):
    """The lines of all files without the headers, which must be equal."""
    texts = [path.read_text().splitlines() for path in csv_files]
    assert len({text[0] for text in texts}) == 1
    return [line for text in texts for line in text[1:]]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("files", [2, 7])
def test_the_stream_is_the_same_in_any_number_of_files(tmp_path, model, files):
    settings = {"model": model, "rows": 1001}
    whole, truth = run(tmp_path / "whole", settings)
    parts, truth_of_parts = run(tmp_path / "parts", settings, files=files)
    assert data_lines(parts) == data_lines(whole)
    assert truth_of_parts == truth
    lengths = [len(data_lines([part])) for part in parts]
    assert sum(lengths) == 1001
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("model", MODELS)
def test_the_seed_decides_the_bytes(tmp_path, model):
    settings = {"model": model, "rows": 300}
    first, _ = run(tmp_path / "first", settings, seed=1)
    again, _ = run(tmp_path / "again", settings, seed=1)
    other, _ = run(tmp_path / "other", settings, seed=2)
    assert first[0].read_bytes() == again[0].read_bytes()
    assert not set(data_lines(first)) & set(data_lines(other))


@pytest.mark.parametrize("model", MODELS)
def test_a_longer_stream_begins_like_a_shorter_one(tmp_path, model):
    short, _ = run(tmp_path / "short", {"model": model, "rows": 100})
    long, _ = run(tmp_path / "long", {"model": model, "rows": 250})
    assert data_lines(long)[:100] == data_lines(short)


def test_rows_go_on_across_blocks_and_never_repeat(tmp_path):
    rows = 2 * simulate_logistic.ROWS_PER_BLOCK + 3
    files, _ = run(tmp_path, {"model": "logistic", "rows": rows}, files=2)
    lines = data_lines(files)
    assert len(lines) == rows == len(set(lines))


def test_numbers_keep_all_their_digits(tmp_path):
    files, _ = run(tmp_path, {"model": "logistic", "rows": 5000})
    table = pa_csv.read_csv(files[0])
    block = next(simulate_logistic.blocks(0))[:5000]
    for name in ["x1", "x2", "x3", "y"]:
        assert table[name].to_pylist() == block[name].to_pylist()


def test_logistic_truth_is_in_equal_steps_and_recovered_from_the_rows(tmp_path):
    files, truth = run(tmp_path, {"model": "logistic", "rows": 100_000})
    assert list(truth) == simulate_logistic.TERMS
    assert list(truth.values()) == pytest.approx([0.9 - 0.8 * i / 9 for i in range(10)])
    table = pa_csv.read_csv(files[0])
    x1, x2, x3 = (table[name].to_numpy() for name in ["x1", "x2", "x3"])
    x = np.column_stack([x1, x2, x3, x1 * x2, x1 * x3, x2 * x3, x1**2, x2**2, x3**2])
    fitted = LogisticRegression(C=1e6).fit(x, table["y"].to_numpy())
    assert fitted.intercept_[0] == pytest.approx(0.9, abs=0.06)
    assert fitted.coef_[0] == pytest.approx(list(truth.values())[1:], abs=0.06)


def test_clicks_have_the_promised_features_levels_and_skew(tmp_path):
    files, truth = run(tmp_path, {"model": "clicks", "rows": 60_000})
    table = pa_csv.read_csv(files[0])
    assert table.column_names == ["x1", "x2", "x3", "c1", "c2", "c3", "c4", "c5", "c6", "y"]
    for feature, levels in simulate_clicks.LEVELS.items():
        counts = np.sort(table[feature].value_counts().field("counts").to_numpy())[::-1]
        assert len(counts) == levels if levels <= 1000 else 5000 < len(counts) <= levels
        assert counts[0] / counts[1] == pytest.approx(2**1.04, rel=0.1)
    assert set(table["y"].to_pylist()) == {0, 1}
    assert 0.2 < np.mean(table["y"].to_numpy()) < 0.35
    assert (tmp_path / "truth.csv").stat().st_size < 2_000_000
    assert {"(intercept)", "x1", "x1*x2", "c6=f9999", "c1=a3*c2=b7", "c4=d99*x3"} <= set(truth)


def test_a_skew_of_zero_makes_levels_equally_frequent(tmp_path):
    files, _ = run(tmp_path, {"model": "clicks", "rows": 50_000, "skew": 0})
    counts = pa_csv.read_csv(files[0])["c1"].value_counts().field("counts").to_pylist()
    assert max(counts) / min(counts) < 1.1


def test_clicks_follow_their_truth(tmp_path):
    """Among the rows to which the truth's terms give some probability, that share is clicked."""
    files, truth = run(tmp_path, {"model": "clicks", "rows": 20_000})
    probabilities, labels = [], []
    for row in pa_csv.read_csv(files[0]).to_pylist():
        labels.append(row.pop("y"))
        factors = {name: row[name] for name in simulate_clicks.NUMERIC}
        factors |= {f"{name}={row[name]}": 1 for name in simulate_clicks.LEVELS}
        names = sorted(factors)
        log_odds = truth["(intercept)"]
        for i, first in enumerate(names):
            log_odds += truth.get(first, 0) * factors[first]
            for second in names[i + 1 :]:
                log_odds += truth.get(f"{first}*{second}", 0) * factors[first] * factors[second]
        probabilities.append(1 / (1 + np.exp(-log_odds)))
    order = np.argsort(probabilities)
    expected = np.array(probabilities)[order].reshape(10, -1).mean(axis=1)
    assert np.array(labels)[order].reshape(10, -1).mean(axis=1) == pytest.approx(expected, abs=0.05)
    assert expected[-1] - expected[0] > 0.5


def test_iris_without_noise_gives_the_flowers_themselves(tmp_path):
    files, truth = run(tmp_path, {"model": "iris", "rows": 2000, "noise": 0})
    table = pa_csv.read_csv(files[0])
    assert table.schema.names[-1] == "species"
    assert table.schema.field("species").type == pa.string()
    iris = load_iris()
    flowers = {(*x, iris.target_names[y]) for x, y in zip(iris.data, iris.target, strict=True)}
    assert {tuple(row.values()) for row in table.to_pylist()} == flowers
    assert truth == {}


def test_iris_streams_mix_their_noises(tmp_path):
    """Without noise a petal is 0.1 to 2.5 cm wide; only the noisy stream leaves that range."""
    settings = {"model": "iris", "rows": 20_000, "noise": [0, 100], "active": 1, "rate": 50}
    files, _ = run(tmp_path, settings)
    width = pa_csv.read_csv(files[0])["petal_width"].to_numpy()
    noisy = (width < 0) | (width > 3)
    assert 0.35 < noisy.mean() < 0.65
    # One stream is active at a time for about 51 rows, then the other or the same again.
    assert 100 < np.count_nonzero(np.diff(noisy.astype(int))) < 800


def test_a_wrong_setting_is_one_sentence_that_names_the_key(tmp_path):
    with pytest.raises(UserError, match=r"simulate\.noise .* model clicks: .* the model linear"):
        run(tmp_path, {"model": "clicks", "noise": 1})
    with pytest.raises(UserError, match=r"simulate\.model is 'poisson': write one of logistic"):
        run(tmp_path, {"model": "poisson"})
    with pytest.raises(UserError, match=r"simulate\.rows is 0"):
        complete({"model": "logistic", "rows": 0})
    assert not list(tmp_path.iterdir())


def test_a_failure_leaves_no_file(tmp_path, monkeypatch):
    blocks = simulate_logistic.blocks

    def broken(seed):
        yield next(blocks(seed))
        raise OSError("No space left on device")

    monkeypatch.setattr(simulate_logistic, "blocks", broken)
    with pytest.raises(OSError, match="No space"):
        run(tmp_path, {"model": "logistic", "rows": 100_000})
    assert not list(tmp_path.iterdir())
