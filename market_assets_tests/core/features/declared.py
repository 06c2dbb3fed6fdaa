"""Does a family read what it declares, no more and no less, and as far back as it says? Findings, empty if so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.base import Family
from market_assets.core.features.declaration import BAR_INPUTS
from market_assets.core.features.perturb import noise
from market_assets.core.features.side_family import side_series
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets_tests.core.features.panels import SIDE_SERIES, market

Flags = NDArray[np.bool_]
OWN = 0
"""Number of the symbol that is watched while the bars of others change."""


@cache
def panels() -> tuple[Panel, ...]:
    """Clean markets with and without an index and a volatility level: a feature may take another way in each."""
    return tuple(adjust(market(sessions=200, equities=7, seed=0, context=context)) for context in (True, False))


@cache
def histories() -> tuple[Panel, ...]:
    """The same two, long enough to cut off what lies before a look-back."""
    return tuple(adjust(market(sessions=330, equities=4, seed=3, context=context)) for context in (True, False))


def table(family: Family, panel: Panel) -> NDArray[np.float64]:
    """Values feature by feature, (k, n_rows), one NaN payload."""
    values = np.ascontiguousarray(family.compute(panel).T)
    return np.where(np.isnan(values), np.nan, values)


def differs(one: NDArray[np.float64], other: NDArray[np.float64]) -> Flags:
    """Features (k,) with a changed bit in some row."""
    return (one.view(np.int64) != other.view(np.int64)).any(axis=1)


def column_changed(panel: Panel, column: str) -> Panel:
    """One column of every bar moved at random, low <= open, close <= high kept."""
    rng = np.random.Generator(np.random.PCG64(8))
    shift = 0.01 * np.abs(rng.standard_normal(panel.n_rows))
    changed = {
        "open": lambda: panel.low + rng.random(panel.n_rows) * (panel.high - panel.low),
        "close": lambda: panel.low + rng.random(panel.n_rows) * (panel.high - panel.low),
        "high": lambda: panel.high * (1.0 + shift),
        "low": lambda: panel.low * (1.0 - shift),
        "volume": lambda: panel.volume * np.exp(30.0 * shift),
        "split": lambda: 1.0 + shift,
        "dividend": lambda: shift,
        "known_at": lambda: panel.known_at + np.timedelta64(1, "D"),
    }
    return replace(panel, **{column: changed[column]()})


def side_changed(panel: Panel, series: set[str]) -> Panel:
    """Every figure of some side series moved at random."""
    assert panel.side is not None
    noise_ = np.exp(0.1 * np.random.Generator(np.random.PCG64(8)).standard_normal(panel.side.n_rows))
    moved = np.where(np.isin(panel.side.series, sorted(series)), panel.side.value * noise_, panel.side.value)
    return replace(panel, side=panel.side.with_values(moved))


def bars_changed(panel: Panel, symbols: Flags) -> Panel:
    """Every column of every bar of the chosen symbols moved at random."""
    return noise(panel, symbols[panel.symbol_codes()], np.random.Generator(np.random.PCG64(9)))


def contexts(panel: Panel) -> Iterator[tuple[str, Panel]]:
    """The panel with the bars of the level, of the sector or of the rest changed, and with sectors dealt anew."""
    level = np.array([kind == "level" for kind in panel.kinds])
    mates = np.array([name == panel.sectors[OWN] for name in panel.sectors]) & ~level
    mates[OWN] = False
    outsiders = ~level & ~mates
    outsiders[OWN] = False
    yield "level", bars_changed(panel, level)
    yield "market", bars_changed(panel, outsiders)
    yield "sector or market", bars_changed(panel, mates)
    names = [f"dealt {number // 3}" for number in range(len(panel.symbols))]
    yield "sector", replace(panel, sectors=tuple(names))


def wrong_inputs(family: Family) -> list[str]:
    """Inputs that are declared and change nothing, and inputs that are not declared and change something."""
    read: dict[str, Flags] = {}
    for panel in panels():
        base = table(family, panel)
        rows = panel.rows(OWN)
        for column in (*BAR_INPUTS, "split", "dividend", "known_at"):
            moved = differs(base, table(family, column_changed(panel, column)))
            read[column] = read.get(column, False) | moved
        mine = side_series(family)
        for what, names in {**{f"side:{name}": {name} for name in mine}, "side": set(SIDE_SERIES) - mine}.items():
            read[what] = read.get(what, False) | differs(base, table(family, side_changed(panel, names)))
        for whose, changed in contexts(panel):
            values = [np.ascontiguousarray(part[:, rows]) for part in (base, table(family, changed))]
            read[whose] = read.get(whose, False) | differs(*values)
    found = []
    for number, (name, feature) in enumerate(family.features.items()):
        for what, moved in read.items():
            if what == "sector or market":
                wrong = bool(moved[number]) and not {"sector", "market"} & set(feature.inputs)
            else:
                wrong = bool(moved[number]) != (what in feature.inputs)
            if wrong:
                found.append(f"{name}: {what} is {'read' if moved[number] else 'not read'}, declared {feature.inputs}")
    return found


def wrong_lookback(family: Family) -> list[str]:
    """Features whose first value on clean bars does not come after the declared number of bars."""
    first = np.zeros(len(family.names), dtype=np.int64)
    for panel in panels():
        known = ~np.isnan(table(family, panel)[:, panel.rows(OWN)])
        first = np.maximum(first, np.where(known.any(axis=1), known.argmax(axis=1), panel.n_rows))
    return [
        f"{name}: first value in row {row}, declared {feature.lookback}"
        for (name, feature), row in zip(family.features.items(), first.tolist(), strict=True)
        if row != feature.lookback
    ]


def wrong_memory(family: Family) -> list[str]:
    """Features that are not recursive and change when bars older than their reach are cut off.

    Values of single symbols must keep their bytes; sums over a market may be added up in another order.
    """
    found = []
    for whole in histories():
        session = whole.sessions()[1]
        start = int(session.max()) + 1 - family.lookback - 40
        recent = session >= start
        before, after = table(family, whole)[:, recent], table(family, whole.take(recent))
        age = session[recent] - start
        for number, (name, feature) in enumerate(family.features.items()):
            if feature.recursive:
                continue
            one, other = (np.ascontiguousarray(values[number, age >= feature.reach]) for values in (before, after))
            same = one.tobytes() == other.tobytes()
            near = same if family.per_symbol else np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True)
            if not near:
                found.append(f"{name}: depends on more than {feature.reach} earlier bars")
    return found
