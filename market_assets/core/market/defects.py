"""Planted defects: a clean panel goes in, a panel with one known fault of each wanted kind comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from market_assets.core.market.panel import PRICE_COLUMNS, VALUE_COLUMNS, Panel

Rows = NDArray[np.int64]
LONGEST_BEFORE = 5
"""Sessions left untouched at both ends of a symbol, so that every defect lies inside its history."""


@dataclass(frozen=True)
class PlantedDefect:
    """One fault: its kind, the symbol, and the quality rule that has to catch it."""

    kind: str
    symbol: str
    rule: str


def _values(panel: Panel) -> dict[str, NDArray]:
    return {name: getattr(panel, name).copy() for name in ("ts", "known_at", *VALUE_COLUMNS)}


def _keep(panel: Panel, rows: Rows) -> Panel:
    """Take rows by number, repeats allowed, in the given order within each symbol."""
    counts = np.bincount(panel.symbol_codes()[rows], minlength=len(panel.symbols))
    arrays = {name: getattr(panel, name)[rows] for name in ("ts", "known_at", *VALUE_COLUMNS)}
    return replace(panel, offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), **arrays)


def _missing(panel: Panel, rows: Rows, generator: Generator) -> Panel:
    inner = rows[LONGEST_BEFORE:-LONGEST_BEFORE]
    dropped = generator.choice(inner, size=max(1, len(rows) // 12), replace=False)
    return _keep(panel, np.setdiff1d(np.arange(panel.n_rows), dropped))


def _duplicate(panel: Panel, rows: Rows, generator: Generator) -> Panel:
    return _keep(panel, np.sort(np.append(np.arange(panel.n_rows), generator.choice(rows[1:]))))


def _edit(panel: Panel, rows: Rows, generator: Generator, change: Callable[[dict, int], None]) -> Panel:
    values = _values(panel)
    change(values, int(generator.choice(rows[LONGEST_BEFORE:-LONGEST_BEFORE])))
    return replace(panel, **values)


def _scale_from(panel: Panel, rows: Rows, generator: Generator, factor: float, record: bool) -> Panel:
    """Divide prices by ``factor`` from a quiet row on (a split that happened), with or without recording it."""
    values = _values(panel)
    quiet = panel.split[rows] == 1.0
    at = int(generator.choice(rows[LONGEST_BEFORE:-LONGEST_BEFORE][quiet[LONGEST_BEFORE:-LONGEST_BEFORE]]))
    later = rows[rows >= at]
    for name in PRICE_COLUMNS:
        values[name][later] /= factor
    values["volume"][later] *= factor
    values["dividend"][later] /= factor
    if record:
        values["split"][at] = factor
    return replace(panel, **values)


def _high_below_low(values: dict, row: int) -> None:
    values["high"][row], values["low"][row] = values["low"][row] * 0.99, values["high"][row]


def _negative_price(values: dict, row: int) -> None:
    values["low"][row] = -values["low"][row]


def _bad_tick(values: dict, row: int) -> None:
    for name in ("high", "close"):
        values[name][row] *= 1.9


def _phantom_split(values: dict, row: int) -> None:
    values["split"][row] = 3.0


def _dividend_in_cents(values: dict, row: int) -> None:
    values["dividend"][row] = values["close"][row] * 0.6


def _known_early(values: dict, row: int) -> None:
    values["known_at"][row] = values["ts"][row] - np.timedelta64(1, "h")


def _zero_volume(panel: Panel, rows: Rows, generator: Generator) -> Panel:
    values = _values(panel)
    values["volume"][generator.choice(rows, size=max(1, len(rows) // 20), replace=False)] = 0.0
    return replace(panel, **values)


def _stale(panel: Panel, rows: Rows, generator: Generator) -> Panel:
    values = _values(panel)
    start = int(generator.choice(rows[LONGEST_BEFORE : -LONGEST_BEFORE - 20]))
    for name in (*PRICE_COLUMNS, "volume"):
        values[name][start : start + 15] = values[name][start]
    values["split"][start + 1 : start + 15], values["dividend"][start + 1 : start + 15] = 1.0, 0.0
    return replace(panel, **values)


def _hours(panel: Panel, rows: Rows, hours: int) -> Panel:
    values = _values(panel)
    for name in ("ts", "known_at"):
        values[name][rows] += np.timedelta64(hours, "h")
    return replace(panel, **values)


DEFECTS: dict[str, tuple[str, Callable[[Panel, Rows, Generator], Panel]]] = {
    "missing_sessions": ("completeness", _missing),
    "duplicate_bar": ("duplicates", _duplicate),
    "high_below_low": ("ohlc_logic", lambda p, r, g: _edit(p, r, g, _high_below_low)),
    "negative_price": ("positive_prices", lambda p, r, g: _edit(p, r, g, _negative_price)),
    "zero_volume": ("zero_volume", _zero_volume),
    "stale_feed": ("stale_feed", _stale),
    "bad_tick": ("extreme_moves", lambda p, r, g: _edit(p, r, g, _bad_tick)),
    "unrecorded_split": ("corporate_actions", lambda p, r, g: _scale_from(p, r, g, 2.0, record=False)),
    "phantom_split": ("corporate_actions", lambda p, r, g: _edit(p, r, g, _phantom_split)),
    "dividend_in_cents": ("corporate_actions", lambda p, r, g: _edit(p, r, g, _dividend_in_cents)),
    "local_time_as_utc": ("time_zone_shift", lambda p, r, _: _hours(p, r, -5)),
    "shifted_day": ("time_zone_shift", lambda p, r, _: _hours(p, r, 24)),
    "known_before_close": ("look_ahead", lambda p, r, g: _edit(p, r, g, _known_early)),
}
"""Kind of defect -> (rule that has to catch it, how to plant it)."""


def plant_defects(panel: Panel, seed: int, kinds: Sequence[str]) -> tuple[Panel, tuple[PlantedDefect, ...]]:
    """Plant one defect of each kind, each in a symbol of its own.

    Parameters
    ----------
    panel : clean as-traded bars, at least ``len(kinds)`` symbols of 60 rows or more.
    seed : chooses the symbols and rows.
    kinds : keys of ``DEFECTS``.

    Returns
    -------
    The spoilt panel and what was planted where, in the order of ``kinds``.

    Raises
    ------
    KeyError
        for an unknown kind.
    ValueError
        if the panel has fewer symbols than ``kinds``.
    """
    if len(kinds) > len(panel.symbols):
        raise ValueError(f"{len(kinds)} defects need as many symbols, the panel has {len(panel.symbols)}")
    generator = Generator(PCG64(seed))
    chosen = generator.choice(len(panel.symbols), size=len(kinds), replace=False)
    planted = []
    for kind, index in zip(kinds, chosen, strict=True):
        rule, plant = DEFECTS[kind]
        own = panel.rows(int(index))
        panel = plant(panel, np.arange(own.start, own.stop), generator)
        planted.append(PlantedDefect(kind=kind, symbol=panel.symbols[int(index)], rule=rule))
    return panel, tuple(planted)
