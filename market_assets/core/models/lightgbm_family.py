"""LightGBM: leaf-wise gradient boosting, stored as its text format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from market_assets.core.compute import Compute
from market_assets.core.models.base import Family, Floats, Matrix, Param, Params, expect_width, malformed
from market_assets.core.models.tree_check import is_sound

if TYPE_CHECKING:
    import lightgbm

NAME = "lightgbm"
BOUNDS = {
    "rounds": Param(100, 1, 5000, integer=True),
    "depth": Param(4, 1, 12, integer=True),
    "leaves": Param(15, 2, 4096, integer=True),
    "learning_rate": Param(0.05, 1e-4, 1.0),
    "subsample": Param(0.7, 0.05, 1.0),
    "colsample": Param(0.5, 0.01, 1.0),
    "min_leaf": Param(50, 1, 1_000_000, integer=True),
    "l2": Param(1.0, 0.0, 1e6),
    "bins": Param(63, 2, 1024, integer=True),
}
_END = "\nend of parameters\n\npandas_categorical:null\n"


def train(x: Matrix, y: NDArray[np.int8], weight: Floats, params: Params, compute: Compute) -> bytes:
    """Fit with logistic loss; ``deterministic`` with a fixed histogram layout gives equal bytes."""
    import lightgbm

    settings = {
        "objective": "binary",
        "max_depth": params["depth"],
        "num_leaves": params["leaves"],
        "learning_rate": params["learning_rate"],
        "bagging_fraction": params["subsample"],
        "bagging_freq": 1,
        "feature_fraction": params["colsample"],
        "min_data_in_leaf": params["min_leaf"],
        "lambda_l2": params["l2"],
        "max_bin": params["bins"],
        "num_threads": compute.threads,
        "seed": compute.seed,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }
    booster = lightgbm.train(settings, lightgbm.Dataset(x, label=y, weight=weight), num_boost_round=params["rounds"])
    return booster.model_to_string().encode()


def score(payload: bytes, x: Matrix, threads: int) -> Floats:
    """P(y = 1) by the library."""
    booster, width = _load(payload)
    expect_width(NAME, width, x)
    return np.asarray(booster.predict(x, num_threads=threads), dtype=np.float64)


def gain(payload: bytes) -> Floats:
    """Total gain of each feature."""
    return np.asarray(_load(payload)[0].feature_importance("gain"), dtype=np.float64)


def _load(payload: bytes) -> tuple[lightgbm.Booster, int]:
    import lightgbm

    text, width = _prove_sound(payload)
    try:
        booster = lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError as error:
        raise malformed(NAME, error) from error
    if booster.model_to_string() != text:
        raise malformed(NAME, "it reads back as other bytes")
    return booster, width


def _prove_sound(payload: bytes) -> tuple[str, int]:
    """Check the structure before the library sees it; return the text and the number of features."""
    try:
        text = payload.decode("ascii")
        head, *blocks = text.split("\n\nTree=")
        top = _fields(head)
        width = int(top["max_feature_idx"]) + 1
        whole = text.startswith("tree\nversion=") and text.endswith(_END)
        if not whole or top["objective"] != "binary sigmoid:1" or not 0 < width < 2**20:
            raise malformed(NAME, "beginning, end, objective or width is not as written")
        if len(top["tree_sizes"].split()) != len(blocks) or not all(_tree_sound(block, width) for block in blocks):
            raise malformed(NAME, "a tree is missing or points outside itself")
    except (KeyError, ValueError, IndexError) as error:
        raise malformed(NAME, f"a part is missing: {error}") from error
    return text, width


def _fields(block: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in block.split("\n") if "=" in line)
    return {key: value for key, _, value in pairs}


def _tree_sound(block: str, width: int) -> bool:
    """LightGBM numbers inner nodes in the order they were split, and leaf k as the child ~k."""
    fields = _fields(block.split("\n\n", 1)[0])
    leaves = int(fields["num_leaves"])
    if int(fields["num_cat"]) or leaves < 1 or len(fields["leaf_value"].split()) != leaves:
        return False
    if leaves == 1:
        return True
    feature, left, right = (
        np.array(fields[key].split(), dtype=np.int64) for key in ("split_feature", "left_child", "right_child")
    )
    if not feature.shape == left.shape == right.shape == (leaves - 1,):
        return False
    # inner nodes and leaves in one block: leaf ~k stands at position (leaves - 1) + k
    children = [np.where(side >= 0, side, leaves - 2 - side) for side in (left, right)]
    positions = [np.concatenate((side, np.full(leaves, -1))) for side in children]
    inner = np.arange(2 * leaves - 1) < leaves - 1
    in_range = all(((side >= -leaves) & (side < leaves - 1)).all() for side in (left, right))
    padded = np.concatenate((feature, np.zeros(leaves, dtype=np.int64)))
    return in_range and is_sound(padded, positions[0], positions[1], inner, width)


FAMILY = Family(NAME, "1", "txt", False, BOUNDS, train, score, gain)
