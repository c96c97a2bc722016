"""Every wrong config gets one sentence that names the key and what to write."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from caudal.config.grid import DEFAULTS, expand
from caudal.config.grid_checks import check_features, make_points
from caudal.config.learners import CHECKED, COMPILED, learner_class
from caudal.config.schema import schema_text
from caudal.config.settings import complete
from caudal.data.defaults import completed
from caudal.errors import UserError
from caudal.features.extractor import Extractor
from caudal.features.vectorizer import Vectorizer
from caudal.learn.estimators import OWN
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
    "unknown model": ("simulate.model", "cubic", "'cubic' is none of"),
    "other model's key": ("simulate.noise", 1, "noise is no setting"),
    "wrong label of simulation": ("data.label", "z", "has the label 'y'"),
    "rate loses rows": ("stream", {"order": "mux", "mux": {"rate": 5.0}}, "rows would be lost"),
    "mux without order": ("stream.mux", {"active": 3}, "stream.mux has no effect with order: sequential"),
    "old spelling of mux": ("stream", {"order": "mux", "active": 3}, r"belongs to stream.mux: write stream: .mux: .active: 3"),
    "key in the wrong section": ("label", "y", "'label'; it belongs to data: write data: .label: y"),
    "word like a choice": ("stream.order", "sequental", "none of sequential, mux .did you mean 'sequential'"),
    "section that is none": ("stream", 5, "stream: 5 is no section of keys"),
    "name twice": ("data.numeric", ["x1", "x1"], "data.numeric: 'x1' is named twice"),
    "truth value as a name": ("data.numeric", [False], "data.numeric: YAML reads no, off and false as .*quotes"),
    "number as a name": ("data.weight", 7, "data.weight: YAML reads this name as the number 7; put .*quotes"),
    "list as a class": ("data.positive", [1], r"data.positive: \[1\] is no single value"),
    "truth value as a text": ("data.missing", {"texts": [False]}, "data.missing.texts: YAML reads no, off and false as .*quotes"),
    "truth value as a key": ("data.derive", {True: ["hour"]}, "data.derive: YAML reads yes, on and true"),
    "truth value as a feature": ("grid.0.extractor.features", [[True]], "features: YAML reads yes, on and true.*quotes"),
    "number as a feature": ("grid.0.extractor.features", [["x1", 2.5]], "features: YAML reads this name as the number 2.5"),
    "flat features": ("grid.0.extractor.features", ["x1", "x2"], r"list of lists.*write \[\[x1, x2\]\]"),
    "feature like another": ("grid.0.extractor.features", [["X1"]], "'X1' is in no source .did you mean 'x1'"),
    "rate without effect": ("grid.0.classifier.eta0", [0.1, 0.5], "eta0 has no effect with learning_rate optimal, so the points with eta0 0.1 and 0.5 are one"),
    "epsilon without effect": ("grid.0.classifier.epsilon", [0.1, 0.5], "epsilon has no effect with loss log_loss"),
    "own file and simulation": ("data.files", ["mine.csv"], "simulate and data.files contradict each other"),
    "FTRL with alpha": ("grid.0.classifier", {"class": "FTRLClassifier", "alpha": 0.1}, "alpha: FTRLClassifier has none; its penalties are l1 and l2"),
    "FTRL with penalty": ("grid.0.classifier", {"class": "FTRLClassifier", "penalty": "l1"}, "penalty: FTRLClassifier has none; write l1 and l2"),
    "FTRL without a rate": ("grid.0.classifier", {"class": "FTRLClassifier", "eta0": [0.1, 0]}, "eta0: 0 is not above 0"),
    "FTRL below 0": ("grid.0.classifier", {"class": "FTRLClassifier", "l1": -1}, "l1: -1 is below 0"),
    "FTRL with text": ("grid.0.classifier", {"class": "FTRLClassifier", "beta": "one"}, "beta: 'one' is no number"),
    "FTRL misspelt": ("grid.0.classifier", {"class": "FTRLClasifier"}, "did you mean 'FTRLClassifier'"),
    "regressor": ("grid.0.classifier", {"class": "SGDRegressor"}, "SGDRegressor is no classifier .it is a regressor"),
    "outlier detector": ("grid.0.classifier", {"class": "SGDOneClassSVM"}, "is no classifier .it is an outlier detector"),
    "positive values only": ("grid.0.classifier", {"class": "MultinomialNB"}, "MultinomialNB takes no values below 0"),
    "dense matrices only": ("grid.0.classifier", {"class": "GaussianNB"}, "GaussianNB takes no sparse matrices"),
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


def test_a_number_that_means_missing_needs_no_quotes():
    config = changed("data.missing", {"texts": [-999, -99.5, "none"]})
    assert plan(config).ingest_settings["missing"]["texts"] == ["-999", "-99.5", "none"]


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
    assert not made.settings["simulate"]
    assert made.sources == {"mine": Path("mine.csv")}
    assert not made.simulated
    assert made.schema["columns"] == {"a": "numeric", "b": "categorical", "target": "label"}


def test_a_config_of_ones_own_is_merged_key_by_key():
    own = {"files": ["d.csv"], "label": "y", "numeric": ["x1"], "missing": {"label": "error"}}
    given = {"data": {"files": ["e.csv"]}}
    found = complete({"data": {**own, **given["data"]}, "grid": [{}]}, given)["data"]
    assert (found["files"], found["numeric"]) == (["e.csv"], ["x1"])
    assert found["missing"]["label"] == "error"


def test_nested_values_of_the_command_line_are_yaml():
    words = [
        "stream={batch_size: 50, order: mux, mux: {rate: null}}",
        "data={numeric: [x1]}",
        "seed=3",
    ]
    texts = {"batch_size": "50", "order": "mux", "mux": {"rate": "null"}}
    config = {**DEFAULT, "seed": 3, "data": {"label": "y", "numeric": ["x1"]}, "stream": texts}
    settings = complete(config, {}, words)
    assert settings["stream"]["batch_size"] == 50
    assert settings["stream"]["mux"]["rate"] is None
    with pytest.raises(UserError, match="batch_size: YAML reads 50 as text"):
        complete(config)


def test_whole_numbers_may_be_written_with_an_exponent():
    settings, _ = settle(changed("simulate.rows", 1.0e5))
    assert settings["simulate"]["rows"] == 100000
    assert isinstance(settings["simulate"]["rows"], int)


def test_the_order_of_keys_means_nothing():
    def reversed_(value):
        if isinstance(value, dict):
            return {key: reversed_(value[key]) for key in reversed(value)}
        return value

    assert repr(complete(reversed_(DEFAULT))["stream"]) == repr(complete(DEFAULT)["stream"])
    assert repr(complete(reversed_(DEFAULT))) == repr(complete(DEFAULT))


def test_the_schema_file_is_that_of_the_sections():
    assert (ROOT / "rules/config.schema.yaml").read_text() == schema_text()


def test_the_steps_defaults_are_the_estimators_own():
    for step, estimator in (("extractor", Extractor()), ("vectorizer", Vectorizer())):
        own = estimator.get_params()
        assert {name: own[name] for name in DEFAULTS[step]} == DEFAULTS[step]


def test_known_parameters_are_those_of_the_classes():
    assert set(OWN) <= set(CHECKED)
    assert set(CHECKED) <= set(COMPILED)
    for name, known in CHECKED.items():
        kind = OWN[name] if name in OWN else learner_class(name, known.task)
        assert set(known.names) <= set(kind().get_params())
        if name in OWN:
            assert set(known.names) == set(kind().get_params())


def test_numbers_are_scaled_unless_written_and_no_model_changes_under_its_name():
    (unwritten,), (written,) = (
        expand([grid]) for grid in ({}, {"extractor": {"scale": True}})
    )  # fmt: skip
    (unscaled,) = expand([{"extractor": {"scale": False}}])
    assert unwritten == written
    assert unwritten.parameters["extractor"] == {"scale": True}
    # The ids of a time when nothing was scaled unless written.
    assert (unscaled.id, written.id) == ("a22d60be3bf4", "77d0c475fd72")


def test_rates_that_act_are_points_of_their_own():
    grid = {"learning_rate": ["constant", "invscaling"], "eta0": [0.1, 0.5], "loss": "log_loss"}
    assert len(settle(changed("grid.0.classifier", grid))[1]) == 4 * 12
    ftrl = {"class": "FTRLClassifier", "eta0": [0.1, 0.5], "l1": [0, 1], "class_weight": "counted"}
    assert len(settle(changed("grid.0.classifier", ftrl))[1]) == 4 * 12


SETS = [
    ("all", [["x1", "x2", "x3"]]),
    ({"except": ["x2"]}, [["x1", "x3"]]),
    ([["x3", "x[12]"], "all", {"except": ["x1", "x2"]}], [["x3", "x1", "x2"], ["x1", "x2", "x3"], ["x3"]]),
    ({"base": ["x1"], "more": {"except": ["x3"]}}, [["x1"], ["x1", "x2"]]),
]  # fmt: skip


@pytest.mark.parametrize("written, sets", SETS)
def test_sets_of_features_become_lists(written, sets):
    made = plan(changed("grid.0.extractor.features", written))
    found = {tuple(p.parameters["extractor"]["features"]) for p in made.points.values()}
    assert found == set(map(tuple, sets))


@pytest.mark.parametrize(
    "written, sentence",
    [
        ([["z*"]], "no column matches 'z.'"),
        ({"except": ["x11"]}, "except: 'x11' is no feature .did you mean 'x1'"),
        ({"except": []}, "a list of columns is empty"),
        ({"base": "x1"}, "list of lists"),
        ({"base": {"without": ["x1"]}}, "a set is a list of columns, all, or .except"),
        ([[["x1"]]], "a set is a list of columns"),
    ],
)
def test_wrong_sets_of_features_get_their_sentence(written, sentence):
    with pytest.raises(UserError, match=sentence):
        plan(changed("grid.0.extractor.features", written))


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


def test_a_section_data_that_is_not_complete_means_what_the_config_completes():
    written = {"label": "y", "missing": {"label": "error"}}
    by_config = complete({"data": {"files": ["a.csv"], **written}, "grid": [{}]})["data"]
    assert completed(written) == {k: v for k, v in by_config.items() if k != "files"}
