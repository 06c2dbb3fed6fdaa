"""The synthetic market as a source of bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field

from market_assets.core.market.panel import Panel
from market_assets.core.market.symbols import SymbolRecord
from market_assets.core.market.synthetic import SyntheticSpec, symbol_names, synthesize
from market_assets.core.spec import spec
from market_assets.sources.files import describe_options
from market_assets.sources.selection import choose_symbols


@spec
class SyntheticOptions:
    """Options of the synthetic market; ``market`` is the kind of ``SyntheticSpec``, the rest as there."""

    market: Literal["planted", "null"] = "planted"
    symbols: Annotated[int, Field(ge=1, le=9999)] = 46
    years: Annotated[float, Field(gt=0, le=60)] = 5.0
    seed: Annotated[int, Field(ge=0)] = 0
    start: date = SyntheticSpec().start
    edge: Annotated[float, Field(ge=0, le=1)] = SyntheticSpec().edge

    def to_spec(self) -> SyntheticSpec:
        """Parameters of the market."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "market"}
        return SyntheticSpec(kind=self.market, **values)


class SyntheticSource:
    """Bars of ``synthesize``; every bar is known when it closes."""

    def __init__(self, options: SyntheticOptions) -> None:
        self.options = options
        self._panel: Panel | None = None

    @property
    def name(self) -> str:
        return f"synthetic:{self.options.market}-{self.options.seed}"

    def _load(self) -> Panel:
        if self._panel is None:
            self._panel = synthesize(self.options.to_spec()).panel
        return self._panel

    def symbols(self) -> list[SymbolRecord]:
        panel = self._load()
        return [SymbolRecord(name, sector) for name, sector in zip(panel.symbols, panel.sectors, strict=True)]

    def bars(self, symbols: Sequence[str]) -> pl.DataFrame:
        chosen = choose_symbols(symbols, symbol_names(self.options.to_spec()), self.name)
        return self._load().select(chosen).to_frame()

    def describe(self) -> dict[str, Any]:
        return {**describe_options("synthetic", self.options), "market": self.options.market}

    def notes(self) -> tuple[str, ...]:
        return ()
