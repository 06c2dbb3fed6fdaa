"""Choosing symbols by name, with help for the misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from market_assets.core.errors import BadInputError, Location
from market_assets.core.identifiers import check_symbol


def choose_symbols(wanted: Sequence[str], offered: Collection[str], where: str | None = None) -> list[str]:
    """Return the wanted symbols, sorted and without repeats.

    Raises
    ------
    BadInputError
        rules ``symbol_allow_list``, ``unknown_symbol`` (lists near matches).
    """
    for symbol in wanted:
        check_symbol(symbol, Location(where, None, "symbol") if where else None)
        if symbol not in offered:
            near = difflib.get_close_matches(symbol, sorted(offered), n=5, cutoff=0.5)
            hint = f"near matches: {', '.join(near)}" if near else f"the source offers {len(offered)} other symbols"
            raise BadInputError("unknown_symbol", f"{symbol} is not offered; {hint}", Location(where, None, "symbol"))
    return sorted(set(wanted))
