"""Universes drawn with knowledge of who survived."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.zoo.entry import Entry
from benchmarks.zoo.honest import members, unchanged
from benchmarks.zoo.panels import fill_forward, mean_known, shift, windows
from market_assets.core.leakage.timed import Arrays

Members = NDArray[np.bool_]


def _there(bars: Arrays) -> Members:
    return ~np.isnan(bars["close"])


def _survivors(bars: Arrays) -> Members:
    return _there(bars) & ~np.isnan(bars["close"][-1])


def _complete(bars: Arrays) -> Members:
    return _there(bars) & (_there(bars).mean(axis=0) > 0.9)


def _complete_so_far(bars: Arrays) -> Members:
    return _there(bars) & (windows(_there(bars).astype(np.float64), 60).mean(axis=2) > 0.9)


def _index_today(bars: Arrays) -> Members:
    return _there(bars) & bars["index"][-1]


def _liquid_all(bars: Arrays) -> Members:
    volume = mean_known(bars["volume"], 0)
    return _there(bars) & (volume > np.median(volume))


def _largest_last(bars: Arrays) -> Members:
    value = np.nan_to_num(fill_forward(bars["close"] * bars["volume"])[-1])
    return _there(bars) & (value > np.median(value))


def _largest_then(bars: Arrays) -> Members:
    value = np.nan_to_num(fill_forward(bars["close"] * bars["volume"]))
    return _there(bars) & (value > np.median(value, axis=1, keepdims=True))


def _without_last_days(bars: Arrays) -> Members:
    there = _there(bars)
    alive_later = np.nan_to_num(shift(there.astype(np.float64), -20), nan=1.0) > 0
    return there & alive_later


def _living_only(bars: Arrays) -> Arrays:
    """What a vendor delivers who deletes a name when it ends."""
    alive = ~np.isnan(bars["close"][-1])
    columns = bars["close"].shape[1]
    return {name: one[:, alive] if one.shape[1] == columns else one for name, one in bars.items()}


def _entry(name: str, story: str, leaky: object, clean: object = members) -> Entry:
    return Entry("universe", name, story, "members", leaky, clean)  # type: ignore[arg-type]


ENTRIES = (
    _entry("survivors", "The universe is every name that trades today.", _survivors),
    _entry(
        "complete histories only",
        "Names with missing bars are dropped, and the dead with them.",
        _complete,
        _complete_so_far,
    ),
    _entry("index of today", "Today's index members are traded through all of history.", _index_today),
    _entry("liquid over all dates", "The liquidity filter averages over the full history.", _liquid_all),
    _entry("largest at the end", "The names with the largest value on the last day.", _largest_last, _largest_then),
    _entry("last days cut off", "The sessions before a delisting are removed as bad data.", _without_last_days),
    Entry(
        "universe",
        "dead names never delivered",
        "A vendor deletes a name when it ends.",
        "source",
        _living_only,
        unchanged,
    ),
)
