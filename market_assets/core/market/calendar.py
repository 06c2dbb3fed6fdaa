"""Exchange sessions: which days an exchange trades, and when a daily bar of such a day is stamped.

A daily bar is stamped with the *declared* close of its session (16:00 New York for XNYS), also on the few days that
close early. A date-only vendor file carries no hour, and one hour for all sessions keeps stamps comparable; the price
of a half day is known three hours before its stamp, which can delay a decision but never leak one.

``exchange_calendars`` is imported inside the functions because the import is slow. Bounds are always passed, so that
nothing here depends on today's date.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError

Stamps = NDArray[np.datetime64]


@lru_cache(maxsize=32)
def _calendar(name: str, first: date, last: date) -> Any:
    import exchange_calendars
    from exchange_calendars.errors import InvalidCalendarName

    try:
        # a margin, because the library refuses a range without any session
        return exchange_calendars.get_calendar(name, start=first - timedelta(days=14), end=last + timedelta(days=14))
    except InvalidCalendarName as error:
        raise BadInputError("calendar", f"{name!r} is not a known exchange calendar, such as XNYS or XLON") from error


@lru_cache(maxsize=32)
def calendar_zone(name: str) -> str:
    """Time zone name of an exchange, such as ``America/New_York`` for ``XNYS``.

    Raises
    ------
    BadInputError
        rule ``calendar`` for an unknown code.
    """
    if name in ("XNYS", "XNAS"):  # the default path needs no slow import
        return "America/New_York"
    return str(_calendar(name, date(2019, 1, 1), date(2019, 12, 31)).tz)


@lru_cache(maxsize=32)
def regular_close(name: str) -> time:
    """Local time at which a regular session of the exchange closes (16:00 for ``XNYS``)."""
    if name in ("XNYS", "XNAS"):
        return time(16, 0)
    return _calendar(name, date(2019, 1, 1), date(2019, 12, 31)).close_times[-1][1]


def parse_close(text: str | None, calendar: str) -> time:
    """Declared session close ``HH:MM``; ``None`` means the exchange's regular close.

    Raises
    ------
    BadInputError
        rule ``session_close``.
    """
    if text is None:
        return regular_close(calendar)
    try:
        hours, minutes = text.split(":")
        return time(int(hours), int(minutes))
    except ValueError as error:
        raise BadInputError("session_close", f"{text!r} is not a time of day such as 16:00") from error


def check_zone(name: str) -> str:
    """Return ``name`` if it is an IANA time zone.

    Raises
    ------
    BadInputError
        rule ``time_zone``.
    """
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise BadInputError("time_zone", f"{name!r} is not an IANA time zone such as America/New_York") from error
    return name


def session_stamps(dates: pl.Series, calendar: str = "XNYS", session_close: str | None = None) -> pl.Series:
    """UTC stamps ``Datetime("us", "UTC")`` of the declared close on each of ``dates`` (a ``Date`` series).

    Raises
    ------
    BadInputError
        rules ``calendar``, ``session_close`` (no time of day, or one that a clock change skips).
    """
    close = parse_close(session_close, calendar)
    local = dates.cast(pl.Datetime("us")) + timedelta(hours=close.hour, minutes=close.minute)
    placed = local.dt.replace_time_zone(calendar_zone(calendar), ambiguous="earliest", non_existent="null")
    if placed.null_count() > dates.null_count():
        raise BadInputError("session_close", f"{close:%H:%M} does not exist on every day in {calendar_zone(calendar)}")
    return placed.dt.convert_time_zone("UTC")


def session_dates(calendar: str, first: date, last: date) -> pl.Series:
    """Trading days of an exchange from ``first`` to ``last`` inclusive, as a ``Date`` series."""
    if last < first:
        return pl.Series("date", [], dtype=pl.Date)
    days = _calendar(calendar, first, last).sessions.to_numpy().astype("datetime64[D]")
    keep = (days >= np.datetime64(first, "D")) & (days <= np.datetime64(last, "D"))
    return pl.Series("date", days[keep]).cast(pl.Date)


def sessions_of(calendar: str, first: date, last: date, session_close: str | None = None) -> Stamps:
    """Closes in UTC of the sessions from ``first`` to ``last`` inclusive.

    Parameters
    ----------
    calendar : code of ``exchange_calendars``, such as ``XNYS``.
    first, last : exchange-local dates.
    session_close : declared local close ``HH:MM``; by default the exchange's regular close.

    Returns
    -------
    ``datetime64[us]``, shape (n_sessions,), increasing: the stamps a complete daily feed carries.

    Raises
    ------
    BadInputError
        rules ``calendar``, ``session_close``.
    """
    stamps = session_stamps(session_dates(calendar, first, last), calendar, session_close)
    return stamps.dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
