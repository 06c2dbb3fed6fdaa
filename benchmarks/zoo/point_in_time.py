"""Values read before they were known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.zoo.entry import Entry
from benchmarks.zoo.honest import read, unchanged
from benchmarks.zoo.panels import Floats, fill_backward
from benchmarks.zoo.world import NAMES
from market_assets.core.leakage.timed import Arrays

Ticks = NDArray[np.int64]
ByCode = Callable[[Arrays, Ticks], Floats]


def _by_code(rule: ByCode) -> ByCode:
    """Apply a rule to the records of each name, in order of knowledge."""

    def run(records: Arrays, ticks: Ticks) -> Floats:
        out = np.full((ticks.size, NAMES), np.nan)
        for code in range(NAMES):
            rows = records["code"] == code
            if rows.any():
                out[:, code] = rule({name: values[rows] for name, values in records.items()}, ticks)
        return out

    return run


def _last(keys: Ticks, values: Floats, ticks: Ticks) -> Floats:
    """Value of the last key (sorted) at or before each tick; NaN before the first."""
    place = np.searchsorted(keys, ticks, side="right") - 1
    return np.where(place >= 0, values[np.maximum(place, 0)], np.nan)


def _final(own: Arrays) -> tuple[Ticks, Ticks, Floats]:
    """Period end, first publication and last revision of every period."""
    ends = np.unique(own["ts"])
    first = np.array([own["known"][own["ts"] == end].min() for end in ends])
    value = np.array([own["value"][own["ts"] == end][np.argmax(own["known"][own["ts"] == end])] for end in ends])
    return ends, first, value


def _latest_revision(own: Arrays, ticks: Ticks) -> Floats:
    _, first, value = _final(own)
    return _last(first, value, ticks)


def _period_end(own: Arrays, ticks: Ticks) -> Floats:
    ends, _, value = _final(own)
    return _last(ends, value, ticks)


def _forward(own: Arrays, ticks: Ticks) -> Floats:
    place = np.searchsorted(own["known"], ticks, side="left")
    return np.where(place < own["known"].size, own["value"][np.minimum(place, own["known"].size - 1)], np.nan)


def _nearest(own: Arrays, ticks: Ticks) -> Floats:
    return own["value"][np.abs(own["known"][None, :] - ticks[:, None]).argmin(axis=1)]


def _backward(own: Arrays, ticks: Ticks) -> Floats:
    return _last(own["known"], own["value"], ticks)


def _next_date(own: Arrays, ticks: Ticks) -> Floats:
    place = np.searchsorted(own["known"], ticks, side="right")
    there = place < own["known"].size
    return np.where(there, own["known"][np.minimum(place, own["known"].size - 1)] - ticks, np.nan)


def _since_last(own: Arrays, ticks: Ticks) -> Floats:
    return ticks - _last(own["known"], own["known"].astype(np.float64), ticks)


def _rebased(own: Arrays, ticks: Ticks) -> Floats:
    return _backward(own, ticks) / own["value"][-1]


def _rebased_past(own: Arrays, ticks: Ticks) -> Floats:
    return _backward(own, ticks) / own["value"][0]


def _mean_of_versions(own: Arrays, ticks: Ticks) -> Floats:
    ends, first, _ = _final(own)
    return _last(first, np.array([own["value"][own["ts"] == end].mean() for end in ends]), ticks)


def _stamped_late(records: Arrays) -> Arrays:
    """A vendor's history: every version is dated back to the end of its period."""
    return {**records, "known": records["ts"] + 1}


def _entry(name: str, story: str, leaky: ByCode, clean: object = read) -> Entry:
    return Entry("point in time", name, story, "read", leaky, clean)  # type: ignore[arg-type]


ENTRIES = (
    _entry("latest revision", "The table holds one value a period: today's.", _by_code(_latest_revision)),
    _entry(
        "period end for publication",
        "Statements are joined on the date of the period, weeks before the filing.",
        _by_code(_period_end),
    ),
    _entry("join forward", "merge_asof(direction='forward').", _by_code(_forward), _by_code(_backward)),
    _entry("join nearest", "merge_asof(direction='nearest').", _by_code(_nearest), _by_code(_backward)),
    _entry(
        "next event date",
        "Days to the next report, from the dates on which reports did come.",
        _by_code(_next_date),
        _by_code(_since_last),
    ),
    _entry(
        "level rebased to the last value",
        "Late corporate actions restate the whole series.",
        _by_code(_rebased),
        _by_code(_rebased_past),
    ),
    _entry("mean of all versions", "A vendor consolidates revisions into one figure.", _by_code(_mean_of_versions)),
    _entry(
        "first value filled backwards",
        "Names without a figure get the first one that came.",
        lambda records, ticks: fill_backward(read(records, ticks)),
    ),
    Entry(
        "point in time",
        "history stamped at period end",
        "A vendor's file says that everything was known at once.",
        "records",
        _stamped_late,
        unchanged,
    ),
)
