"""The panel: bars of one interval for many symbols, as flat arrays sorted by (symbol, ts)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from market_assets.core.identity import hash_arrays
from market_assets.core.market.side import SideTable

Floats = NDArray[np.float64]
PRICE_COLUMNS = ("open", "high", "low", "close")
VALUE_COLUMNS = (*PRICE_COLUMNS, "volume", "split", "dividend")

BAR_SCHEMA = pl.Schema(
    {
        "symbol": pl.String,
        "ts": pl.Datetime("us", "UTC"),
        "known_at": pl.Datetime("us", "UTC"),
        **dict.fromkeys(VALUE_COLUMNS, pl.Float64),
    }
)
"""Every bar frame in this product: ``ts`` = when the bar closed, ``known_at`` = when we learned it."""


@dataclass(frozen=True)
class Panel:
    """Bars of many symbols.

    Rows of symbol ``i`` are ``offsets[i]:offsets[i + 1]``; ``ts`` strictly increases within a symbol.
    Prices are as traded unless the panel went through ``adjust``. ``split`` is new shares per old share
    (1.0 = none) and ``dividend`` cash per share, both on the ex-date row. ``kinds`` says what a symbol is:
    ``equity`` and ``index`` are traded, ``level`` (such as the VIX) is context only. ``side`` holds series beside the
    bars, where there are any.
    """

    symbols: tuple[str, ...]
    offsets: NDArray[np.int64]
    ts: NDArray[np.datetime64]
    known_at: NDArray[np.datetime64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    split: Floats
    dividend: Floats
    sectors: tuple[str, ...]
    kinds: tuple[str, ...]
    side: SideTable | None = None

    @property
    def tradable(self) -> tuple[str, ...]:
        """Symbols that can be traded, in order."""
        return tuple(name for name, kind in zip(self.symbols, self.kinds, strict=True) if kind != "level")

    @property
    def n_rows(self) -> int:
        return int(self.offsets[-1])

    def rows(self, index: int) -> slice:
        """Rows of symbol number ``index``."""
        return slice(int(self.offsets[index]), int(self.offsets[index + 1]))

    def symbol_codes(self) -> NDArray[np.int32]:
        """Symbol number of every row, shape (n_rows,)."""
        return np.repeat(np.arange(len(self.symbols), dtype=np.int32), np.diff(self.offsets))

    def sessions(self) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
        """Sorted unique ``ts`` (n_sessions,) and the session number of every row (n_rows,)."""
        unique, inverse = np.unique(self.ts, return_inverse=True)
        return unique, inverse.astype(np.int64)

    def take(self, mask: NDArray[np.bool_]) -> Panel:
        """Keep the rows where ``mask`` is true; symbols left without rows stay listed with none."""
        codes = self.symbol_codes()[mask]
        counts = np.bincount(codes, minlength=len(self.symbols))
        arrays = {name: getattr(self, name)[mask] for name in ("ts", "known_at", *VALUE_COLUMNS)}
        return replace(self, offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), **arrays)

    def select(self, symbols: Iterable[str]) -> Panel:
        """Keep the named symbols only, in this panel's order; unknown names are a KeyError."""
        wanted = set(symbols)
        if missing := wanted - set(self.symbols):
            raise KeyError(f"symbols not in panel: {sorted(missing)}")
        keep = [index for index, name in enumerate(self.symbols) if name in wanted]
        counts = np.diff(self.offsets)[keep]
        rows = np.concatenate(
            [np.arange(self.offsets[i], self.offsets[i + 1]) for i in keep] or [np.empty(0, np.int64)]
        )
        arrays = {name: getattr(self, name)[rows] for name in ("ts", "known_at", *VALUE_COLUMNS)}
        return replace(
            self,
            symbols=tuple(self.symbols[i] for i in keep),
            sectors=tuple(self.sectors[i] for i in keep),
            kinds=tuple(self.kinds[i] for i in keep),
            offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            **arrays,
        )

    def content_hash(self) -> str:
        """Hash over every value of every row, symbols, sectors and side series included."""
        arrays: dict[str, NDArray[Any]] = {name: getattr(self, name) for name in VALUE_COLUMNS}
        arrays["ts"] = self.ts.astype("datetime64[us]").astype(np.int64)
        arrays["known_at"] = self.known_at.astype("datetime64[us]").astype(np.int64)
        arrays["offsets"] = self.offsets
        arrays["symbols"] = np.array(self.symbols, dtype=str)
        arrays["sectors"] = np.array(self.sectors, dtype=str)
        arrays["kinds"] = np.array(self.kinds, dtype=str)
        if self.side is not None and self.side.n_rows:
            arrays.update(self.side.hash_arrays())
        return hash_arrays(arrays)

    def to_frame(self) -> pl.DataFrame:
        """Long frame with ``BAR_SCHEMA``."""
        names = np.array(self.symbols, dtype=str)
        return pl.DataFrame(
            {
                "symbol": pl.Series(names[self.symbol_codes()], dtype=pl.String),
                "ts": pl.Series(self.ts.astype("datetime64[us]")).dt.replace_time_zone("UTC"),
                "known_at": pl.Series(self.known_at.astype("datetime64[us]")).dt.replace_time_zone("UTC"),
                **{name: getattr(self, name) for name in VALUE_COLUMNS},
            },
            schema=BAR_SCHEMA,
        )

    @staticmethod
    def from_frame(
        frame: pl.DataFrame, sectors: Mapping[str, str] | None = None, kinds: Mapping[str, str] | None = None
    ) -> Panel:
        """Build from a frame with ``BAR_SCHEMA`` (one row per symbol and ts); rows are sorted here."""
        frame = frame.select(list(BAR_SCHEMA)).cast(BAR_SCHEMA).sort("symbol", "ts")  # type: ignore[arg-type]
        symbols = tuple(frame["symbol"].unique(maintain_order=True).to_list())
        counts = frame.group_by("symbol", maintain_order=True).len()["len"].to_numpy()
        times: dict[str, NDArray[Any]] = {
            name: frame[name].dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
            for name in ("ts", "known_at")
        }
        values: dict[str, NDArray[Any]] = {name: frame[name].to_numpy().astype(np.float64) for name in VALUE_COLUMNS}
        return Panel(
            symbols=symbols,
            offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            sectors=tuple((sectors or {}).get(name, "") for name in symbols),
            kinds=tuple((kinds or {}).get(name, "equity") for name in symbols),
            side=None,
            **times,
            **values,
        )
