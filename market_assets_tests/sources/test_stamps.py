"""Time stamps to UTC."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from market_assets.core.errors import BadInputError
from market_assets.sources.stamps import StampOptions, to_utc

NEW_YORK = StampOptions(timezone="America/New_York")


def read(values, options=StampOptions(), dtype=None):  # noqa: B008 - a frozen record
    """UTC stamps as text."""
    return [str(stamp) for stamp in to_utc(pl.Series("ts", values, dtype=dtype), options, "f", "ts")]


def rule_of(values, options=StampOptions(), dtype=None):  # noqa: B008 - a frozen record
    """Rule and row of a refusal."""
    with pytest.raises(BadInputError) as caught:
        read(values, options, dtype)
    return caught.value.rule, caught.value.where.row


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2018-01-02T16:00:00-05:00", "2018-01-02 21:00:00+00:00"),
        ("2018-01-02 16:00-0500", "2018-01-02 21:00:00+00:00"),
        ("2018-01-02T21:00:00Z", "2018-01-02 21:00:00+00:00"),
        ("2018-01-02T21:00:00.25Z", "2018-01-02 21:00:00.250000+00:00"),
        ("2018-01-03T02:30:00+05:30", "2018-01-02 21:00:00+00:00"),
    ],
)
def test_offsets_are_obeyed(text, utc):
    """Every spelling of the same instant is the same instant."""
    assert read([text]) == [utc]


def test_mixed_offsets_are_converted_each_by_its_own():
    """Winter and summer offsets in one file give the same local close."""
    assert read(["2018-01-02T16:00-05:00", "2018-07-02T16:00-04:00"]) == [
        "2018-01-02 21:00:00+00:00",
        "2018-07-02 20:00:00+00:00",
    ]


def test_naive_stamps_need_a_declared_zone():
    """Without a zone they are refused at their first row; with one they are converted, summer time included."""
    naive = ["2018-01-02 16:00:00", "2018-07-02 16:00:00"]
    assert rule_of(naive) == ("naive_timestamp", 1)
    assert read(naive, NEW_YORK) == ["2018-01-02 21:00:00+00:00", "2018-07-02 20:00:00+00:00"]


def test_clock_changes_are_not_guessed():
    """An hour that is skipped and an hour that happens twice are refused by name."""
    assert rule_of(["2018-01-02 16:00", "2018-03-11 02:30"], NEW_YORK) == ("time_zone_gap", 2)
    assert rule_of(["2018-01-02 16:00", "2018-11-04 01:30"], NEW_YORK) == ("time_zone_fold", 2)


def test_dates_are_sessions_of_daily_bars_only():
    """A date means the session's close; for intraday bars it means nothing."""
    assert read(["2018-07-02"]) == ["2018-07-02 20:00:00+00:00"]
    assert rule_of(["2018-07-02"], StampOptions(daily=False)) == ("date_only_intraday", 1)


def test_one_form_a_file():
    """A date among times, or a naive stamp among aware ones, is refused where it starts."""
    assert rule_of(["2018-01-02", "2018-01-03", "2018-01-04T16:00Z"]) == ("mixed_timestamps", 3)
    assert rule_of(["2018-01-02T16:00Z", "2018-01-03T16:00"], NEW_YORK) == ("mixed_timestamps", 2)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("2018-01-02T24:00Z", "timestamp_value"),
        ("2018-01-02T10:61Z", "timestamp_value"),
        ("2018-01-02T10:00:60Z", "timestamp_value"),
        ("2018-01-02T10:00+15:00", "timestamp_value"),
        ("2018-01-02T10:00+05:75", "timestamp_value"),
        ("1514851200", "timestamp_format"),
        ("2018-01-02T10:00 EST", "timestamp_format"),
        ("2018-01-02\n", "timestamp_format"),
        (" 2018-01-02", "timestamp_format"),
        ("-Infinity", "infinite_timestamp"),
        ("1899-12-31", "timestamp_range"),
        ("2201-01-01", "timestamp_range"),
    ],
)
def test_odd_stamps(text, rule):
    """Every odd stamp has its rule."""
    assert rule_of([text]) == (rule, 1)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_parquet_datetimes(unit):
    """Naive midnights are dates, naive times need a zone, aware times are converted, extremes are refused."""
    kind = pl.Datetime(unit)
    assert read([datetime(2018, 1, 2), datetime(2018, 1, 3)], dtype=kind)[0] == "2018-01-02 21:00:00+00:00"
    assert rule_of([datetime(2018, 1, 2), datetime(2018, 1, 3, 16)], dtype=kind) == ("naive_timestamp", 1)
    assert rule_of([datetime(2018, 1, 2)], StampOptions(daily=False), kind) == ("naive_timestamp", 1)
    aware = pl.Series([datetime(2018, 1, 2, 21)], dtype=kind).dt.replace_time_zone("UTC")
    assert read(aware.dt.convert_time_zone("Asia/Tokyo")) == ["2018-01-02 21:00:00+00:00"]
    assert rule_of(pl.Series([0, 2**63 - 1]).cast(kind)) == ("timestamp_range", 2)


def test_other_types():
    """Dates are read, numbers are not; an infinite number is named as such; null is missing."""
    assert read([date(2018, 1, 2)]) == ["2018-01-02 21:00:00+00:00"]
    assert rule_of([date(2018, 1, 2), None]) == ("missing_value", 2)
    assert rule_of([1.0, float("inf")]) == ("infinite_timestamp", 2)
    assert rule_of([20180102]) == ("column_type", None)
