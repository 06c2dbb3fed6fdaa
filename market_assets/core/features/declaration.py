"""What one feature declares about itself: formula, source, inputs and look-back."""

from __future__ import annotations

from dataclasses import dataclass

BAR_INPUTS = ("open", "high", "low", "close", "volume")
"""Columns of a bar. Alone they mean the bars of the symbol itself."""

CONTEXT_INPUTS = ("market", "sector", "level")
"""Whose bars are read beside the symbol's own: of all tradable symbols, of those of its sector, of context series such
as the VIX. A declaration that names one of them is about columns of these bars too."""

CLOSE = ("close",)
HIGH_LOW = ("high", "low")
HIGH_LOW_CLOSE = ("high", "low", "close")
OPEN_CLOSE = ("open", "close")
PRICES = ("open", "high", "low", "close")
VOLUME_ONLY = ("volume",)
CLOSE_VOLUME = ("close", "volume")
HIGH_LOW_CLOSE_VOLUME = ("high", "low", "close", "volume")
MARKET_CLOSE = ("close", "market")
FEAR_CLOSE = ("close", "market", "level")


@dataclass(frozen=True)
class Feature:
    """One feature, as the documentation and the column schema show it; the tests hold it to its word.

    Parameters
    ----------
    formula : one line.
    source : where the definition comes from, author and year or title; ``own`` for a definition of this project,
        ``own, after ...`` where it varies a published one.
    inputs : names out of ``BAR_INPUTS``, ``CONTEXT_INPUTS`` and ``side:<series>``, every one that is read and no other.
    lookback : earlier bars of the symbol, or sessions of the market, after which it is defined on clean bars, whatever
        the panel holds beside the symbol.
    recursive : it is exponentially weighted: it remembers beyond ``lookback``, with vanishing weight.
    memory : earlier bars that a value may depend on, where that is more than ``lookback`` (a run that is counted).
    """

    formula: str
    source: str
    inputs: tuple[str, ...]
    lookback: int
    recursive: bool = False
    memory: int = 0

    def __post_init__(self) -> None:
        known = {*BAR_INPUTS, *CONTEXT_INPUTS}
        if odd := [name for name in self.inputs if name not in known and not name.startswith("side:")]:
            raise ValueError(f"unknown feature inputs: {', '.join(odd)}")
        if not self.formula.strip() or not self.source.strip() or not self.inputs or self.lookback < 0:
            raise ValueError("a feature declares its formula, source, inputs and look-back")
        if len(set(self.inputs)) != len(self.inputs):
            raise ValueError(f"feature inputs repeat: {', '.join(self.inputs)}")
        if "\n" in self.formula + self.source:
            raise ValueError("formula and source of a feature are one line each")

    @property
    def reach(self) -> int:
        """Earlier bars that a value depends on, the vanishing part of a recursive one left out."""
        return max(self.lookback, self.memory)

    @property
    def text(self) -> str:
        """Formula and source in one line, for column schemas."""
        return f"{self.formula} [{self.source}]"
