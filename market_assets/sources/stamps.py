"""Time stamps of bar files to UTC: by the zone that was declared, never by a guess.

A stamp has one of three forms, and a file has one form throughout: a date (the session of a declared exchange, stamped
at its declared close), a local time (needs a declared zone), or a time with its own offset.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from market_assets.core.errors import BadInputError, Location
from market_assets.core.market.calendar import session_stamps

PATTERN = (
    r"^(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<clock>\d{2}:\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,6}))?)?"
    r"(?P<offset>Z|[+-]\d{2}:?\d{2})?)?$"
)
INFINITE = r"(?i)^[+-]?inf(inity)?$"
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True)
class StampOptions:
    """How stamps are to be read.

    Parameters
    ----------
    timezone : IANA zone of stamps that carry none; None = such stamps are refused.
    calendar : exchange whose session a date names.
    session_close : declared close ``HH:MM`` of a session; None = the exchange's regular close.
    daily : bars of one day; dates are sessions only then.
    """

    timezone: str | None = None
    calendar: str = "XNYS"
    session_close: str | None = None
    daily: bool = True


def refuse_first(bad: pl.Series, rule: str, message: str, file: str | None, column: str, shown: pl.Series) -> None:
    """Raise ``rule`` for the first true row of ``bad``; null counts as false."""
    position = bad.fill_null(False).arg_true()
    if len(position):
        row = position[0]
        value = str(shown[row])
        text = value if len(value) <= 60 else value[:57] + "..."
        raise BadInputError(rule, f"{text!r} {message}", Location(file, row + 1, column))


def _refuse_missing(values: pl.Series, file: str | None, column: str) -> None:
    refuse_first(values.is_null(), "missing_value", "is missing", file, column, values)


def _local_to_utc(local: pl.Series, shown: pl.Series, zone: str, file: str | None, column: str) -> pl.Series:
    def placed(ambiguous: str) -> pl.Series:
        return local.dt.replace_time_zone(zone, ambiguous=ambiguous, non_existent="null")  # type: ignore[arg-type]

    first = placed("earliest")
    refuse_first(first.is_null(), "time_zone_gap", f"does not exist in {zone}", file, column, shown)
    twice = placed("null").is_null()
    refuse_first(twice, "time_zone_fold", f"happens twice in {zone}; write the offset", file, column, shown)
    return first.dt.convert_time_zone("UTC")


def _from_dates(days: pl.Series, shown: pl.Series, options: StampOptions, file: str | None, column: str) -> pl.Series:
    if not options.daily:
        refuse_first(
            days.is_not_null(), "date_only_intraday", "has no time of day, but bars are intraday", file, column, shown
        )
    return session_stamps(days, options.calendar, options.session_close)


def _from_local(local: pl.Series, shown: pl.Series, options: StampOptions, file: str | None, column: str) -> pl.Series:
    if options.timezone is None:
        message = "has no time zone and none is declared (option `timezone`)"
        refuse_first(local.is_not_null(), "naive_timestamp", message, file, column, shown)
    return _local_to_utc(local, shown, options.timezone or "UTC", file, column)


def _check_years(stamps: pl.Series, shown: pl.Series, file: str | None, column: str) -> pl.Series:
    years = stamps.dt.year()
    outside = (years < FIRST_YEAR) | (years > LAST_YEAR)
    message = f"is outside the years {FIRST_YEAR} to {LAST_YEAR}"
    refuse_first(outside, "timestamp_range", message, file, column, shown)
    return stamps


def _parse_text(text: pl.Series, options: StampOptions, file: str | None, column: str) -> pl.Series:
    present = text.is_not_null()
    refuse_first(text.str.contains(INFINITE), "infinite_timestamp", "is not a point in time", file, column, text)
    parts = pl.DataFrame({"text": text}).select(pl.col("text").str.extract_groups(PATTERN).struct.unnest())
    message = "is not a time stamp such as 2015-01-02 or 2015-01-02T16:00:00-05:00"
    unread = present & parts["day"].is_null()
    refuse_first(unread, "timestamp_format", message, file, column, text)
    days = parts["day"].str.to_date("%Y-%m-%d", strict=False)
    refuse_first(present & days.is_null(), "timestamp_value", "is not a day of the calendar", file, column, text)
    form = pl.Series(
        parts.select(
            pl.when(pl.col("offset").is_not_null()).then(2).when(pl.col("clock").is_not_null()).then(1).otherwise(0)
        ).to_series()
    )
    kind = int(form.filter(present)[0])
    mixed = present & (form != kind)
    refuse_first(mixed, "mixed_timestamps", "has another form than the stamps above it", file, column, text)
    _check_years(days, text, file, column)
    if kind == 0:
        return _from_dates(days, text, options, file, column)
    hour = parts["clock"].str.slice(0, 2).cast(pl.Int64)
    minute = parts["clock"].str.slice(3, 2).cast(pl.Int64)
    second = parts["second"].fill_null("0").cast(pl.Int64)
    micro = parts["fraction"].fill_null("0").str.pad_end(6, "0").cast(pl.Int64)
    wrong = present & ((hour > 23) | (minute > 59) | (second > 59))
    refuse_first(wrong, "timestamp_value", "is not a time of day", file, column, text)
    elapsed = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro
    local = days.cast(pl.Datetime("us")) + elapsed.cast(pl.Duration("us"))
    if kind == 1:
        return _from_local(local, text, options, file, column)
    digits = parts["offset"].str.replace("Z", "+00:00", literal=True).str.replace(":", "", literal=True)
    minutes = digits.str.slice(1, 2).cast(pl.Int64) * 60 + digits.str.slice(3, 2).cast(pl.Int64)
    far = present & ((minutes > 14 * 60) | (digits.str.slice(3, 2).cast(pl.Int64) > 59))
    refuse_first(far, "timestamp_value", "has an impossible offset", file, column, text)
    west = digits.str.starts_with("-").cast(pl.Int64) * 2 - 1
    return (local + (minutes * west * 60_000_000).cast(pl.Duration("us"))).dt.replace_time_zone("UTC")


def _parse_datetimes(values: pl.Series, options: StampOptions, file: str | None, column: str) -> pl.Series:
    dtype = values.dtype
    assert isinstance(dtype, pl.Datetime)
    scale = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[dtype.time_unit]
    seconds = values.to_physical() // scale  # extreme stamps would overflow a change of unit, so bounds come first
    low, high = -2_208_988_800, 7_289_654_400  # 1900-01-01 and 2201-01-01
    outside = (seconds < low) | (seconds >= high)
    message = f"is outside the years {FIRST_YEAR} to {LAST_YEAR}"
    refuse_first(outside, "timestamp_range", message, file, column, values.to_physical())
    stamps = values.cast(pl.Datetime("us", dtype.time_zone))
    if dtype.time_zone is not None:
        return stamps.dt.convert_time_zone("UTC")
    midnight = stamps.to_physical() % 86_400_000_000 == 0
    if options.daily and midnight.drop_nulls().all():
        return _from_dates(stamps.cast(pl.Date), values, options, file, column)
    return _from_local(stamps, values, options, file, column)


def to_utc(values: pl.Series, options: StampOptions, file: str | None, column: str, required: bool = True) -> pl.Series:
    """Read a column of stamps into ``Datetime("us", "UTC")``.

    Text, ``Date`` and ``Datetime`` columns are read. A ``Datetime`` column without a zone that holds nothing but
    midnights is a column of dates (Parquet writers often know no other type).

    Raises
    ------
    BadInputError
        rules ``missing_value``, ``infinite_timestamp``, ``timestamp_format``, ``timestamp_value``,
        ``timestamp_range``, ``mixed_timestamps``, ``naive_timestamp``, ``date_only_intraday``, ``time_zone_gap``,
        ``time_zone_fold``, ``column_type``; each names the first faulty row.
    """
    if required:
        _refuse_missing(values, file, column)
    if values.null_count() == len(values):
        return pl.Series(values.name, [None] * len(values), dtype=pl.Datetime("us", "UTC"))
    if values.dtype == pl.String:
        return _parse_text(values, options, file, column)
    if values.dtype == pl.Date:
        return _from_dates(_check_years(values, values, file, column), values, options, file, column)
    if isinstance(values.dtype, pl.Datetime):
        return _parse_datetimes(values, options, file, column)
    if values.dtype.is_float():
        refuse_first(values.is_infinite(), "infinite_timestamp", "is not a point in time", file, column, values)
    raise BadInputError(
        "column_type",
        f"stamps are stored as {values.dtype}; use a date, a datetime or text",
        Location(file, None, column),
    )
