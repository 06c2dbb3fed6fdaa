"""Options of a file of side series."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated

from pydantic import Field

from market_assets.core.spec import spec


@spec
class SideOptions:
    """Options of a file of side series.

    Parameters
    ----------
    path : CSV (``.gz`` too) or Parquet.
    series : name of all figures; None = the file has them in ``series_column``.
    series_column, names : that column, and which of its names are taken, under which name: ``{"VIX": "vix"}``;
        without ``names`` all are taken as they stand.
    column : the figures.
    symbol : symbol of all figures; None = those of the file's column ``symbol``, or the whole market without one.
    symbols : symbols of the file by another name here; those that are not listed keep theirs.
    where : only rows whose columns have these values, such as ``{"exchange": "binance"}``.
    time : the column of times, when it is not ``ts``, ``date``, ``timestamp`` or ``datetime``.
    delay_hours : after its time, when a figure comes out; needed where the file has no column ``known_at``.
    timezone, calendar, session_close : how stamps are read, as for bars: a date is the close of that session.
    """

    path: str
    series: str | None = None
    series_column: str = "series"
    names: dict[str, str] = field(default_factory=dict)
    column: str = "value"
    symbol: str | None = None
    symbols: dict[str, str] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    time: str | None = None
    delay_hours: Annotated[float, Field(ge=0, le=24 * 366)] | None = None
    timezone: str | None = None
    calendar: str = "XNYS"
    session_close: str | None = None
