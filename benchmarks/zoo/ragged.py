"""The markets on which the proof of the features is tried: null, planted, and one as untidy as real data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from market_assets.core.market.panel import PRICE_COLUMNS, VALUE_COLUMNS, Panel
from market_assets.core.market.synthetic import synthesize
from market_assets.core.market.synthetic_spec import SyntheticSpec

PANELS = ("null", "planted", "ragged")
LATE, LATER, ENDS, HALTED = 0, 1, 2, (3, 4)
"""Symbols that begin after a fifth and after three fifths of the history, that end before its end, that have gaps."""


def make_panel(name: str, symbols: int, years: float, seed: int = 0) -> Panel:
    """Raw bars of one of ``PANELS``."""
    kind = "null" if name == "null" else "planted"
    panel = synthesize(SyntheticSpec(kind=kind, symbols=symbols, years=years, seed=seed)).panel
    return ragged(panel, seed) if name == "ragged" else panel


def ragged(panel: Panel, seed: int) -> Panel:
    """The panel with late listings, an end, halts, splits and dividends, an index, and a gauge that begins late."""
    rng = np.random.Generator(np.random.PCG64(seed))
    panel = _with_context(_with_actions(panel, rng), rng)
    sessions, number = panel.sessions()
    size, code = len(sessions), panel.symbol_codes()
    keep = np.ones(panel.n_rows, dtype=np.bool_)
    keep &= ~((code == LATE) & (number < size // 5)) & ~((code == LATER) & (number < 3 * size // 5))
    keep &= ~((code == ENDS) & (number > 4 * size // 5))
    keep &= ~((code == panel.symbols.index("^VIX")) & (number < 7 * size // 10))
    for halted in HALTED:
        for start in rng.integers(5, size - 10, 6):
            keep &= ~((code == halted) & (number >= start) & (number < start + rng.integers(2, 5)))
    return panel.take(keep)


def _with_actions(panel: Panel, rng: np.random.Generator) -> Panel:
    """A split and quarterly dividends for every symbol; prices fall by what is split or paid."""
    columns = {name: getattr(panel, name).copy() for name in VALUE_COLUMNS}
    for index in range(len(panel.symbols)):
        rows = panel.rows(index)
        row = rows.start + int(rng.integers(20, rows.stop - rows.start - 5))
        columns["split"][row] = 2.0
        for name in PRICE_COLUMNS:
            columns[name][row : rows.stop] /= 2.0
        paid = np.arange(rows.start + 30 + index % 20, rows.stop, 63)
        columns["dividend"][paid] = 0.005 * columns["close"][paid]
    return replace(panel, **columns)


def _with_context(panel: Panel, rng: np.random.Generator) -> Panel:
    """An index ``^IDX`` and a volatility level ``^VIX`` beside the equities."""
    sessions, _ = panel.sessions()
    index = 1000.0 * np.exp(np.cumsum(0.01 * rng.standard_normal(len(sessions))))
    level = 20.0 * np.exp(0.2 * np.cumsum(0.05 * rng.standard_normal(len(sessions))))
    flat = {"split": np.ones(len(sessions)), "dividend": np.zeros(len(sessions))}
    added = [
        {**dict.fromkeys(PRICE_COLUMNS, values), "volume": np.full(len(sessions), volume), **flat}
        for values, volume in ((index, 1e9), (level, 0.0))
    ]
    return Panel(
        symbols=(*panel.symbols, "^IDX", "^VIX"),
        offsets=np.append(panel.offsets, panel.n_rows + len(sessions) * np.arange(1, 3)).astype(np.int64),
        ts=np.concatenate([panel.ts, sessions, sessions]),
        known_at=np.concatenate([panel.known_at, sessions, sessions]),
        sectors=(*panel.sectors, "", ""),
        kinds=(*panel.kinds, "index", "level"),
        **{name: np.concatenate([getattr(panel, name), *(one[name] for one in added)]) for name in VALUE_COLUMNS},
    )
