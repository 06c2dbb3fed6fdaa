"""Ways to change a panel after a cut: what the leakage proof shows a feature instead of the real future."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from market_assets.core.market.panel import PRICE_COLUMNS, Floats, Panel
from market_assets.core.market.side import SideTable

Future = NDArray[np.bool_]
Change = Callable[[Panel, Future, np.random.Generator], Panel]
SideChange = Callable[[SideTable, np.datetime64, np.datetime64, np.random.Generator], SideTable]
FACTOR = 1e6
"""Moves means, extremes, quantiles and norms that noise might leave where they are."""


def noise(panel: Panel, future: Future, rng: np.random.Generator) -> Panel:
    """Multiply the bars of ``future`` rows (n_rows,) by random factors and plant corporate actions there.

    Open and close move by about 5 % each on their own, high and low are rebuilt around them, so that
    low <= open, close <= high still holds; volume moves by a factor of about 1.6 and zero volume becomes some.
    The first future bar of every symbol gets a two-for-one split and a dividend of 1 % of the close, since a factor
    adjusted backwards would carry them into the past.
    """
    n = panel.n_rows

    def move(values: Floats, log_factor: Floats) -> Floats:
        return np.where(future, values * np.exp(log_factor), values)

    open_, close = (move(column, 0.05 * rng.standard_normal(n)) for column in (panel.open, panel.close))
    above, below = (0.02 * np.abs(rng.standard_normal(n)) for _ in range(2))
    high = np.where(future, np.maximum(open_, close) * np.exp(above), panel.high)
    low = np.where(future, np.minimum(open_, close) * np.exp(-below), panel.low)
    volume = move(np.where(future & (panel.volume == 0.0), 1.0, panel.volume), 0.5 * rng.standard_normal(n))
    before = np.concatenate([[False], future[:-1]])
    before[panel.offsets[:-1][panel.offsets[:-1] < n]] = False
    first = future & ~before
    return replace(
        panel,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
        split=np.where(first, 2.0, panel.split),
        dividend=np.where(first, 0.01 * close, panel.dividend),
    )


def scale(panel: Panel, future: Future, rng: np.random.Generator) -> Panel:  # noqa: ARG001 - one signature for all
    """Multiply prices, dividends and volume of the ``future`` rows by one million; zero volume becomes some."""
    factor = np.where(future, FACTOR, 1.0)
    scaled = {name: getattr(panel, name) * factor for name in (*PRICE_COLUMNS, "dividend")}
    return replace(panel, volume=np.where(future, np.maximum(panel.volume, 1.0) * FACTOR, panel.volume), **scaled)


def noise_and_scale(panel: Panel, future: Future, rng: np.random.Generator) -> Panel:
    """``noise`` for one half of the symbols and ``scale`` for the other, by turns: both in one recomputation."""
    odd = panel.symbol_codes() % 2 == 1
    return scale(noise(panel, future & ~odd, rng), future & odd, rng)


def deletion(panel: Panel, future: Future, rng: np.random.Generator) -> Panel:  # noqa: ARG001 - one signature for all
    """Drop the ``future`` rows: the panel as it stood at the cut."""
    return panel.take(~future)


def relearned(side: SideTable, now: np.datetime64, then: np.datetime64, rng: np.random.Generator) -> SideTable:
    """Side series as they may turn out: what is learned after ``now`` is noise, and all before is revised ``then``."""
    later = side.known_at > now
    other = side.value * np.exp(0.5 * rng.standard_normal(side.n_rows)) + 0.1 * rng.standard_normal(side.n_rows)
    revised = side.take(~later).with_values(FACTOR * other[~later])
    revised = replace(revised, known_at=np.full(revised.n_rows, then))
    return side.with_values(np.where(later, other, side.value)).joined(revised)


def forgotten(
    side: SideTable,
    now: np.datetime64,
    then: np.datetime64,  # noqa: ARG001 - one signature for both
    rng: np.random.Generator,  # noqa: ARG001
) -> SideTable:
    """Side series as they stood ``now``."""
    return side.take(side.known_at <= now)


class Variant(NamedTuple):
    """What happens to the bars after a cut, and to what is learned of side series then."""

    bars: Change
    side: SideChange


VARIANTS = {
    "noise_and_scale": Variant(noise_and_scale, relearned),
    "deletion": Variant(deletion, forgotten),
    "extension": Variant(deletion, forgotten),
}
