"""Pickles that version 0.1 wrote, and scripts that import its names."""

import json
import pickle
from importlib import import_module
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from caudal.models.pickling import load_model
from caudal.moved import MOVED

FOLDER = Path(__file__).with_name("pickles_0_1")
EXPECTED = json.loads((FOLDER / "expected.json").read_text())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
def test_a_model_of_version_0_1_predicts_as_it_did():
    model = load_model(FOLDER / "model.pkl")
    found = model.predict_proba(pd.DataFrame(EXPECTED["rows"]))
    assert list(model.classes_) == EXPECTED["classes"]
    np.testing.assert_allclose(found, EXPECTED["probabilities"], rtol=1e-12)


def test_a_streamer_of_version_0_1_gives_the_batches_that_it_gave():
    streamer = pickle.loads((FOLDER / "streamer.pkl").read_bytes())
    batches = list(islice(streamer.generate(), len(EXPECTED["batches"])))
    assert [batch["X"][:, 0].tolist() for batch in batches] == EXPECTED["batches"]
    assert all(set(batch) == {"X", "Y"} for batch in batches)


@pytest.mark.parametrize("old", MOVED)
def test_an_old_name_is_the_new_module(old):
    assert import_module(old) is import_module(MOVED[old])


def test_a_name_that_never_was_is_not_found():
    with pytest.raises(ModuleNotFoundError, match=r"caudal\.extractors"):
        import_module("caudal.extractors")
