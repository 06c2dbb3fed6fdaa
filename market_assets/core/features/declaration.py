"""What one feature declares about itself: formula, source, inputs and look-back."""

from __future__ import annotations

from dataclasses import dataclass

BAR_INPUTS = ("open", "high", "low", "close", "volume")
CONTEXT_INPUTS = ("market", "sector", "level")
"""Bars of other symbols: of all tradable ones, of those of the same sector, of context series such as the VIX."""


@dataclass(frozen=True)
class Feature:
    """One feature, as the documentation and the column schema show it; the tests hold it to its word.

    Parameters
    ----------
    formula : one line.
    source : where the definition comes from, author and year or title; ``own`` for a definition of this project.
    inputs : names out of ``BAR_INPUTS`` (of the symbol itself), ``CONTEXT_INPUTS`` and ``side:<series>``.
    lookback : earlier bars of the symbol, or sessions of the market, after which it is defined.
    """

    formula: str
    source: str
    inputs: tuple[str, ...]
    lookback: int

    def __post_init__(self) -> None:
        known = {*BAR_INPUTS, *CONTEXT_INPUTS}
        if odd := [name for name in self.inputs if name not in known and not name.startswith("side:")]:
            raise ValueError(f"unknown feature inputs: {', '.join(odd)}")
        if not self.formula or not self.source or not self.inputs or self.lookback < 0:
            raise ValueError("a feature declares its formula, source, inputs and look-back")
