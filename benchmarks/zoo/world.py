"""Small synthetic worlds with everything that leaks feed on: gaps, deaths, splits, revisions, overlapping labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.leakage.pipeline import World
from market_assets.core.leakage.sample import Sample
from market_assets.core.leakage.timed import Timed, at_close, at_open

SESSIONS, NAMES, ENDS, FEATURES = 180, 26, 16, 6
EMBARGO, LAG, HAZARD, BOUND = 3, 10, 1 / 220, 0.35
MARKETS = ("calm", "wild", "trend")
ROWS_TO, CODES = 120, 3


def make_world(market: str, seed: int) -> World:
    """Data of one market.

    ``calm`` has normal returns, ``wild`` Student's t with 3 degrees of freedom and clustered volatility, ``trend``
    returns with autocorrelation 0.15.
    """
    rng = np.random.Generator(np.random.PCG64([seed, MARKETS.index(market)]))
    sample = _sample(rng)
    first = 84
    train = sample.t1 < first
    test = (sample.t0 >= first) & (sample.t0 < 108)
    shared = np.isin(sample.group, sample.group[test]) | np.isin(sample.x[:, 0], sample.x[test, 0])
    return World(
        bars=_bars(rng, market),
        records=_records(rng),
        sample=sample,
        train=train & ~shared,
        test=test,
        embargo=EMBARGO,
        lag=LAG,
        hazard=HAZARD,
        bound=BOUND,
    )


def _returns(rng: np.random.Generator, market: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Own returns (T, N), and those of a market abroad (T, 1) that closes after ours and leads our next session."""
    shape = (SESSIONS, NAMES)
    own = rng.standard_normal(shape)
    abroad = rng.standard_normal((SESSIONS, 1))
    if market == "wild":
        own = rng.standard_t(3, shape) / np.sqrt(3.0) * np.exp(0.5 * np.sin(np.arange(SESSIONS) / 15.0))[:, None]
    own[1:] += 0.5 * abroad[:-1]
    if market == "trend":
        for session in range(1, SESSIONS):
            own[session] += 0.15 * own[session - 1]
    return 0.012 * own, 0.012 * abroad


def _bars(rng: np.random.Generator, market: str) -> dict[str, Timed]:
    returns, abroad = _returns(rng, market)
    shape = returns.shape
    close = 50.0 * np.exp(np.cumsum(returns, axis=0)) * np.exp(rng.normal(0.0, 0.5, NAMES))
    before = np.vstack([close[:1], close[:-1]])
    open_ = before * np.exp(0.4 * np.log(close / before) + 0.004 * rng.standard_normal(shape))
    high = np.maximum(open_, close) * np.exp(0.008 * np.abs(rng.standard_normal(shape)))
    low = np.minimum(open_, close) * np.exp(-0.008 * np.abs(rng.standard_normal(shape)))
    volume = np.exp(rng.normal(10.0, 1.0, NAMES) + 0.4 * rng.standard_normal(shape))
    index = np.cumsum(rng.random(shape) < 0.01, axis=0) % 2 == (rng.random(NAMES) < 0.3)
    gone = _gone(rng)
    bars = {name: np.where(gone, np.nan, one) for name, one in
            {"open": open_, "high": high, "low": low, "close": close, "volume": volume}.items()}  # fmt: skip
    split = np.where(rng.random(shape) < 0.004, 2.0, 1.0)
    late = 2 * np.arange(SESSIONS, dtype=np.int64)[:, None] + 2  # abroad closes before our next open
    return {
        **{name: at_open(one) if name == "open" else at_close(one) for name, one in bars.items()},
        "split": at_open(split),
        "index": at_close(index),
        "abroad": Timed(abroad, late),
    }


def _gone(rng: np.random.Generator) -> NDArray[np.bool_]:
    """Missing bars: two late listings, halts of two to four sessions, and the ends of ``ENDS`` names."""
    gone = np.zeros((SESSIONS, NAMES), dtype=np.bool_)
    for name in range(NAMES):
        for start in rng.integers(30, SESSIONS - 10, 3):
            gone[start : start + rng.integers(2, 5), name] = True
    order = rng.permutation(NAMES)
    for name in order[:ENDS]:
        gone[rng.integers(SESSIONS // 2, SESSIONS - 12) :, name] = True
    for name in order[-2:]:
        gone[: rng.integers(30, 45), name] = True
    return gone


def _records(rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    """A figure every 30 sessions and name, published 10 to 25 sessions later and mostly revised after that."""
    rows = []
    for code in range(NAMES):
        for end in range(int(rng.integers(0, 30)), SESSIONS - 30, 30):
            value, known = float(np.exp(rng.standard_normal())), 2 * (end + int(rng.integers(10, 26)))
            rows.append((2 * end, known, code, value))
            if rng.random() < 0.7:
                rows.append((2 * end, known + 2 * int(rng.integers(3, 50)), code, value * rng.uniform(0.7, 1.4)))
    rows.sort(key=lambda row: row[1])
    ts, known, code, value = zip(*rows, strict=True)
    whole = {"ts": ts, "known": known, "code": code}
    return {**{name: np.array(column, dtype=np.int64) for name, column in whole.items()}, "value": np.array(value)}


def _sample(rng: np.random.Generator) -> Sample:
    """Rows of three symbols with labels of two to seven sessions, some much longer; events and rows that recur."""
    t0 = np.repeat(np.arange(ROWS_TO, dtype=np.int64), CODES)
    n = t0.size
    x = rng.standard_normal((n, FEATURES))
    y = (x[:, 0] + 0.5 * x[:, 1] ** 2 + rng.standard_normal(n) > 0.3).astype(np.float64)
    x[rng.random(n) < 0.08, -1] = np.nan
    length = rng.integers(2, 8, n) + np.where(rng.random(n) < 0.12, 12, 0)
    group = np.arange(n, dtype=np.int64)
    for shift in (40, 70):  # an announcement and its completion; a vendor's copy with a later stamp
        rows = rng.choice(n - 3 * shift, size=n // 10, replace=False)
        if shift == 40:
            group[rows + 3 * shift] = group[rows]
        else:
            x[rows + 3 * shift], y[rows + 3 * shift] = x[rows], y[rows]
    return Sample(
        x=x,
        y=y,
        weight=rng.uniform(0.5, 1.5, n),
        code=np.tile(np.arange(CODES, dtype=np.int64), n // CODES),
        group=group,
        t0=t0,
        t1=np.minimum(t0 + length, ROWS_TO + 20),
    )
