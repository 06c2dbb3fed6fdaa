"""The protocol of a source of side series, and the door through which a configuration becomes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import polars as pl

from market_assets.core.errors import BadInputError
from market_assets.sources.base import parse_config


class SideSource(Protocol):
    """Where side series come from."""

    @property
    def name(self) -> str:
        """Short name for lineage, such as ``side:funding.csv``."""
        ...

    def series(self) -> list[str]:
        """Names of the series it offers, sorted."""
        ...

    def rows(self, series: list[str]) -> pl.DataFrame:
        """Validated figures of the named series with ``LOADED_SCHEMA``.

        Raises
        ------
        BadInputError
            the rule of the first faulty row.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """JSON-able configuration from which :func:`open_side_source` rebuilds this source."""
        ...


def _file(config: Mapping[str, Any]) -> SideSource:
    from market_assets.sources.side_files import SideFile
    from market_assets.sources.side_options import SideOptions

    return SideFile(parse_config(SideOptions, config))


def _book(config: Mapping[str, Any]) -> SideSource:
    from market_assets.sources.book_stream import BookOptions, BookStream

    return BookStream(parse_config(BookOptions, config))


def _quotes(config: Mapping[str, Any]) -> SideSource:
    from market_assets.sources.quotes import QuoteOptions, Quotes

    return Quotes(parse_config(QuoteOptions, config))


OPENERS: dict[str, Callable[[Mapping[str, Any]], SideSource]] = {"side": _file, "book": _book, "quotes": _quotes}


def open_side_source(config: Mapping[str, Any]) -> SideSource:
    """Build a source from its JSON configuration, such as ``{"kind": "side", "path": "funding.csv"}``.

    Raises
    ------
    BadInputError
        rules ``source_kind``, ``source_option``.
    """
    kind = config.get("kind")
    if not isinstance(kind, str) or kind not in OPENERS:
        raise BadInputError("source_kind", f"{kind!r} is no source of side series; one of {', '.join(OPENERS)}")
    return OPENERS[kind](config)
