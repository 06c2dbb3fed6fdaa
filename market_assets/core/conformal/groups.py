"""Mondrian split conformal: one quantile a group, for coverage within each group (Vovk et al. 2005, section 4.5)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from market_assets.core.conformal.split import Level, conformal_quantile
from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats


def group_quantiles(scores: ArrayLike, groups: ArrayLike, alpha: Level) -> dict[int, float]:
    """Conformal quantile of the scores (n,) of each group code (n,); infinite where a group is too small.

    The coverage holds given the group when the rows of one group are exchangeable. A group is something known when
    the prediction is made, such as the market regime, never a function of the outcome.

    Raises
    ------
    BadInputError
        rule ``conformal_groups``: codes and scores differ in length; or as ``conformal_quantile``.
    """
    values, codes = np.asarray(scores, dtype=np.float64), np.asarray(groups)
    if values.shape != codes.shape:
        raise BadInputError("conformal_groups", f"{codes.shape} group codes do not match {values.shape} scores")
    return {int(code): conformal_quantile(values[codes == code], alpha) for code in np.unique(codes)}


def quantile_of(quantiles: Mapping[int, float], groups: ArrayLike) -> Floats:
    """Quantile of every row by its group code (m,); a group never calibrated has an infinite one."""
    codes, place = np.unique(np.asarray(groups), return_inverse=True)
    return np.array([quantiles.get(int(code), math.inf) for code in codes], dtype=np.float64)[place]
