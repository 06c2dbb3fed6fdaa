"""What the product knows about a symbol before any bar of it is read."""

from __future__ import annotations

from dataclasses import dataclass

from market_assets.core.errors import BadInputError
from market_assets.core.identifiers import check_symbol

KINDS = ("equity", "index", "level")
"""``equity`` and ``index`` are traded; ``level`` (such as the VIX) is context only."""

INTERVALS = ("1d", "1h", "1m")


@dataclass(frozen=True)
class SymbolRecord:
    """One symbol of a source.

    Parameters
    ----------
    symbol : allowed symbol, see ``check_symbol``.
    sector : free text, empty when unknown.
    kind : one of ``KINDS``.
    calendar : exchange calendar code of ``exchange_calendars``, such as ``XNYS``.
    interval : one of ``INTERVALS``.

    Raises
    ------
    BadInputError
        rules ``symbol_allow_list``, ``symbol_kind``, ``symbol_interval``, ``symbol_calendar``, ``symbol_sector``.
    """

    symbol: str
    sector: str = ""
    kind: str = "equity"
    calendar: str = "XNYS"
    interval: str = "1d"

    def __post_init__(self) -> None:
        check_symbol(self.symbol)
        if self.kind not in KINDS:
            raise BadInputError("symbol_kind", f"{self.symbol}: kind {self.kind!r} is not one of {', '.join(KINDS)}")
        if self.interval not in INTERVALS:
            raise BadInputError(
                "symbol_interval", f"{self.symbol}: interval {self.interval!r} is not one of {', '.join(INTERVALS)}"
            )
        if not (0 < len(self.calendar) <= 16 and self.calendar.isascii() and self.calendar.replace("_", "").isalnum()):
            raise BadInputError("symbol_calendar", f"{self.symbol}: {self.calendar!r} is not a calendar code")
        if len(self.sector) > 80 or not self.sector.isprintable():
            raise BadInputError("symbol_sector", f"{self.symbol}: sector {self.sector[:80]!r} is not short plain text")
