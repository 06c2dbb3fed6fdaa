"""Random draws of the synthetic market, laid out so that a longer or wider market repeats them.

Every symbol and every factor has a generator of its own, and each purpose a stream of its own, drawn session by
session: asking for more sessions or more symbols extends the arrays and changes none of their beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from market_assets.core.market.panel import Floats
from market_assets.core.market.synthetic_spec import SECTORS

TAIL_DEGREES = 5.0
LARGEST_SHOCK = 9.0

_MARKET, _SECTOR, _SYMBOL = 0, 1, 2
_TRAITS, _SHOCK, _PRESSURE, _BAR, _ACTION = 0, 1, 2, 3, 4


@dataclass(frozen=True)
class Traits:
    """What stays constant for a symbol, each (N,)."""

    price: Floats
    volatility: Floats
    beta: Floats
    shares: Floats
    dividend_yield: Floats
    dividend_phase: Floats
    split_above: Floats


@dataclass(frozen=True)
class Draws:
    """Unit-variance draws of S sessions."""

    market: Floats  # (S,)
    sector: Floats  # (S, number of sectors)
    shock: Floats  # (S, N) Student t, scaled to variance 1
    pressure: Floats  # (S, N) normal
    bar: Floats  # (S, N, 4) normals: overnight, upper wick, lower wick, volume
    action: Floats  # (S, N) uniform on [0, 1)


def _generator(seed: int, *key: int) -> Generator:
    return Generator(PCG64(SeedSequence(seed, spawn_key=key)))


def _student(generator: Generator, sessions: int) -> Floats:
    scaled = generator.standard_t(TAIL_DEGREES, sessions) * np.sqrt((TAIL_DEGREES - 2) / TAIL_DEGREES)
    return np.clip(scaled, -LARGEST_SHOCK, LARGEST_SHOCK)


def draw_traits(seed: int, symbols: int) -> Traits:
    """Draw the constants of each symbol."""
    unit = np.array([_generator(seed, _SYMBOL, i, _TRAITS).random(8) for i in range(symbols)])
    price = 25.0 * np.exp(unit[:, 0] * np.log(8.0))
    return Traits(
        price=price,
        volatility=0.010 + 0.010 * unit[:, 1],
        beta=0.6 + 0.8 * unit[:, 2],
        shares=2e6 * np.exp(unit[:, 3] * np.log(20.0)),
        dividend_yield=np.where(unit[:, 4] < 0.3, 0.0, 0.005 + 0.03 * unit[:, 5]),
        dividend_phase=np.floor(unit[:, 6] * 63),
        split_above=price * (1.3 + 1.2 * unit[:, 7]),
    )


def draw(seed: int, sessions: int, symbols: int) -> Draws:
    """Draw everything that varies from session to session."""

    def columns(purpose: int, sample) -> Floats:  # type: ignore[no-untyped-def]
        return np.stack([sample(_generator(seed, _SYMBOL, i, purpose)) for i in range(symbols)], axis=1)

    return Draws(
        market=_student(_generator(seed, _MARKET), sessions),
        sector=np.stack([_student(_generator(seed, _SECTOR, k), sessions) for k in range(len(SECTORS))], axis=1),
        shock=columns(_SHOCK, lambda g: _student(g, sessions)),
        pressure=columns(_PRESSURE, lambda g: g.standard_normal(sessions)),
        bar=columns(_BAR, lambda g: g.standard_normal((sessions, 4))),
        action=columns(_ACTION, lambda g: g.random(sessions)),
    )
