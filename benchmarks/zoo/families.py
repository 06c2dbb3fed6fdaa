"""Feature leaks as families on a panel, for the proof that every materialization runs, each with its clean twin.

Those of the zoo that the rows of a panel can show, and further ones. Left out are leaks into cells without a bar, of
which a panel has none, a series that no panel carries, a file read beside the panel, and splits, which features never
see: ``adjusted backwards`` stands for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.zoo import features, transforms
from benchmarks.zoo.panels import (
    Floats,
    fill_backward,
    fill_forward,
    log_returns,
    mean_known,
    shift,
    std_known,
    windows,
)
from market_assets.core.features.base import Family
from market_assets.core.features.declaration import CLOSE, Feature
from market_assets.core.leakage.timed import Arrays
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import gather, spread
from market_assets.core.market.panel import VALUE_COLUMNS, Panel

Rule = Callable[[Arrays], Floats]
OUTSIDE = ("backward fill", "interpolated gaps", "time zone", "back-adjusted level", "side file stamped early")
WEEK = 5


@dataclass(frozen=True)
class Planted:
    """A leaking computation and its honest twin; ``adjustment`` is what a leak in the adjustment does to raw bars."""

    name: str
    leaky: Callable[[Panel], Floats]
    clean: Callable[[Panel], Floats]
    adjustment: Callable[[Panel], Panel] = adjust


def as_family(compute: Callable[[Panel], Floats]) -> Family:
    """A family with the one feature ``x``."""
    return Family("planted", "1", {"x": Feature("planted", "own", CLOSE, 60)}, compute)


def on_panel(rule: Rule) -> Callable[[Panel], Floats]:
    """A rule on the grid of bars (T, N) as a computation on a panel; ``day`` holds the date of each session."""

    def compute(panel: Panel) -> Floats:
        bars = {name: spread(panel, getattr(panel, name)) for name in VALUE_COLUMNS}
        day = panel.sessions()[0].astype("datetime64[D]").astype(np.float64)
        bars["day"] = np.repeat(day[:, None], len(panel.symbols), axis=1)
        values = np.asarray(rule(bars))
        return gather(panel, np.broadcast_to(values, bars["close"].shape))[:, None]

    return compute


def _planted(name: str, leaky: Rule, clean: Rule) -> Planted:
    return Planted(name, on_panel(leaky), on_panel(clean))


def _returns(bars: Arrays) -> Floats:
    return log_returns(bars["close"])


def _weekly(bars: Arrays) -> Floats:
    """Close on every fifth day of the calendar, NaN between."""
    return np.where(bars["day"] % WEEK == 0, bars["close"], np.nan)


def _there(bars: Arrays) -> np.ndarray:
    return ~np.isnan(bars["close"])


def _cumulative(values: Floats, step: np.ufunc) -> Floats:
    return step.accumulate(np.where(np.isnan(values), -np.inf if step is np.fmax else 0.0, values), axis=0)


def _spread_so_far(bars: Arrays) -> Floats:
    """Standard deviation of each name's returns up to the session."""
    known = np.nan_to_num(_returns(bars))
    count = np.maximum(np.cumsum(_there(bars), axis=0), 1)
    return np.asarray(np.sqrt(np.cumsum(known**2, axis=0) / count), dtype=np.float64)


def _by_weekday(bars: Arrays, past: bool) -> Floats:
    """Mean return by day of the week (of seven): over all dates, or of the past."""
    returns = np.nan_to_num(_returns(bars))
    weekday = bars["day"][:, :1] % 7
    out = np.zeros(returns.shape)
    for one in range(7):
        rows = weekday == one
        total, count = np.cumsum(returns * rows, axis=0), np.maximum(np.cumsum(rows, axis=0), 1)
        mean = total / count
        out = np.where(rows, mean if past else mean[-1], out)
    return out


def _after_holiday(bars: Arrays, past: bool) -> Floats:
    """Return of the session after a break of three days or more: of the last one, or of the next."""
    breaks = np.diff(bars["day"][:, 0], prepend=bars["day"][0, 0]) >= 3
    marked = np.where(breaks[:, None], np.nan_to_num(_returns(bars)), np.nan)
    return fill_forward(marked) if past else fill_backward(shift(marked, -1))


def _fitted_signal(bars: Arrays, past: bool) -> Floats:
    """Five-day return times its slope on the next return, over all rows or over those whose outcome is known."""
    signal = np.nan_to_num(_returns(bars) + shift(_returns(bars), 1))
    outcome = np.nan_to_num(shift(_returns(bars), -1))
    product, square = (np.cumsum(one.sum(axis=1)) for one in (signal * outcome, signal**2))
    slope = np.divide(product, square, out=np.zeros(product.shape), where=square > 0)[:, None]
    return signal * (np.nan_to_num(shift(slope, 1)) if past else slope[-1])


def _late_name(bars: Arrays, past: bool) -> Floats:
    """Honest for every name but those that begin late: a special case in the code that nobody looked at."""
    returns = _returns(bars)
    late = ~_there(bars)[0]
    return returns if past else np.where(late, shift(returns, -1), returns)


def _gauge(panel: Panel, past: bool) -> Floats:
    """Level of the fear gauge where the panel holds one, else of the market (decision 0007): once, or by session."""
    grid, level = spread(panel, panel.close), np.array([kind == "level" for kind in panel.kinds])
    own = mean_known(np.log(grid[:, ~level]), 1)[:, None]
    gauge = fill_forward(grid[:, level][:, :1]) if level.any() else np.full((grid.shape[0], 1), np.nan)
    seen = ~np.isnan(gauge) if past else np.full(gauge.shape, bool((~np.isnan(gauge)).any()))
    return gather(panel, np.broadcast_to(np.where(seen, np.nan_to_num(gauge), own), grid.shape))[:, None]


def backward_adjusted(panel: Panel) -> Panel:
    """Prices divided by every later split and dividend, as vendors deliver them."""
    forward = adjust(panel)
    close = forward.close.copy()
    for index in range(len(panel.symbols)):
        rows = panel.rows(index)
        if rows.stop > rows.start:
            close[rows] *= panel.close[rows.stop - 1] / forward.close[rows.stop - 1]
    return replace(forward, close=close)


def _zoo() -> tuple[Planted, ...]:
    def one(stage: Callable[[Arrays], Floats]) -> Callable[[Panel], Floats]:
        return on_panel(lambda bars: stage(bars)[:, :, 0])

    return tuple(Planted(e.name, one(e.leaky), one(e.clean)) for e in features.ENTRIES if e.name not in OUTSIDE)


FAMILY_LEAKS: tuple[Planted, ...] = (
    *_zoo(),
    _planted("sign of the next return", lambda b: np.sign(shift(_returns(b), -1)), lambda b: np.sign(_returns(b))),
    _planted(
        "return in 60 sessions",
        lambda b: shift(b["close"], -60) / b["close"],
        lambda b: b["close"] / shift(b["close"], 60),
    ),
    _planted(
        "volatility of the next ten sessions",
        lambda b: std_known(windows(shift(_returns(b), -10), 10), 2),
        lambda b: std_known(windows(_returns(b), 10), 2),
    ),
    _planted(
        "weekly value filled from the right", lambda b: fill_backward(_weekly(b)), lambda b: fill_forward(_weekly(b))
    ),
    _planted("weekly value interpolated", lambda b: transforms.between(_weekly(b)), lambda b: fill_forward(_weekly(b))),
    _planted(
        "smoothing run backwards",
        lambda b: transforms.exponential(b["close"][::-1])[::-1],
        lambda b: transforms.exponential(b["close"]),
    ),
    _planted(
        "maximum of the whole history",
        lambda b: b["close"] / np.fmax.reduce(b["close"], axis=0),
        lambda b: b["close"] / _cumulative(b["close"], np.fmax),
    ),
    _planted(
        "age over length of the history",
        lambda b: np.cumsum(_there(b), axis=0) / np.maximum(_there(b).sum(axis=0), 1),
        lambda b: np.cumsum(_there(b), axis=0),
    ),
    _planted("volume of tomorrow", lambda b: shift(np.log1p(b["volume"]), -1), lambda b: np.log1p(b["volume"])),
    _planted("body of the next bar", lambda b: shift(b["close"] / b["open"], -1), lambda b: b["close"] / b["open"]),
    _planted("high of tomorrow", lambda b: shift(b["high"], -1) / b["close"], lambda b: b["high"] / b["close"]),
    _planted(
        "mean over names and all time",
        lambda b: _returns(b) - np.nanmean(_returns(b)),
        lambda b: _returns(b) - mean_known(_returns(b), 1)[:, None],
    ),
    _planted(
        "end of the data",
        lambda b: (np.arange(len(b["close"])) == len(b["close"]) - 1)[:, None] * 1.0,
        lambda b: (np.arange(len(b["close"])) == 0)[:, None] * 1.0,
    ),
    _planted(
        "survivors only",
        lambda b: np.where(_there(b)[-1], _returns(b), 0.0),
        lambda b: np.where(_there(b), _returns(b), 0.0),
    ),
    _planted(
        "names that will be listed",
        lambda b: np.full(b["close"].shape, float(_there(b).any(axis=0).sum())),
        lambda b: np.logical_or.accumulate(_there(b), axis=0).sum(axis=1)[:, None] * 1.0,
    ),
    _planted("leak in late names only", lambda b: _late_name(b, False), lambda b: _late_name(b, True)),
    _planted(
        "clusters of names on the whole history",
        lambda b: np.broadcast_to(_spread_so_far(b)[-1] > np.median(_spread_so_far(b)[-1]), b["close"].shape) * 1.0,
        lambda b: np.where(_spread_so_far(b) > np.median(_spread_so_far(b), axis=1)[:, None], 1.0, 0.0),
    ),
    _planted("target mean by weekday", lambda b: _by_weekday(b, False), lambda b: _by_weekday(b, True)),
    _planted("return after the next holiday", lambda b: _after_holiday(b, False), lambda b: _after_holiday(b, True)),
    _planted("signal calibrated on all rows", lambda b: _fitted_signal(b, False), lambda b: _fitted_signal(b, True)),
    Planted("series chosen once", lambda panel: _gauge(panel, False), lambda panel: _gauge(panel, True)),
    Planted(
        "adjusted backwards",
        on_panel(lambda b: b["close"]),
        on_panel(lambda b: b["close"]),
        adjustment=backward_adjusted,
    ),
)
