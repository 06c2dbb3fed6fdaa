"""Names of feature months: what comes later changes none of them, what is revised changes exactly what it can reach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.features.chunks import Prefixes, chunks_of
from market_assets.core.features.registry import FAMILIES
from market_assets.core.features.side_family import side_series
from market_assets.core.market.panel import VALUE_COLUMNS, Panel
from market_assets_tests.core.features.panels import market

RAW = market(sessions=200, equities=4, seed=2)
MONTHS = np.unique(RAW.ts.astype("datetime64[M]"))
every_family = pytest.mark.parametrize("name", sorted(FAMILIES))


def keys(name: str, panel: Panel) -> dict[tuple[str, str], str]:
    """Key of every chunk, by symbol and month."""
    found = {}
    for symbol, chunks in chunks_of(FAMILIES[name], panel, Prefixes.of(panel)).items():
        for one in chunks:
            (month,) = np.unique(panel.ts[one.start : one.stop].astype("datetime64[M]"))
            found[symbol, str(month)] = one.key
    return found


def changed(name: str, panel: Panel) -> set[tuple[str, str]]:
    """Chunks of the raw market that have another key, or none, in ``panel``."""
    before, after = keys(name, RAW), keys(name, panel)
    return {place for place, key in before.items() if after.get(place) != key}


def reached(name: str, symbols: set[str], month: str) -> set[tuple[str, str]]:
    """Chunks from ``month`` on: of ``symbols``, or of all where a family looks at all."""
    hit = symbols if FAMILIES[name].per_symbol else set(RAW.symbols)
    return {place for place in keys(name, RAW) if place[0] in hit and place[1] >= month}


@every_family
def test_chunks_are_the_rows_of_a_symbol_by_month(name: str) -> None:
    """Every row once, in order; no two keys alike."""
    chunks = chunks_of(FAMILIES[name], RAW, Prefixes.of(RAW))
    assert list(chunks) == list(RAW.symbols)
    edges = [(one.start, one.stop) for found in chunks.values() for one in found]
    assert [0, *(stop for _, stop in edges)] == [*(start for start, _ in edges), RAW.n_rows]
    assert len(set(keys(name, RAW).values())) == len(keys(name, RAW))


@every_family
def test_more_bars_change_only_the_open_month(name: str) -> None:
    """The market cut in the middle of a month names all earlier months as the longer one does."""
    cut = RAW.ts <= MONTHS[-2].astype("datetime64[us]") + np.timedelta64(9, "D")
    assert changed(name, RAW.take(cut)) == {place for place in keys(name, RAW) if place[1] >= str(MONTHS[-2])}


@every_family
@pytest.mark.parametrize("column", [*VALUE_COLUMNS, "known_at"])
def test_a_revision_reaches_its_own_and_later_months(name: str, column: str) -> None:
    """Of its symbol, and of all symbols where the family compares them; earlier months keep their keys."""
    row = int(RAW.offsets[2]) + 100
    values = getattr(RAW, column).copy()
    values[row] += np.timedelta64(1, "D") if column == "known_at" else 0.5
    month = str(RAW.ts[row].astype("datetime64[M]"))
    assert changed(name, replace(RAW, **{column: values})) == reached(name, {RAW.symbols[2]}, month)


@every_family
def test_a_bar_that_was_missing_reaches_its_own_and_later_months(name: str) -> None:
    """A bar that comes late into the past counts as a revision."""
    row = int(RAW.offsets[1]) + 70
    month = str(RAW.ts[row].astype("datetime64[M]"))
    assert changed(name, RAW.take(np.arange(RAW.n_rows) != row)) == reached(name, {RAW.symbols[1]}, month)


@every_family
def test_sectors_and_the_universe_matter_where_symbols_are_compared(name: str) -> None:
    """A sector of another name, and a symbol less, change every key of a family that looks at all, and no other."""
    everything = set() if FAMILIES[name].per_symbol else set(keys(name, RAW))
    assert changed(name, replace(RAW, sectors=("new", *RAW.sectors[1:]))) == everything
    fewer = {place for place in changed(name, RAW.select(RAW.symbols[1:])) if place[0] != RAW.symbols[0]}
    assert fewer == {place for place in everything if place[0] != RAW.symbols[0]}


@every_family
def test_a_side_figure_reaches_the_months_from_when_it_was_known(name: str) -> None:
    """Of the families that read its series; what is learned in a later month leaves earlier keys alone."""
    side = RAW.side
    assert side is not None
    wanted = sorted(side_series(FAMILIES[name])) or list(side.names)
    row = int(np.flatnonzero(np.isin(side.series, wanted) & (side.known_at > RAW.ts[100]))[0])
    month = str(RAW.ts[RAW.ts >= side.known_at[row]].min().astype("datetime64[M]"))
    value = side.value.copy()
    value[row] += 0.5
    hit = reached(name, set(RAW.symbols), month) if side_series(FAMILIES[name]) else set()
    assert changed(name, replace(RAW, side=side.with_values(value))) == hit


def test_version_and_names_are_part_of_the_key() -> None:
    """Other code or columns are other values."""
    family, prefixes = FAMILIES["technical"], Prefixes.of(RAW)
    seen = [
        chunks_of(one, RAW, prefixes)[RAW.symbols[0]][0].key
        for one in (
            family,
            replace(family, version="x"),
            replace(family, features=dict(reversed(family.features.items()))),
            FAMILIES["volatility"],
        )
    ]
    assert len(set(seen)) == len(seen)
