"""Rolling normalization of features by the past of their own symbol: an option of an experiment, nothing fitted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from market_assets.core.features.rolling_normalize import rolling_median_mad, rolling_winsorize, rolling_zscore
from market_assets.core.market.panel import Floats
from market_assets.core.spec import spec

NORMALIZATION_VERSION = "1"
"""Raised whenever the same features may give other values."""


@spec
class NormalizationSpec:
    """How features are normalized before they enter the training set.

    Parameters
    ----------
    kind : ``zscore``, ``winsorize`` or ``median_mad`` of the last ``window`` bars of the symbol, this one included.
    window, least : bars looked back on, and values that must be among them. The look-back adds to that of the feature,
        so the ``warmup`` of the experiment should grow by it; rows without ``least`` values are NaN.
    low, high : quantiles of ``winsorize``.
    families : the feature families it is applied to; empty = all.
    leave : features that stay as they are.
    """

    kind: Literal["zscore", "winsorize", "median_mad"]
    window: Annotated[int, Field(ge=5, le=1260)] = 126
    least: Annotated[int, Field(ge=2)] = 60
    low: Annotated[float, Field(ge=0, lt=0.5)] = 0.02
    high: Annotated[float, Field(gt=0.5, le=1)] = 0.98
    families: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _window_holds_least(self) -> NormalizationSpec:
        if self.least > self.window:
            raise ValueError(f"a window of {self.window} bars never holds {self.least} values")
        return self


def normalize_series(x: Floats, spec: NormalizationSpec) -> Floats:
    """One feature of one symbol (n,), in time order."""
    if spec.kind == "zscore":
        return rolling_zscore(x, spec.window, spec.least)
    if spec.kind == "winsorize":
        return rolling_winsorize(x, spec.window, spec.least, spec.low, spec.high)
    return rolling_median_mad(x, spec.window, spec.least)


def normalize_family(
    family: str, names: Sequence[str], values: Floats, offsets: NDArray[np.int64], spec: NormalizationSpec
) -> Floats:
    """Features (n, k) of one family in panel order, normalized symbol by symbol.

    Parameters
    ----------
    offsets : (s + 1,) first row of every symbol, as in the panel.
    """
    if spec.families and family not in spec.families:
        return values
    out = np.array(values, order="F")
    for j in (j for j, name in enumerate(names) if name not in spec.leave):
        for first, end in pairwise(offsets.tolist()):
            out[first:end, j] = normalize_series(np.ascontiguousarray(values[first:end, j]), spec)
    return out
