"""Thresholds of the data-quality rules."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from market_assets.core.spec import spec

Share = Annotated[float, Field(ge=0, le=1)]


@spec
class QualityPolicy:
    """Service levels of a daily feed, per symbol.

    Parameters
    ----------
    max_missing : share of the exchange's sessions between a symbol's first and last bar that may be absent.
    max_zero_volume : share of equity bars that may carry no volume.
    max_stale_run : most bars in a row that may repeat open, high, low and close.
    max_move : one-session total return (absolute) above which a move is extreme.
    min_action : smallest |log| price effect of a split or dividend whose visibility in prices can be judged.
    split_tolerance : |log| distance within which an unrecorded move counts as a split ratio.
    max_early_end : sessions the feed may end before the last expected one without a warning.
    """

    max_missing: Share = 0.05
    max_zero_volume: Share = 0.01
    max_stale_run: Annotated[int, Field(ge=1)] = 10
    max_move: Annotated[float, Field(gt=0)] = 0.5
    min_action: Annotated[float, Field(gt=0)] = 0.18
    split_tolerance: Annotated[float, Field(gt=0, lt=0.2)] = 0.06
    max_early_end: Annotated[int, Field(ge=0)] = 5
