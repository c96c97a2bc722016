"""Every wrong config gets one sentence that names the key and what to write."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from caudal.config.grid_checks import check_features, make_points
from caudal.config.settings import complete
from caudal.errors import UserError
from caudal.workflow.plan import plan

ROOT = Path(__file__).parents[1]
DEFAULT = yaml.safe_load((ROOT / "config.yaml").read_text())


def changed(path, value):
    config = deepcopy(DEFAULT)
    *parents, last = path.split(".")
    section = config
    for key in parents:
        section = section[int(key) if key.isdigit() else key]
    section[last] = value
    return config


def settle(config, given=None):
    settings = complete(config, given or {})
    return settings, make_points(settings)


def test_the_default_config_is_the_notebooks_run():
    settings, points = settle(DEFAULT)
    assert len(points) == 144
    assert settings["simulate"] == {"model": "logistic", "rows": 100000, "files": 1}
    assert settings["stream"]["epochs"] == 1
    assert settings["score"] == {"loss": "squared", "drop_scores": 0.7}
    assert settings["data"]["missing"]["numeric"] == "mean"


WRONG = {
    "unknown section": ("strem", {}, "no key 'strem' .did you mean 'stream'"),
    "unknown key": ("stream.batch_sise", 10, "stream: there is no key 'batch_sise'"),
    "unknown key in data": ("data.lable", "y", "data: there is no key 'lable'"),
    "unknown step": ("grid.0.clasifier", {}, "grid: there is no key 'clasifier'"),
    "unknown parameter": ("grid.0.classifier.aplha", 0.1, "classifier.aplha: .*did you mean 'alpha'"),
    "unknown extractor parameter": ("grid.0.extractor.feature", [], "no key 'feature'"),
    "number read as text": ("grid.0.classifier.alpha", [0.1, "1e-5"], "alpha: YAML reads 1e-5 as text.*write 1.0e-5"),
    "number read as text elsewhere": ("score.drop_scores", "5e-1", "drop_scores: YAML reads 5e-1 as text.*5.0e-1"),
    "l1_ratio without elasticnet": ("grid.0.classifier.penalty", "l2", "l1_ratio has no effect with penalty l2"),
    "l1_ratio with more penalties": ("grid.0.classifier.penalty", ["elasticnet", "l1"], "second grid"),
    "early stopping": ("grid.0.classifier.early_stopping", True, "early_stopping cannot be true"),
    "balanced": ("grid.0.classifier.class_weight", "balanced", "refuses balanced.*counted"),
    "no effect": ("grid.0.classifier.max_iter", 5, "max_iter has no effect"),
    "equal points": ("grid.0.classifier.alpha", [0.1, 0.1], "is there twice"),
    "bad loss": ("grid.0.classifier.loss", "log", "'log' is none of log_loss"),
    "bad score loss": ("score.loss", "brier", "'brier' is none of squared, log"),
    "log loss of hinge": ("grid.0.classifier.loss", "hinge", None),
    "drop all": ("score.drop_scores", 1.0, "drop_scores: 1.0 is not below 1"),
    "no batch": ("stream.batch_size", 0, "batch_size: 0 is below 1"),
    "fraction of a batch": ("stream.batch_size", 10.5, "batch_size: 10.5 is no integer"),
    "degree": ("grid.0.vectorizer.degree", [0], "degree: 0 is no whole number"),
    "degree and interactions": ("grid.0.vectorizer.interactions", [[["x1", "x2"]]], "exclude each other"),
    "n_features": ("grid.0.vectorizer.n_features", [2**31], "n_features: 2147483648"),
    "features flat": ("grid.0.extractor.features", ["x1"], r"list of lists.*\[\[x1\]\]"),
    "feature twice": ("grid.0.extractor.features", [["x1", "x1"]], "'x1' is named twice"),
    "unknown feature": ("grid.0.extractor.features", [["x1", "x9"]], "'x9' is in no source"),
    "label as feature": ("grid.0.extractor.features", [["x1", "y"]], "'y' is the label"),
    "group outside": ("grid.0.vectorizer", {"interactions": [[["x1", "x3"]]]}, "'x3' in .*not among"),
    "negative alpha": ("grid.0.classifier.alpha", [-1.0], "alpha: -1.0 is below 0"),
    "optimal without alpha": ("grid.0.classifier.alpha", [0], "alpha: 0 leaves"),
    "unknown class": ("grid.0.classifier.class", "SDGClassifier", "no classifier 'SDGClassifier'"),
    "class without partial_fit": ("grid.0.classifier.class", "LogisticRegression", "no partial_fit"),
    "unknown model": ("simulate.model", "linear", "'linear' is none of"),
    "other model's key": ("simulate.noise", 1, "noise is no setting"),
    "wrong label of simulation": ("data.label", "z", "has the label 'y'"),
    "rate loses rows": ("stream", {"order": "mux", "mux": {"rate": 5.0}}, "rows would be lost"),
    "no points": ("grid", [], "grid"),
    "points_per_job": ("points_per_job", 0, "points_per_job: 0 is below 1"),
}  # fmt: skip


@pytest.mark.parametrize("path, value, sentence", WRONG.values(), ids=WRONG.keys())
def test_wrong_configs_get_their_sentence(path, value, sentence):
    config = changed(path, value)
    if sentence is None:
        config["score"]["loss"] = "log"
        config["grid"][0]["classifier"].pop("penalty")
        config["grid"][0]["classifier"].pop("l1_ratio")
        sentence = "score.loss: log needs probabilities"
    with pytest.raises(UserError, match=sentence) as caught:
        plan(config)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_missing_files_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = {"data": {"files": ["nothing/*.csv"], "label": "y"}, "grid": [{}]}
    with pytest.raises(UserError, match=r"no file matches 'nothing/\*.csv'"):
        plan(config, config)
    with pytest.raises(UserError, match=r"data.files is missing"):
        plan({"data": {"label": "y"}, "grid": [{}]})


def test_own_files_replace_the_simulation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.csv").write_text("a,b,target\n0.5,red,yes\n1.5,blue,no\n")
    given = {"data": {"files": ["mine.csv"], "label": "target"}, "grid": [{}]}
    merged = {**DEFAULT, **given, "data": {**DEFAULT["data"], **given["data"]}}
    made = plan(merged, given)
    assert made.sources == {"mine": Path("mine.csv")}
    assert not made.simulated
    assert made.schema["columns"] == {"a": "numeric", "b": "categorical", "target": "label"}


def test_features_are_looked_for_in_the_schema():
    _, points = settle(DEFAULT)
    with pytest.raises(UserError, match="'x3' is in no source"):
        check_features(points, {"x1": "numeric", "x2": "numeric"})


def test_other_classifiers_are_checked_against_scikit_learn():
    config = changed("grid.0.classifier", {"class": "BernoulliNB", "alpha": [0.1, 1.0]})
    assert len(settle(config)[1]) == 24
    config["grid"][0]["classifier"]["aplha"] = 1
    with pytest.raises(UserError, match="BernoulliNB has no such parameter"):
        settle(config)
