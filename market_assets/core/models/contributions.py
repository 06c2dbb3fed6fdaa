"""What every feature adds to a score: exact additive contributions (SHAP), in the unit in which the family adds up.

Boosted trees and forests: path-dependent tree contributions, exact for the stored trees, where "unknown" means the rows
that trained them (Lundberg et al. 2018). Linear: coefficient times standardised value, against the mean row.
Contributions describe a model, not the market: two features that repeat each other share what either would say.

Payloads must come from a store that has verified their digest. LightGBM writes past a buffer on trees that point
outside themselves (GHSA-wvg4-4w35-4jc9, all versions up to 4.7.0); ``tree_check`` refuses those before it sees them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError
from market_assets.core.models import catboost_family, elastic_net, lightgbm_family, random_forest, xgboost_family
from market_assets.core.models.base import Floats, Matrix, expect_width
from market_assets.core.models.forest_shap import forest_shap
from market_assets.core.models.preprocessing import Standardizer

Unit = Literal["log-odds", "probability"]


@dataclass(frozen=True, eq=False)
class Contributions:
    """Contributions (n, d), what is said of a row of which nothing is known, and the scores (n,) they add up to."""

    values: Floats
    base: Floats | float
    score: Floats
    unit: Unit

    @property
    def error(self) -> float:
        """Largest distance between a score and the sum of its contributions; 0 for no rows."""
        return float(np.abs(self.values.sum(axis=1) + self.base - self.score).max(initial=0.0))


def _xgboost(payload: bytes, x: Matrix, background: Matrix, threads: int) -> Contributions:  # noqa: ARG001
    import xgboost

    booster, width = xgboost_family._load(payload, threads)
    expect_width("xgboost", width, x)
    rows = xgboost.DMatrix(x, nthread=threads)
    found = booster.predict(rows, pred_contribs=True).astype(np.float64)
    return Contributions(found[:, :-1], found[:, -1], booster.predict(rows, output_margin=True), "log-odds")


def _lightgbm(payload: bytes, x: Matrix, background: Matrix, threads: int) -> Contributions:  # noqa: ARG001
    booster, width = lightgbm_family._load(payload)
    expect_width("lightgbm", width, x)
    found = np.asarray(booster.predict(x, pred_contrib=True, num_threads=threads))
    score = np.asarray(booster.predict(x, raw_score=True, num_threads=threads))
    return Contributions(found[:, :-1], found[:, -1], score, "log-odds")


def _catboost(payload: bytes, x: Matrix, background: Matrix, threads: int) -> Contributions:  # noqa: ARG001
    import catboost

    model, rows = catboost_family._load(payload), catboost.Pool(x, thread_count=threads)
    expect_width("catboost", len(model.feature_names_ or ()), x)
    kind = catboost.EFstrType.ShapValues
    found = np.asarray(model.get_feature_importance(rows, type=kind, thread_count=threads))
    score = np.asarray(model.predict(rows, prediction_type="RawFormulaVal", thread_count=threads))
    return Contributions(found[:, :-1], found[:, -1], score, "log-odds")


def _random_forest(payload: bytes, x: Matrix, background: Matrix, threads: int) -> Contributions:
    stored = random_forest._load(payload)
    expect_width("random_forest", stored["median"].size, x)
    values, base = forest_shap(stored, x, background)
    return Contributions(values, base, random_forest.score(payload, x, threads), "probability")


def _elastic_net(payload: bytes, x: Matrix, background: Matrix, threads: int) -> Contributions:  # noqa: ARG001
    standard, stored = elastic_net._load(payload)
    expect_width("elastic_net", standard.median.size, x)
    z = Standardizer(standard.median, standard.mean, standard.scale, standard.clip).apply(x).astype(np.float64)
    probability = elastic_net.score(payload, x, threads)
    score = np.log(probability) - np.log1p(-probability)
    return Contributions(z * stored["coefficient"], float(stored["intercept"][0]), score, "log-odds")


EXPLAINERS: dict[str, Callable[[bytes, Matrix, Matrix, int], Contributions]] = {
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
    "catboost": _catboost,
    "random_forest": _random_forest,
    "elastic_net": _elastic_net,
}
"""Families whose contributions are exact; of others there is no figure."""


def explain(
    family: str, payload: bytes, x: NDArray[np.float32], background: NDArray[np.float32], threads: int
) -> Contributions | None:
    """Contributions of every feature to the raw score of each row; None for a family without exact ones.

    Parameters
    ----------
    payload : the stored model, of a verified digest. x : (n, d), n >= 1.
    background : (m, d) rows that trained the model; read by the forest, whose file holds no counts.

    Raises
    ------
    IntegrityError
        for a payload that the family did not write.
    BadInputError
        rules ``feature_shape``, ``feature_count``: no rows, or another number of features than the model has.
    """
    if family not in EXPLAINERS:
        return None
    if x.ndim != 2 or not len(x):
        raise BadInputError("feature_shape", f"{family}: expected rows (n, d) with n > 0, got {x.shape}")
    return EXPLAINERS[family](payload, np.ascontiguousarray(x, dtype=np.float32), background, threads)
