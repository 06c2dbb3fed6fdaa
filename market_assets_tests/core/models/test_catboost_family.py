"""What is particular to CatBoost."""

from __future__ import annotations

import catboost
import numpy as np

from market_assets.core.models.catboost_family import FAMILY
from market_assets_tests.core.models.planted import COMPUTE, SMALL, planted


def test_payload_holds_no_trace_of_the_run():
    """Training time, run identity and the rest of the metadata are gone; the library still reads the model."""
    x, y, weight = planted(800)
    payload = FAMILY.fit(x, y, weight, SMALL["catboost"], COMPUTE)
    model = catboost.CatBoost()
    model.load_model(blob=payload)
    assert list(model.get_metadata().keys()) == []
    p = model.predict(x, prediction_type="Probability")[:, 1]
    assert np.array_equal(p, FAMILY.predict(payload, x, COMPUTE))


def test_removing_the_metadata_changes_no_prediction():
    """The stripped model predicts what the trained one predicts."""
    x, y, weight = planted(800)
    model = catboost.CatBoost(
        {"loss_function": "Logloss", "iterations": 5, "logging_level": "Silent", "allow_writing_files": False}
    )
    model.fit(catboost.Pool(x, label=y, weight=weight))
    before = model.predict(x, prediction_type="Probability")
    metadata = model.get_metadata()
    assert {"model_guid", "train_finish_time"} <= set(metadata.keys())
    for key in list(metadata.keys()):
        del metadata[key]
    assert np.array_equal(model.predict(x, prediction_type="Probability"), before)
