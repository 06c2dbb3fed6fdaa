"""Exchange sessions and the stamps of daily bars."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.market.calendar import (
    calendar_zone,
    check_zone,
    parse_close,
    regular_close,
    session_dates,
    session_stamps,
    sessions_of,
)


def test_new_york_year_2018():
    """2018 had 251 sessions: 261 weekdays less nine holidays and the mourning day of 5 December."""
    stamps = sessions_of("XNYS", date(2018, 1, 1), date(2018, 12, 31))
    days = stamps.astype("datetime64[D]")
    assert len(stamps) == 251
    assert np.datetime64("2018-12-05") not in days
    assert np.datetime64("2018-07-04") not in days


def test_close_is_16_00_new_york_also_on_half_days():
    """Winter closes are 21:00 UTC, summer closes 20:00 UTC; 2018-11-23 closed at 13:00 and keeps the declared close."""
    stamps = session_stamps(pl.Series([date(2018, 1, 2), date(2018, 7, 2), date(2018, 11, 23)]))
    assert [f"{stamp:%H:%M}" for stamp in stamps] == ["21:00", "20:00", "21:00"]


def test_declared_close_moves_the_stamp():
    """A close of 16:15 is stamped a quarter of an hour later."""
    plain = sessions_of("XNYS", date(2018, 1, 2), date(2018, 1, 2))
    later = sessions_of("XNYS", date(2018, 1, 2), date(2018, 1, 2), "16:15")
    assert (later - plain)[0] == np.timedelta64(15, "m")


def test_range_is_inclusive_and_may_be_empty():
    """Both bounds count; a weekend has no session; a reversed range is empty."""
    assert len(sessions_of("XNYS", date(2018, 1, 2), date(2018, 1, 3))) == 2
    assert len(sessions_of("XNYS", date(2018, 1, 6), date(2018, 1, 7))) == 0
    assert len(session_dates("XNYS", date(2018, 1, 3), date(2018, 1, 2))) == 0


def test_the_shortcut_for_new_york_agrees_with_the_library():
    """Zone and close written down here are those of exchange_calendars."""
    import exchange_calendars

    calendar = exchange_calendars.get_calendar("XNYS", start="2019-01-02", end="2019-12-31")
    assert calendar_zone("XNYS") == str(calendar.tz)
    assert regular_close("XNYS") == calendar.close_times[-1][1]


def test_another_exchange():
    """London closes at 16:30 local time."""
    stamps = sessions_of("XLON", date(2018, 7, 2), date(2018, 7, 2))
    assert str(stamps[0]) == "2018-07-02T15:30:00.000000"


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: sessions_of("NOPE", date(2018, 1, 2), date(2018, 1, 3)), "calendar"),
        (lambda: parse_close("25:00", "XNYS"), "session_close"),
        (lambda: parse_close("noon", "XNYS"), "session_close"),
        (lambda: check_zone("America/Nowhere"), "time_zone"),
        (lambda: check_zone("../etc"), "time_zone"),
        (lambda: session_stamps(pl.Series([date(2018, 3, 11)]), "XNYS", "02:30"), "session_close"),
    ],
)
def test_refuses_unknown_names(call, rule):
    """Unknown calendars, closes and zones are bad input, not tracebacks."""
    with pytest.raises(BadInputError) as caught:
        call()
    assert caught.value.rule == rule
