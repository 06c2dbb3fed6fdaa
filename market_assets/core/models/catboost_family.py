"""CatBoost: boosting of oblivious trees, stored as cbm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.compute import Compute
from market_assets.core.errors import NotEnoughDataError
from market_assets.core.models.base import Family, Floats, Matrix, Param, Params, expect_width, malformed

if TYPE_CHECKING:
    import catboost

NAME = "catboost"
BOUNDS = {
    "rounds": Param(100, 1, 5000, integer=True),
    "depth": Param(4, 1, 12, integer=True),
    "learning_rate": Param(0.05, 1e-4, 1.0),
    "subsample": Param(0.7, 0.05, 1.0),
    "colsample": Param(0.5, 0.01, 1.0),
    "l2": Param(3.0, 0.0, 1e6),
    "bins": Param(64, 2, 254, integer=True),
}


def train(x: Matrix, y: NDArray[np.int8], weight: Floats, params: Params, compute: Compute) -> bytes:
    """Fit with logistic loss and plain boosting.

    A cbm file holds the time and a random identity of its training run; both, and the rest of the descriptive
    metadata, are removed, which leaves exactly what a prediction needs and makes equal models equal bytes.

    Raises
    ------
    NotEnoughDataError
        if no feature can be split.
    """
    import catboost

    settings: dict[str, Any] = {
        "loss_function": "Logloss",
        "boosting_type": "Plain",
        "bootstrap_type": "Bernoulli",
        "iterations": params["rounds"],
        "depth": params["depth"],
        "learning_rate": params["learning_rate"],
        "subsample": params["subsample"],
        "l2_leaf_reg": params["l2"],
        "border_count": params["bins"],
        "random_seed": compute.seed,
        "thread_count": compute.threads,
        "allow_writing_files": False,
        "logging_level": "Silent",
    }
    if compute.device == "cpu":
        settings["rsm"] = params["colsample"]  # CatBoost has no column sampling on CUDA for this loss
    else:
        settings |= {"task_type": "GPU", "devices": compute.device.partition(":")[2]}
    model = catboost.CatBoost(settings)
    try:
        model.fit(catboost.Pool(x, label=y, weight=weight, thread_count=compute.threads))
    except catboost.CatBoostError as error:
        if "constant or ignored" in str(error):
            raise NotEnoughDataError("catboost: no feature can be split on these rows") from error
        raise
    metadata = model.get_metadata()
    for key in list(metadata.keys()):
        del metadata[key]
    return bytes(model._serialize_model())


def score(payload: bytes, x: Matrix, threads: int) -> Floats:
    """P(y = 1) by the library, on the CPU."""
    model = _load(payload)
    expect_width(NAME, len(model.feature_names_ or ()), x)
    return np.asarray(model.predict(x, prediction_type="Probability", thread_count=threads), dtype=np.float64)[:, 1]


def gain(payload: bytes) -> Floats:
    """Mean change of the prediction when a feature moves across its splits."""
    import catboost

    kind = catboost.EFstrType.PredictionValuesChange
    return np.asarray(_load(payload).get_feature_importance(type=kind, thread_count=1), dtype=np.float64)


def _load(payload: bytes) -> catboost.CatBoost:
    import catboost

    # magic, then the size of the model core: the library ignores a missing or additional tail
    if payload[:4] != b"CBM1" or int.from_bytes(payload[4:8], "little") > len(payload) - 8:
        raise malformed(NAME, "the cbm header is not as written")
    model = catboost.CatBoost()
    try:
        model.load_model(blob=payload)
    except catboost.CatBoostError as error:
        raise malformed(NAME, error) from error
    if bytes(model._serialize_model()) != payload:
        raise malformed(NAME, "it reads back as other bytes")
    return model


FAMILY = Family(NAME, "1", "cbm", True, BOUNDS, train, score, gain)
