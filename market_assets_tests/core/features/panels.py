"""Small random markets for the feature tests: raw bars with corporate actions, and their adjusted twins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from market_assets.core.features.bars import Bars
from market_assets.core.features.registry import FAMILIES
from market_assets.core.features.side_family import side_series
from market_assets.core.market.panel import VALUE_COLUMNS, Panel
from market_assets.core.market.side import EVERYONE, SideTable

TIMES = ("ts", "known_at")
SIDE_SERIES = tuple(sorted({name for family in FAMILIES.values() for name in side_series(family)}))
HOUR = np.timedelta64(1, "h")


def symbol_bars(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Heavy-tailed bars of one symbol that respect low <= open, close <= high."""
    close = 50.0 * np.exp(np.cumsum(rng.standard_t(4, n) * 0.012))
    open_ = close * np.exp(rng.normal(0.0, 0.006, n))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0.0, 0.004, n)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0.0, 0.004, n)))
    volume = np.round(np.exp(rng.normal(13.0, 0.5, n)))
    return {"open": open_, "high": high, "low": low, "close": close, "volume": volume}


def join(blocks: list[tuple[str, str, str, np.ndarray, dict[str, np.ndarray]]]) -> Panel:
    """Panel of (symbol, sector, kind, ts, columns) blocks; no corporate actions unless given."""
    sizes = [len(block[3]) for block in blocks]
    ts = np.concatenate([block[3] for block in blocks])
    defaults = {"split": 1.0, "dividend": 0.0}
    values = {
        name: np.concatenate([block[4].get(name, np.full(len(block[3]), defaults.get(name, 0.0))) for block in blocks])
        for name in VALUE_COLUMNS
    }
    return Panel(
        symbols=tuple(block[0] for block in blocks),
        sectors=tuple(block[1] for block in blocks),
        kinds=tuple(block[2] for block in blocks),
        offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        ts=ts,
        known_at=ts,
        **values,
    )


def stamps(n: int) -> np.ndarray:
    """``n`` daily closes."""
    return np.datetime64("2015-01-02T21:00:00", "us") + np.arange(n) * np.timedelta64(1, "D")


def side_rows(sessions: int, seed: int) -> SideTable:
    """Every declared series for the whole market: known an hour before the close, a fifth revised three days later."""
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    blocks = []
    for name in SIDE_SERIES:
        ts = stamps(sessions) - 2 * HOUR
        value = 20.0 * np.exp(np.cumsum(rng.normal(0.0, 0.05, sessions)) * 0.3)
        again = rng.random(sessions) < 0.2
        blocks += [(name, ts, ts + HOUR, value), (name, ts[again], ts[again] + 72 * HOUR, value[again] * 1.1)]
    return SideTable(
        series=np.concatenate([np.full(block[1].size, block[0]) for block in blocks]),
        symbol=np.full(sum(block[1].size for block in blocks), EVERYONE),
        ts=np.concatenate([block[1] for block in blocks]),
        known_at=np.concatenate([block[2] for block in blocks]),
        value=np.concatenate([block[3] for block in blocks]),
    )


def market(sessions: int = 320, equities: int = 8, seed: int = 0, context: bool = True) -> Panel:
    """Raw panel: equities of three sectors, one listed late, splits, dividends, side series; an index and a level."""
    rng = np.random.Generator(np.random.PCG64(seed))
    times = stamps(sessions)
    blocks = []
    for number in range(equities):
        start = 40 if number == 3 else 0
        bars = symbol_bars(sessions - start, rng)
        bars["dividend"] = np.where(np.arange(sessions - start) % 63 == 62, 0.3, 0.0)
        bars["split"] = np.where(np.arange(sessions - start) == 150 + number, 2.0, 1.0)
        blocks.append((f"S{number:02d}", f"sector {number % 3}", "equity", times[start:], bars))
    if context:
        blocks.append(("^IDX", "", "index", times, symbol_bars(sessions, rng)))
        level = 20.0 * np.exp(np.cumsum(rng.normal(0.0, 0.05, sessions)) * 0.3)
        flat = dict.fromkeys(("open", "high", "low", "close"), level)
        blocks.append(("^VIX", "", "level", times, flat))
    return replace(join(blocks), side=side_rows(sessions, seed))


def scaled(panel: Panel, index: int, factor: float) -> Panel:
    """The panel with the prices of one symbol multiplied by ``factor``."""
    rows = panel.rows(index)
    columns = {}
    for name in ("open", "high", "low", "close"):
        columns[name] = getattr(panel, name).copy()
        columns[name][rows] *= factor
    return replace(panel, **columns)


def single(panel: Panel, index: int) -> Panel:
    """The panel of one symbol."""
    return panel.select([panel.symbols[index]])


def bars_and_frame(n: int = 260, seed: int = 7) -> tuple[Bars, pd.DataFrame]:
    """The same random bars for the kernels and for a pandas definition."""
    columns = symbol_bars(n, np.random.Generator(np.random.PCG64(seed)))
    return Bars(**columns), pd.DataFrame(columns)


def agree(fast: np.ndarray, plain: pd.Series | np.ndarray, rtol: float = 1e-9, atol: float = 1e-12) -> None:
    """Both defined on the same rows, and equal there; most rows must be defined."""
    plain = np.asarray(plain, dtype=np.float64)
    np.testing.assert_array_equal(np.isnan(fast), np.isnan(plain))
    assert np.isfinite(fast).mean() > 0.5
    np.testing.assert_allclose(fast, plain, rtol=rtol, atol=atol)
