"""XGBoost: histogram gradient boosting, stored as UBJSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.compute import Compute
from market_assets.core.errors import IntegrityError, ServiceUnavailableError
from market_assets.core.models.base import Family, Floats, Matrix, Param, Params, expect_width, malformed
from market_assets.core.models.tree_check import is_sound
from market_assets.core.models.ubjson import parse

if TYPE_CHECKING:
    import xgboost

NAME = "xgboost"
BOUNDS = {
    "rounds": Param(100, 1, 5000, integer=True),
    "depth": Param(4, 1, 12, integer=True),
    "learning_rate": Param(0.05, 1e-4, 1.0),
    "subsample": Param(0.7, 0.05, 1.0),
    "colsample": Param(0.5, 0.01, 1.0),
    "min_child_weight": Param(10.0, 0.0, 1e6),  # in units of the Hessian: a row of weight 1 counts at most 1/4
    "l2": Param(1.0, 0.0, 1e6),
    "bins": Param(64, 2, 1024, integer=True),
}


def train(x: Matrix, y: NDArray[np.int8], weight: Floats, params: Params, compute: Compute) -> bytes:
    """Fit with ``tree_method="hist"`` and logistic loss.

    Raises
    ------
    ServiceUnavailableError
        if a CUDA device is asked for and the installed XGBoost is a CPU build.
    """
    import xgboost

    if compute.device != "cpu" and not xgboost.build_info().get("USE_CUDA"):
        raise ServiceUnavailableError(
            "the installed XGBoost is a CPU build and cannot use a CUDA device: "
            "install the package xgboost instead of xgboost-cpu, or set device: cpu"
        )
    data = xgboost.QuantileDMatrix(x, label=y, weight=weight, max_bin=params["bins"], nthread=compute.threads)
    settings = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "device": compute.device,
        "max_depth": params["depth"],
        "eta": params["learning_rate"],
        "subsample": params["subsample"],
        "colsample_bytree": params["colsample"],
        "min_child_weight": params["min_child_weight"],
        "lambda": params["l2"],
        "max_bin": params["bins"],
        "nthread": compute.threads,
        "seed": compute.seed,
        "verbosity": 0,
    }
    return bytes(xgboost.train(settings, data, num_boost_round=params["rounds"]).save_raw("ubj"))


def score(payload: bytes, x: Matrix, threads: int) -> Floats:
    """P(y = 1) by the library, on the CPU."""
    import xgboost

    booster, width = _load(payload, threads)
    expect_width(NAME, width, x)
    return booster.predict(xgboost.DMatrix(x, nthread=threads)).astype(np.float64)


def gain(payload: bytes) -> Floats:
    """Total gain of each feature."""
    booster, width = _load(payload, 1)
    out = np.zeros(width)
    for name, value in booster.get_score(importance_type="total_gain").items():
        out[int(name[1:])] = value  # features without names are called f0, f1, ...
    return out


def _load(payload: bytes, threads: int) -> tuple[xgboost.Booster, int]:
    import xgboost

    width = _prove_sound(payload)
    booster = xgboost.Booster({"nthread": threads, "verbosity": 0})
    try:
        booster.load_model(bytearray(payload))
    except xgboost.core.XGBoostError as error:
        raise malformed(NAME, error) from error
    if bytes(booster.save_raw("ubj")) != payload:
        raise malformed(NAME, "it reads back as other bytes")
    return booster, width


def _prove_sound(payload: bytes) -> int:
    """Check the structure before the library sees it; return the number of features."""
    try:
        learner = parse(payload)["learner"]
        width = int(learner["learner_model_param"]["num_feature"])
        model = learner["gradient_booster"]["model"]
        trees = model["trees"]
        counted = int(model["gbtree_model_param"]["num_trees"]) == len(trees) == len(model["tree_info"])
        if learner["objective"]["name"] != "binary:logistic" or not counted or not 0 < width < 2**20:
            raise malformed(NAME, "another objective, tree count or width")
        if not all(_tree_sound(tree, width) for tree in trees):
            raise malformed(NAME, "a tree points outside itself")
    except IntegrityError as error:
        raise malformed(NAME, error) from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise malformed(NAME, f"a part is missing: {error}") from error
    return width


def _tree_sound(tree: dict[str, Any], width: int) -> bool:
    left, right = np.asarray(tree["left_children"]), np.asarray(tree["right_children"])
    sizes = {np.asarray(tree[part]).size for part in ("split_conditions", "default_left", "base_weights", "parents")}
    whole = sizes == {int(tree["tree_param"]["num_nodes"])} and left.size in sizes
    return whole and is_sound(np.asarray(tree["split_indices"]), left, right, left != -1, width)


FAMILY = Family(NAME, "1", "ubj", True, BOUNDS, train, score, gain)
