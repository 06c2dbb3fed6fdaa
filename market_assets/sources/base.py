"""The protocol of a source of bars, and the door through which a configuration becomes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import polars as pl
from pydantic import TypeAdapter, ValidationError

from market_assets.core.errors import BadInputError
from market_assets.core.market.symbols import SymbolRecord

T = TypeVar("T")


class Source(Protocol):
    """Where bars come from."""

    @property
    def name(self) -> str:
        """Short name for lineage, such as ``csv:bars.csv``."""
        ...

    def symbols(self) -> list[SymbolRecord]:
        """Every symbol the source offers, sorted by name."""
        ...

    def bars(self, symbols: Sequence[str]) -> pl.DataFrame:
        """Validated bars with ``BAR_SCHEMA``, sorted by symbol, ts, known_at; null ``known_at`` = not declared.

        Raises
        ------
        BadInputError
            rule ``unknown_symbol`` for a name the source does not offer, or the rule of the first faulty row.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """JSON-able configuration from which :func:`open_source` rebuilds this source."""
        ...

    def notes(self) -> tuple[str, ...]:
        """What was left out or noticed while reading, one sentence each."""
        ...


def parse_config(record: type[T], config: Mapping[str, Any]) -> T:
    """Validate the options of a source.

    Raises
    ------
    BadInputError
        rule ``source_option``: names the first option that is unknown, missing or out of bounds.
    """
    options = {key: value for key, value in config.items() if key != "kind"}
    try:
        return TypeAdapter(record).validate_python(options)
    except ValidationError as error:
        first = error.errors()[0]
        option = ".".join(str(part) for part in first["loc"]) or "options"
        raise BadInputError("source_option", f"{config.get('kind')} source, option {option}: {first['msg']}") from error


def _csv(config: Mapping[str, Any]) -> Source:
    from market_assets.sources.files import CsvSource, FileOptions

    return CsvSource(parse_config(FileOptions, config))


def _parquet(config: Mapping[str, Any]) -> Source:
    from market_assets.sources.files import FileOptions, ParquetSource

    return ParquetSource(parse_config(FileOptions, config))


def _synthetic(config: Mapping[str, Any]) -> Source:
    from market_assets.sources.synthetic import SyntheticOptions, SyntheticSource

    return SyntheticSource(parse_config(SyntheticOptions, config))


def _indices(config: Mapping[str, Any]) -> Source:
    from market_assets.sources.indices import IndexOptions, IndexSource

    return IndexSource(parse_config(IndexOptions, config))


OPENERS: dict[str, Callable[[Mapping[str, Any]], Source]] = {
    "csv": _csv,
    "parquet": _parquet,
    "synthetic": _synthetic,
    "indices": _indices,
}


def open_source(config: Mapping[str, Any]) -> Source:
    """Build a source from its JSON configuration, such as ``{"kind": "csv", "path": "bars.csv"}``.

    Nothing is read yet; a missing or malformed file shows at the first call.

    Raises
    ------
    BadInputError
        rules ``source_kind``, ``source_option``.
    """
    kind = config.get("kind")
    if not isinstance(kind, str) or kind not in OPENERS:
        raise BadInputError("source_kind", f"{kind!r} is not a source; one of {', '.join(OPENERS)}")
    return OPENERS[kind](config)


def market_config(market: str) -> dict[str, Any]:
    """Configuration for a market named in one word: ``planted``, ``null``, ``indices``, or a CSV or Parquet path.

    Raises
    ------
    BadInputError
        rule ``market`` for anything else.
    """
    if market in ("planted", "null"):
        return {"kind": "synthetic", "market": market}
    if market == "indices":
        return {"kind": "indices"}
    name = Path(market).name.lower()
    if name.endswith((".parquet", ".pq")):
        return {"kind": "parquet", "path": market}
    if name.endswith((".csv", ".csv.gz")):
        return {"kind": "csv", "path": market}
    raise BadInputError("market", f"{market!r} is none of planted, null, indices, or a path to .csv, .csv.gz, .parquet")
