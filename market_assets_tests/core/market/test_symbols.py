"""Symbol records."""

from __future__ import annotations

import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.market.symbols import SymbolRecord


def test_defaults_are_a_daily_new_york_equity():
    """A bare symbol is a daily XNYS equity without a sector."""
    assert SymbolRecord("BRK.B") == SymbolRecord("BRK.B", "", "equity", "XNYS", "1d")


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"symbol": "../x"}, "symbol_allow_list"),
        ({"symbol": "A|B"}, "symbol_allow_list"),
        ({"symbol": "'; drop table"}, "symbol_allow_list"),
        ({"symbol": "A", "kind": "bond"}, "symbol_kind"),
        ({"symbol": "A", "interval": "5m"}, "symbol_interval"),
        ({"symbol": "A", "calendar": ""}, "symbol_calendar"),
        ({"symbol": "A", "calendar": "X/../Y"}, "symbol_calendar"),
        ({"symbol": "A", "sector": "two\nlines"}, "symbol_sector"),
        ({"symbol": "A", "sector": "x" * 81}, "symbol_sector"),
    ],
)
def test_refuses_what_is_not_allowed(options, rule):
    """Each field has its own rule."""
    with pytest.raises(BadInputError) as caught:
        SymbolRecord(**options)
    assert caught.value.rule == rule
