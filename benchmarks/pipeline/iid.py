"""A null market without any memory: independent fat-tailed days, common factors, constant volatility."""

from __future__ import annotations

import numpy as np

from benchmarks.pipeline.layout import panel_of, stamps_of
from market_assets.core.market.panel import VALUE_COLUMNS, Panel
from market_assets.core.market.synthetic_bars import simulate_bars
from market_assets.core.market.synthetic_draws import draw, draw_traits
from market_assets.core.market.synthetic_returns import (
    DRIFT,
    MARKET_VOLATILITY,
    SECTOR_VOLATILITY,
    Returns,
    sector_codes,
)
from market_assets.core.market.synthetic_spec import SyntheticSpec


def iid_market(symbols: int, years: float, seed: int) -> Panel:
    """Student t factors and shocks, independent from day to day, in bars of the synthetic market.

    Half of each symbol's variance is taken off its log return, so that simple returns have one mean: without it a
    book of volatile names against quiet ones would earn something.
    """
    stamps = stamps_of(years)
    traits, draws = draw_traits(seed, symbols), draw(seed, len(stamps), symbols)
    sectors = sector_codes(symbols)
    market = MARKET_VOLATILITY * traits.beta
    variance = market**2 + SECTOR_VOLATILITY**2 + traits.volatility**2
    total = (
        DRIFT
        - variance / 2.0
        + draws.market[:, None] * market
        + SECTOR_VOLATILITY * draws.sector[:, sectors]
        + traits.volatility * draws.shock
    )
    returns = Returns(
        total=total,
        volatility=np.broadcast_to(traits.volatility, total.shape),
        pressure=draws.pressure,
        expected_next=np.zeros_like(total),
    )
    plain = SyntheticSpec()
    bars = simulate_bars(draws, traits, returns, plain.visibility, plain.volume_visibility)
    return panel_of(stamps, {name: getattr(bars, name) for name in VALUE_COLUMNS}, "I")
