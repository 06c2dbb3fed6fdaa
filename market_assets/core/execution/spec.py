"""What an experiment file says about the portfolio and its costs."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from market_assets.core.spec import spec


@spec
class PortfolioSpec:
    """How scores become a book.

    Parameters
    ----------
    mode : ``neutral`` (cross-sectional, equal long and short) or ``directional`` (each name by itself).
    smoothing : sessions whose scores are averaged; 1 = today's score only.
    gross : sum of absolute weights aimed at (neutral) or allowed (directional), as a multiple of equity.
    cap : largest absolute weight of one name.
    capital : account size in the currency of the prices; sets the size of orders, hence the slippage tier.
    settle_after : sessions without a bar after which a position is settled at the last close (a delisting).
    """

    mode: Literal["neutral", "directional"] = "neutral"
    smoothing: int = Field(default=10, ge=1, le=252)
    gross: float = Field(default=1.0, gt=0.0, le=10.0)
    cap: float = Field(default=0.05, gt=0.0, le=10.0)
    capital: float = Field(default=25_000.0, gt=0.0)
    settle_after: int = Field(default=20, ge=1, le=252)


@spec
class CostSpec:
    """What trading costs; rates in basis points of the traded notional.

    Parameters
    ----------
    maker_bp, taker_bp, maker_share : fee of passive and aggressive fills, and the share filled passively.
    slippage : tiers (limit, rate) by order notional, the last with limit None. The first tier holds below its limit,
        the following ones up to and including theirs: < 1,000, 1,000 to 10,000, > 10,000.
    borrow_bp_per_year : charged on short positions per calendar day held (actual / 365).
    """

    maker_bp: float = Field(default=1.0, ge=0.0)
    taker_bp: float = Field(default=5.0, ge=0.0)
    maker_share: float = Field(default=0.0, ge=0.0, le=1.0)
    slippage: tuple[tuple[float | None, float], ...] = ((1_000.0, 5.0), (10_000.0, 15.0), (None, 35.0))
    borrow_bp_per_year: float = Field(default=50.0, ge=0.0)

    @model_validator(mode="after")
    def _tiers_ascend(self) -> CostSpec:
        limits = [math.inf if limit is None else limit for limit, _ in self.slippage]
        rates = [rate for _, rate in self.slippage]
        if not limits or limits[-1] != math.inf:
            raise ValueError("the last slippage tier must have the limit null (no upper end)")
        if limits[0] <= 0.0 or any(low >= high for low, high in pairwise(limits)):
            raise ValueError(f"slippage limits must be positive and strictly ascending, got {limits}")
        if rates[0] < 0.0 or any(low > high for low, high in pairwise(rates)):
            raise ValueError(f"slippage rates must be >= 0 and must not fall with size, got {rates}")
        return self

    @property
    def fee_rate(self) -> float:
        """Mean fee as a fraction of the traded notional."""
        return (self.maker_share * self.maker_bp + (1.0 - self.maker_share) * self.taker_bp) * 1e-4
