"""Random forest: grown by scikit-learn on binned features, stored as our own arrays."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.compute import Compute
from market_assets.core.errors import IntegrityError
from market_assets.core.models import arrays
from market_assets.core.models.base import Family, Floats, Matrix, Param, Params, expect_width, malformed
from market_assets.core.models.forest_kernel import forest_mean
from market_assets.core.models.preprocessing import column_medians, impute
from market_assets.core.models.tree_check import is_sound

NAME = "random_forest"
FORMAT = "random_forest/1"
BOUNDS = {
    "trees": Param(100, 1, 5000, integer=True),
    "depth": Param(7, 1, 24, integer=True),
    "row_fraction": Param(0.3, 0.001, 1.0),
    "column_fraction": Param(0.1, 0.001, 1.0),
    "min_leaf": Param(50, 1, 1_000_000, integer=True),
    "bins": Param(64, 2, 1024, integer=True),
}
_TYPES = {
    "edge": "<f4",
    "feature": "<i4",
    "importance": "<f8",
    "left": "<i4",
    "median": "<f4",
    "offsets": "<i4",
    "right": "<i4",
    "value": "<f8",
}


def bin_edges(column: Matrix, bins: int) -> Matrix:
    """Increasing upper edges of at most ``bins`` equal-mass bins, taken from the values that occur.

    Bin k holds the values in (edge[k-1], edge[k]]; the last bin has no upper edge.
    """
    ordered = np.sort(column)
    last = np.ceil(np.arange(1, bins) * (ordered.size / bins)).astype(np.int64) - 1
    edges = np.unique(ordered[np.maximum(last, 0)])
    return edges[edges < ordered[-1]]


def train(x: Matrix, y: NDArray[np.int8], weight: Floats, params: Params, compute: Compute) -> bytes:
    """Grow the trees on bin numbers, which sorts few distinct values, and store splits as feature values.

    Each tree sees a bootstrap sample drawn with probability proportional to the weights. A split of bin numbers
    at c is the split of values at edge[floor(c)], so the stored forest is the grown one, exactly.
    """
    from sklearn.ensemble import RandomForestClassifier

    median = column_medians(x)
    full = impute(x, median)
    edges = [bin_edges(full[:, j], params["bins"]) for j in range(full.shape[1])]
    codes = np.empty_like(full)
    for j, edge in enumerate(edges):
        codes[:, j] = np.searchsorted(edge, full[:, j], side="left")
    forest = RandomForestClassifier(
        n_estimators=params["trees"],
        max_depth=params["depth"],
        max_samples=max(1, round(params["row_fraction"] * x.shape[0])),
        max_features=max(1, round(params["column_fraction"] * x.shape[1])),
        min_samples_leaf=params["min_leaf"],
        random_state=compute.seed,
        n_jobs=compute.threads,
    ).fit(codes, y, sample_weight=weight)
    trees = [_tree_arrays(member.tree_, edges) for member in forest.estimators_]
    stored: dict[str, NDArray[Any]] = {
        "median": median,
        "importance": forest.feature_importances_,
        "offsets": np.cumsum([0, *(tree["feature"].size for tree in trees)]).astype(np.int32),
    }
    stored |= {part: np.concatenate([tree[part] for tree in trees]) for part in trees[0]}
    return arrays.encode({"format": FORMAT}, stored)


def _tree_arrays(tree: Any, edges: list[Matrix]) -> dict[str, NDArray[Any]]:
    inner = tree.children_left >= 0
    feature = np.where(inner, tree.feature, -1).astype(np.int32)
    edge = np.zeros(feature.size, dtype=np.float32)
    for node in np.flatnonzero(inner):
        edge[node] = edges[feature[node]][int(tree.threshold[node])]
    return {
        "feature": feature,
        "edge": edge,
        "left": np.where(inner, tree.children_left, 0).astype(np.int32),
        "right": np.where(inner, tree.children_right, 0).astype(np.int32),
        "value": tree.value[:, 0, 1].astype(np.float64),
    }


def score(payload: bytes, x: Matrix, threads: int) -> Floats:  # noqa: ARG001 one thread walks the trees
    """P(y = 1), the mean over the trees."""
    a = _load(payload)
    expect_width(NAME, a["median"].size, x)
    return forest_mean(x, a["median"], a["offsets"], a["feature"], a["edge"], a["left"], a["right"], a["value"])


def gain(payload: bytes) -> Floats:
    """Mean decrease in impurity."""
    return _load(payload)["importance"]


def _load(payload: bytes) -> dict[str, NDArray[Any]]:
    try:
        meta, stored = arrays.decode(payload)
    except IntegrityError as error:
        raise malformed(NAME, error) from error
    if meta != {"format": FORMAT} or {name: array.dtype.str for name, array in stored.items()} != _TYPES:
        raise malformed(NAME, "other arrays or another format")
    offsets, nodes, width = stored["offsets"], stored["feature"].size, stored["median"].size
    aligned = all(stored[part].shape == (nodes,) for part in ("feature", "edge", "left", "right", "value"))
    spans = offsets.ndim == 1 and offsets.size > 1 and offsets[0] == 0 and offsets[-1] == nodes
    if not aligned or not spans or np.any(np.diff(offsets) <= 0) or stored["importance"].shape != (width,):
        raise malformed(NAME, "the arrays do not fit together")
    values = stored["value"]
    if not (np.all((values >= 0) & (values <= 1)) and np.isfinite(stored["edge"]).all()):
        raise malformed(NAME, "a leaf is not a probability or an edge is not finite")
    for first, last in pairwise(offsets.tolist()):
        feature, left, right = (stored[part][first:last] for part in ("feature", "left", "right"))
        if not is_sound(feature, left, right, feature >= 0, width):
            raise malformed(NAME, "a tree points outside itself")
    return stored


FAMILY = Family(NAME, "1", "forest", False, BOUNDS, train, score, gain)
