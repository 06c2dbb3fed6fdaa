"""Log total returns of the synthetic market: factors, volatility clustering and the planted pressure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market_assets.core.market.panel import Floats
from market_assets.core.market.synthetic_draws import Draws, Traits
from market_assets.core.market.synthetic_spec import SECTORS, SyntheticSpec

MARKET_VOLATILITY = 0.008
SECTOR_VOLATILITY = 0.005
DRIFT = 0.0002
ALPHA, BETA = 0.08, 0.90
"""GARCH(1,1) of every shock series (Bollerslev 1986), with unconditional variance 1."""


@dataclass(frozen=True)
class Returns:
    """All (S, N): log total return, its idiosyncratic standard deviation, the pressure, next session's mean."""

    total: Floats
    volatility: Floats
    pressure: Floats
    expected_next: Floats


def garch_scale(shocks: Floats) -> Floats:
    """Standard deviation of each session, (S + 1, ...): ``h_{t+1} = 1 - a - b + a h_t z_t^2 + b h_t``, ``h_0 = 1``.

    Row ``t`` is known before session ``t``; the last row belongs to the session after the end.
    """
    variance = np.ones((len(shocks) + 1, *shocks.shape[1:]))
    for t in range(len(shocks)):
        variance[t + 1] = (1 - ALPHA - BETA) + variance[t] * (ALPHA * shocks[t] ** 2 + BETA)
    return np.sqrt(variance)


def autoregress(innovations: Floats, persistence: float) -> Floats:
    """Stationary AR(1) with unit variance, (S, N); the first row is its innovation."""
    out = np.empty_like(innovations)
    scale = np.sqrt(1 - persistence**2)
    for t in range(len(innovations)):
        out[t] = innovations[t] if t == 0 else persistence * out[t - 1] + scale * innovations[t]
    return out


def sector_codes(symbols: int) -> NDArray[np.int64]:
    """Sector number of each symbol, (N,): dealt in turn, so that a wider market keeps them."""
    return np.arange(symbols) % len(SECTORS)


def simulate_returns(spec: SyntheticSpec, draws: Draws, traits: Traits) -> Returns:
    """Combine the draws.

    ``r_t = drift + beta m_t + g_t + sigma_t z_t + edge sigma_t s_{t-1}`` with market ``m``, sector ``g``, own shock
    ``z`` (each Student t with GARCH scale) and pressure ``s``. The mean of session ``t + 1`` is known at the close of
    ``t``: ``sigma_{t+1}`` and ``s_t`` are.
    """
    sessions, symbols = draws.shock.shape
    market = MARKET_VOLATILITY * garch_scale(draws.market)[:-1] * draws.market
    sector = SECTOR_VOLATILITY * garch_scale(draws.sector)[:-1] * draws.sector
    scale = garch_scale(draws.shock) * traits.volatility
    pressure = autoregress(draws.pressure, spec.persistence)
    expected_next = spec.effective_edge * scale[1:] * pressure
    expected = np.vstack([np.zeros((1, symbols)), expected_next])[:sessions]
    total = (
        DRIFT + market[:, None] * traits.beta + sector[:, sector_codes(symbols)] + scale[:-1] * draws.shock + expected
    )
    return Returns(total=total, volatility=scale[:-1], pressure=pressure, expected_next=expected_next)
