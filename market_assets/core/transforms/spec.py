"""Parameters of the fitted transforms, as they stand in the list ``transforms`` of an experiment file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from market_assets.core.spec import spec

BEHAVIOUR = ("ret_60", "std_20", "autocorr_1_60", "xs_z_beta_60", "skew_60", "volume_trend_5_20")
"""Mean return, volatility, autocorrelation, beta, skewness and volume trend of a symbol over its last weeks."""


@spec
class StandardSpec:
    """Mean 0 and standard deviation 1 on the training rows."""

    kind: Literal["standard"]


@spec
class WinsorizeSpec:
    """Clip every column at two quantiles of its training values."""

    kind: Literal["winsorize"]
    low: Annotated[float, Field(ge=0, lt=0.5)] = 0.01
    high: Annotated[float, Field(gt=0.5, le=1)] = 0.99


@spec
class MedianMadSpec:
    """Median 0 and scaled median absolute deviation 1 on the training rows."""

    kind: Literal["median_mad"]


@spec
class ClusterSpec:
    """K-means clusters of symbols by behaviour, as additional columns.

    Parameters
    ----------
    columns : features that describe behaviour; each must look back by itself.
    clusters : number of clusters, columns and least symbols.
    output : ``one_hot`` marks the nearest cluster, ``distance`` tells how far each one is.
    restarts : runs of K-means, of which the tightest is kept.
    """

    kind: Literal["clusters"]
    columns: Annotated[tuple[str, ...], Field(min_length=1)] = BEHAVIOUR
    clusters: Annotated[int, Field(ge=2, le=50)] = 5
    output: Literal["one_hot", "distance"] = "one_hot"
    restarts: Annotated[int, Field(ge=1, le=100)] = 10


@spec
class SelectSpec:
    """Drop columns that are missing or constant on the training rows, or say again what an earlier column says.

    Parameters
    ----------
    max_correlation : size of the correlation with a kept column above which a column goes.
    """

    kind: Literal["select"]
    max_correlation: Annotated[float, Field(gt=0, le=1)] = 0.98


TransformSpec = Annotated[
    StandardSpec | WinsorizeSpec | MedianMadSpec | ClusterSpec | SelectSpec, Field(discriminator="kind")
]
