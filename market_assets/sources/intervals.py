"""Intervals that a stream of messages is summed up by: a grid of seconds, or sessions."""

from __future__ import annotations

import numpy as np

from market_assets.core.errors import BadInputError, Location
from market_assets.core.market.calendar import sessions_of
from market_assets.core.market.side import Times


def check_seconds(seconds: int | None) -> None:
    """Refuse a length that is none.

    Raises
    ------
    BadInputError
        rule ``source_option``.
    """
    if seconds is not None and not 1 <= seconds <= 86_400:
        raise BadInputError("source_option", f"an interval of {seconds} seconds is not of 1 to 86400")


def edges_of(times: Times, seconds: int | None, calendar: str, path: str) -> Times:
    """Borders of the whole intervals between the first and the last message.

    Parameters
    ----------
    times : (m,) in order, UTC. path : the file, for the message.
    seconds : length of an interval, on a grid of UTC midnight; None = sessions of ``calendar``, close to close.

    Raises
    ------
    BadInputError
        rule ``book_interval``: there is no whole one.
    """
    if seconds is None:
        first, last = (one.astype("datetime64[D]").item() for one in (times[0], times[-1]))
        edges = sessions_of(calendar, first, last)
        edges = edges[edges <= times[-1]]
    else:
        step, midnight = np.timedelta64(seconds, "s"), times[0].astype("datetime64[D]").astype("datetime64[us]")
        edges = midnight + np.arange((times[-1] - midnight) // step + 1) * step
    # a part of an interval at the beginning would be taken for a whole one
    edges = edges[edges >= times[0]]
    if edges.size < 2:
        text = f"from {times[0]} to {times[-1]} there is no whole interval"
        raise BadInputError("book_interval", text, Location(path))
    return edges.astype("datetime64[us]")
