"""The symbol register: versions, tombstones, and names that are never used again."""

from __future__ import annotations

import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.market.symbols import SymbolRecord
from market_assets.stores.database import Database
from market_assets.stores.symbols import RegisteredSymbol, SymbolStore

pytestmark = pytest.mark.services
CSV = {"kind": "csv", "path": "bars.csv"}


def test_registering_again_adds_a_version_only_when_something_changed(database: Database):
    """New names are returned once; a new source is a new version, and the last one counts."""
    store = SymbolStore(database)
    records = [RegisteredSymbol("MSFT", "tech", source=CSV), RegisteredSymbol("^VIX", kind="level", source=CSV)]
    assert store.register(records) == ["MSFT", "^VIX"]
    assert store.register(records) == []
    moved = RegisteredSymbol.of(SymbolRecord("MSFT", "tech"), {"kind": "parquet", "path": "é.parquet"})
    assert store.register([moved, RegisteredSymbol("AAPL")]) == ["AAPL"]
    assert store.get("MSFT") == moved
    assert store.get("^VIX") == records[1]
    assert [record.symbol for record in store.all()] == ["AAPL", "MSFT", "^VIX"]
    versions = database.frame("SELECT symbol, count(*) AS n FROM symbol_version GROUP BY symbol ORDER BY symbol")
    assert versions.rows() == [("AAPL", 1), ("MSFT", 2), ("^VIX", 1)]


def test_a_retired_symbol_stays_retired(database: Database):
    """A tombstone hides the symbol, keeps its history, and cannot be lifted by registering."""
    store = SymbolStore(database)
    store.register([RegisteredSymbol("FB", source=CSV), RegisteredSymbol("MSFT", source=CSV)])
    store.retire("FB", "renamed META")
    assert [record.symbol for record in store.all()] == ["MSFT"]
    assert [record.symbol for record in store.all(include_retired=True)] == ["FB", "MSFT"]
    assert store.get("FB").retired_because == "renamed META"
    cases = {
        "symbol_retired": lambda: store.register([RegisteredSymbol("NEW"), RegisteredSymbol("FB", source=CSV)]),
        "unknown_symbol": lambda: store.retire("NEW", "never was"),
        "retire_reason": lambda: store.retire("MSFT", " "),
        "symbol_twice": lambda: store.register([RegisteredSymbol("NEW"), RegisteredSymbol("NEW", "x")]),
    }
    for rule, refused in cases.items():
        with pytest.raises(BadInputError) as caught:
            refused()
        assert caught.value.rule == rule
    with pytest.raises(BadInputError, match="already retired"):
        store.retire("FB", "again")
    with pytest.raises(BadInputError, match="NEW is not registered"):
        store.get("NEW")
    assert len(store.all(include_retired=True)) == 2
