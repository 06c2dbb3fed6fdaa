"""The microstructure family against plain pandas definitions, and against a market whose liquidity changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from market_assets.core.features.abdi_ranaldo import squared_spreads
from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Group, per_symbol_family
from market_assets.core.features.causality import default_cuts, prove_causal
from market_assets.core.features.declaration import CLOSE, Feature
from market_assets.core.features.elementwise import shift
from market_assets.core.features.microstructure import MICROSTRUCTURE, compute
from market_assets.core.features.rolling import rolling_std
from market_assets.core.features.vpin import buy_share
from market_assets_tests.core.features.panels import agree, bars_and_frame, market

BARS, FRAME = bars_and_frame()
FAST = compute(BARS)
H, L, C, V = (FRAME[name] for name in ("high", "low", "close", "volume"))
R = np.log(C).diff()
BEFORE = C.shift(1)


def two_days() -> pd.Series:
    gap = (L - BEFORE).clip(lower=0) + (H - BEFORE).clip(upper=0)
    top, bottom = H - gap, L - gap
    beta = np.log(H / L).shift(1) ** 2 + np.log(top / bottom) ** 2
    widest = np.maximum(H.shift(1), top) / np.minimum(L.shift(1), bottom)
    root = 3 - 2 * 2**0.5
    alpha = ((2 * beta) ** 0.5 - beta**0.5) / root - (np.log(widest) ** 2 / root) ** 0.5
    return (2 * np.tanh(alpha / 2)).clip(lower=0).where(BEFORE.notna())


def abdi() -> pd.Series:
    middle = (np.log(H) + np.log(L)) / 2
    return 4 * (np.log(BEFORE) - middle.shift(1)) * (np.log(BEFORE) - middle)


def roll(n: int) -> pd.Series:
    return 2 * (-R.rolling(n).cov(R.shift(1))).clip(lower=0) ** 0.5


def illiquidity(n: int) -> pd.Series:
    return (C.pct_change().abs() / (C * V)).rolling(n).mean()


def kyle(n: int) -> pd.Series:
    signed = np.sign(R) * V
    return R.rolling(n).cov(signed) / signed.rolling(n).var() * V.rolling(n).mean()


def rank(x: pd.Series) -> pd.Series:
    return (x.rolling(60).rank() - 1) / 59


def bought() -> pd.Series:
    return V * norm.cdf(R / R.rolling(20).std().shift(1))


def vpin(n: int) -> pd.Series:
    return (2 * bought() - V).abs().rolling(n).sum() / V.rolling(n).sum().where(bought().notna())


PLAIN: dict[str, Callable[[], pd.Series]] = {
    **{f"spread_corwin_schultz_{n}": (lambda n=n: two_days().rolling(n).mean()) for n in (20, 60)},
    **{f"spread_abdi_ranaldo_{n}": (lambda n=n: (abdi().clip(lower=0) ** 0.5).rolling(n).mean()) for n in (20, 60)},
    "spread_abdi_ranaldo_root_60": lambda: abdi().rolling(60).mean().clip(lower=0) ** 0.5,
    **{f"spread_roll_{n}": (lambda n=n: roll(n)) for n in (20, 60)},
    "spread_change_20_60": lambda: two_days().rolling(20).mean() - two_days().rolling(60).mean(),
    "amihud_change_5_60": lambda: np.log(illiquidity(5) / illiquidity(60)),
    "amihud_change_20_60": lambda: np.log(illiquidity(20) / illiquidity(60)),
    "amihud_rank_60": lambda: rank(illiquidity(20)),
    **{f"kyle_lambda_{n}": (lambda n=n: kyle(n)) for n in (20, 60)},
    "kyle_change_20_60": lambda: kyle(20) / kyle(60) - 1,
    "kyle_fit_60": lambda: R.rolling(60).corr(np.sign(R) * V) ** 2,
    **{f"vpin_{n}": (lambda n=n: vpin(n)) for n in (20, 60)},
    "vpin_rank_60": lambda: rank(vpin(20)),
    **{f"bulk_flow_{n}": (lambda n=n: (2 * bought() - V).rolling(n).sum() / V.rolling(n).sum()) for n in (5, 20)},
}


@pytest.mark.parametrize("name", MICROSTRUCTURE.names)
def test_feature_equals_its_definition(name: str) -> None:
    """Every feature of the family equals its pandas definition on 260 random bars."""
    agree(FAST[name], PLAIN[name](), rtol=1e-7, atol=1e-10)


def test_thin_trading_raises_the_impact() -> None:
    """The same bars on a twentieth of the volume: Amihud rises by ln 20; flow shares do not move."""
    thin = np.where(np.arange(260) >= 240, 0.05, 1.0)
    found = compute(replace(BARS, volume=BARS.volume * thin))
    own = np.log(illiquidity(20).iloc[-1] * 20.0)
    rest = C.pct_change().abs() / (C * V * thin)
    assert found["amihud_change_20_60"][-1] == pytest.approx(own - np.log(rest.rolling(60).mean().iloc[-1]))
    assert found["amihud_change_20_60"][-1] > FAST["amihud_change_20_60"][-1] + 0.5
    assert found["amihud_rank_60"][-1] == 1.0
    assert found["vpin_20"][-1] == pytest.approx(FAST["vpin_20"][-1])


def test_idle_days_do_not_undo_amihud() -> None:
    """Days without volume are left out of the mean; the feature stays defined around them."""
    volume = BARS.volume.copy()
    volume[200:203] = 0.0
    found = compute(replace(BARS, volume=volume))
    assert np.isfinite(found["amihud_change_5_60"][200:]).all()


def test_flow_of_the_day_uses_the_spread_before_it() -> None:
    """A jump is measured against the days before it, so that it does not excuse itself."""
    close = BARS.close.copy()
    close[-1] = close[-2] * 1.5
    found = compute(replace(BARS, close=close))
    share = found["bulk_flow_5"][-1] * BARS.volume[-5:].sum()
    days = (2 * bought() - V).to_numpy()[-5:-1].sum()
    assert share - days == pytest.approx(BARS.volume[-1], rel=1e-9)


def spread_of_all_days(bars: Bars) -> np.ndarray:
    return buy_share(bars.ret, float(np.nanstd(bars.ret, ddof=1)))


def spread_of_the_days_before(bars: Bars) -> np.ndarray:
    return buy_share(bars.ret, shift(rolling_std(bars.ret, 20), 1))


def spread_of_the_close_it_estimates(bars: Bars) -> np.ndarray:
    return np.append(squared_spreads(bars.high, bars.low, bars.close)[1:], np.nan)


def spread_of_the_close_before(bars: Bars) -> np.ndarray:
    return squared_spreads(bars.high, bars.low, bars.close)


@pytest.mark.parametrize(
    ("rule", "clean"),
    [
        (spread_of_all_days, False),
        (spread_of_the_days_before, True),
        (spread_of_the_close_it_estimates, False),
        (spread_of_the_close_before, True),
    ],
)
def test_the_usual_leaks_of_these_estimators_are_caught(rule: Callable[[Bars], np.ndarray], clean: bool) -> None:
    """A sigma over the whole sample, or a two-day spread on its first day, fails the proof; its clean twin passes."""
    toy = per_symbol_family(
        "toy", "1", (Group({"x": Feature("toy", "own", CLOSE, 21)}, lambda bars: {"x": rule(bars)}),)
    )
    raw = market(sessions=200, equities=3, context=False)
    assert prove_causal(toy, raw, default_cuts(raw, n=2, seed=0), seed=1).passed is clean
