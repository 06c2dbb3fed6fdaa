"""From full Kelly exposures to positions: a fraction of them, with a limit on every position and on the book."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats
from market_assets.core.spec import spec


@spec
class KellySpec:
    """How much of the Kelly exposure is held.

    Parameters
    ----------
    fraction : share of the full exposure. Full Kelly is the fastest for known odds; on estimated ones it overbets, and
        half of it keeps three quarters of the growth at half of the volatility.
    cap : largest sum of absolute positions, as a multiple of equity.
    position : largest absolute position in one name, as a multiple of equity.
    long_only : negative exposures become zero instead of short positions.
    """

    fraction: float = Field(default=0.5, gt=0.0, le=1.0)
    cap: float = Field(default=0.25, gt=0.0, le=10.0)
    position: float = Field(default=0.05, gt=0.0, le=10.0)
    long_only: bool = False


def kelly_positions(exposure: ArrayLike, sizing: KellySpec) -> Floats:
    """Positions as multiples of equity from full Kelly exposures, of any shape (..., N); the last axis is one book.

    The fraction comes first, then the limit of every position, then the whole book shrinks in proportion where it
    exceeds the cap. No step makes a position larger or changes its sign.

    Raises
    ------
    BadInputError
        rule ``kelly_exposure``: an exposure that is not finite. A name without an estimate has exposure 0, said so by
        the caller.
    """
    full = np.atleast_1d(np.asarray(exposure, np.float64))
    if not np.isfinite(full).all():
        raise BadInputError("kelly_exposure", f"{int((~np.isfinite(full)).sum())} exposures are not finite")
    held = np.clip(sizing.fraction * full, 0.0 if sizing.long_only else -sizing.position, sizing.position)
    gross = np.abs(held).sum(axis=-1, keepdims=True)
    return np.where(gross > sizing.cap, held * (sizing.cap / np.maximum(gross, sizing.cap)), held)
