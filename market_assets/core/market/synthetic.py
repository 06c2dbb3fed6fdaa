"""The synthetic market: a deterministic panel whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.market.calendar import sessions_of
from market_assets.core.market.panel import VALUE_COLUMNS, Floats, Panel
from market_assets.core.market.synthetic_bars import simulate_bars
from market_assets.core.market.synthetic_draws import draw, draw_traits
from market_assets.core.market.synthetic_returns import sector_codes, simulate_returns
from market_assets.core.market.synthetic_spec import SECTORS, SyntheticSpec

__all__ = ["SyntheticMarket", "SyntheticSpec", "Truth", "symbol_names", "synthesize"]

SYNTHETIC_VERSION = "1"
"""Raise when the bars of an unchanged spec change."""


@dataclass(frozen=True)
class Truth:
    """What a real market hides, one value a panel row, each (n_rows,).

    ``pressure`` is the latent signal at the close of the row, ``expected_next`` the mean it gives to the next
    session's log total return, ``total_return`` the row's own log total return, ``volatility`` the idiosyncratic
    standard deviation of the row's session.
    """

    pressure: Floats
    expected_next: Floats
    total_return: Floats
    volatility: Floats


@dataclass(frozen=True)
class SyntheticMarket:
    """A panel of as-traded bars and the truth behind it."""

    spec: SyntheticSpec
    panel: Panel
    truth: Truth


def symbol_names(spec: SyntheticSpec) -> tuple[str, ...]:
    """Names ``P0.0001``, ``P0.0002``, ...: planted or null, seed, number.

    Several markets can stand side by side in one warehouse; the order as text is the order of the numbers.
    """
    return tuple(f"{spec.kind[0].upper()}{spec.seed}.{index + 1:04d}" for index in range(spec.symbols))


def synthesize(spec: SyntheticSpec) -> SyntheticMarket:
    """Simulate a market on the sessions of the New York exchange.

    The same spec gives the same bars; more ``years`` or ``symbols`` extend the panel and change no earlier bar.

    Raises
    ------
    NotEnoughDataError
        if no session lies in the range.
    """
    last = spec.start + timedelta(days=round(spec.years * 365.25) - 1)
    stamps = sessions_of("XNYS", spec.start, last)
    if len(stamps) == 0:
        raise NotEnoughDataError(f"no XNYS session between {spec.start} and {last}")
    traits = draw_traits(spec.seed, spec.symbols)
    draws = draw(spec.seed, len(stamps), spec.symbols)
    returns = simulate_returns(spec, draws, traits)
    bars = simulate_bars(draws, traits, returns, spec.visibility, spec.volume_visibility)

    def flat(grid: Floats) -> Floats:
        return np.ascontiguousarray(grid.T).ravel()

    ts = np.tile(stamps, spec.symbols)
    panel = Panel(
        symbols=symbol_names(spec),
        offsets=np.arange(spec.symbols + 1, dtype=np.int64) * len(stamps),
        ts=ts,
        known_at=ts.copy(),
        **{name: flat(getattr(bars, name)) for name in VALUE_COLUMNS},
        sectors=tuple(SECTORS[code] for code in sector_codes(spec.symbols)),
        kinds=("equity",) * spec.symbols,
        side=None,
    )
    truth = Truth(
        pressure=flat(returns.pressure),
        expected_next=flat(returns.expected_next),
        total_return=flat(returns.total),
        volatility=flat(returns.volatility),
    )
    return SyntheticMarket(spec=spec, panel=panel, truth=truth)
