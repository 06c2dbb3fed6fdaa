"""The leakage proof catches planted leaks and lets their clean twins pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.features import causality
from market_assets.core.features.base import Family
from market_assets.core.features.causality import MAX_LISTED, default_cuts, prove_causal
from market_assets.core.features.declaration import CLOSE, Feature
from market_assets.core.features.perturb import noise, truncate
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import gather, spread
from market_assets.core.market.panel import Panel
from market_assets_tests.core.features.panels import market

RAW = market(sessions=200, equities=4, context=False)
CUTS = default_cuts(RAW, n=2, seed=0)


def by_symbol(rule: Callable[[pd.DataFrame], pd.Series]) -> Callable[[Panel], np.ndarray]:
    """A one-column family from a pandas rule on one symbol's bars."""

    def compute(panel: Panel) -> np.ndarray:
        out = np.full((panel.n_rows, 1), np.nan)
        for index in range(len(panel.symbols)):
            rows = panel.rows(index)
            columns = {name: getattr(panel, name)[rows] for name in ("open", "high", "low", "close", "volume")}
            out[rows, 0] = rule(pd.DataFrame(columns))
        return out

    return compute


def family(compute: Callable[[Panel], np.ndarray]) -> Family:
    """Wrap a computation as a family with one feature."""
    return Family("toy", "1", {"x": Feature("toy", "own", CLOSE, 20)}, compute)


def returns(frame: pd.DataFrame) -> pd.Series:
    return frame["close"].pct_change()


def clip_at(low: float, high: float, series: pd.Series) -> pd.Series:
    return series.clip(low, high)


def demeaned_over_all_time(panel: Panel) -> np.ndarray:
    """Cross-sectional deviation, from a mean over symbols AND all sessions."""
    grid = spread(panel, panel.close / panel.open)
    return gather(panel, grid - np.nanmean(grid))[:, None]


def demeaned_per_session(panel: Panel) -> np.ndarray:
    """Cross-sectional deviation from the mean of the same session."""
    grid = spread(panel, panel.close / panel.open)
    return gather(panel, grid - np.nanmean(grid, axis=1, keepdims=True))[:, None]


def is_last_bar(panel: Panel) -> np.ndarray:
    """Knows where the data end, and nothing about prices."""
    out = np.zeros((panel.n_rows, 1))
    out[panel.offsets[1:] - 1] = 1.0
    return out


LEAKS = {
    "centered mean": by_symbol(lambda f: returns(f).rolling(5, center=True).mean()),
    "full-sample z-score": by_symbol(lambda f: (returns(f) - returns(f).mean()) / returns(f).std()),
    "next return": by_symbol(lambda f: returns(f).shift(-1)),
    "sign of next return": by_symbol(lambda f: np.sign(returns(f).shift(-1))),
    "return in 10 bars": by_symbol(lambda f: f["close"].shift(-10) / f["close"]),
    "quantile winsorisation": by_symbol(
        lambda f: clip_at(returns(f).quantile(0.05), returns(f).quantile(0.95), returns(f))
    ),
    "backward fill": by_symbol(lambda f: returns(f).where(np.arange(len(f)) % 7 == 0).bfill()),
    "backward smoothing": by_symbol(lambda f: returns(f)[::-1].ewm(span=10).mean()[::-1]),
    "rank in the whole history": by_symbol(lambda f: f["close"].rank(pct=True)),
    "max of the whole history": by_symbol(lambda f: f["close"] / f["close"].max()),
    "volume of tomorrow": by_symbol(lambda f: f["volume"].shift(-1) / f["volume"]),
    "high of tomorrow": by_symbol(lambda f: f["high"].shift(-1) / f["close"]),
    "mean over all time": demeaned_over_all_time,
    "end of data": is_last_bar,
}
CLEAN = {
    "trailing mean": by_symbol(lambda f: returns(f).rolling(5).mean()),
    "expanding z-score": by_symbol(
        lambda f: (returns(f) - returns(f).expanding().mean()) / returns(f).expanding().std()
    ),
    "last return": by_symbol(lambda f: returns(f).shift(1)),
    "return over 10 bars": by_symbol(lambda f: f["close"] / f["close"].shift(10)),
    "expanding winsorisation": by_symbol(
        lambda f: clip_at(returns(f).expanding().quantile(0.05), returns(f).expanding().quantile(0.95), returns(f))
    ),
    "forward fill": by_symbol(lambda f: returns(f).where(np.arange(len(f)) % 7 == 0).ffill()),
    "forward smoothing": by_symbol(lambda f: returns(f).ewm(span=10).mean()),
    "session mean": demeaned_per_session,
    "level": by_symbol(lambda f: f["close"]),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_planted_leak_is_caught(leak: str) -> None:
    """Each planted leak is named, with symbol and time."""
    result = prove_causal(family(LEAKS[leak]), RAW, CUTS, seed=1)
    assert not result.passed
    assert result.leaks == ("x",)
    assert result.violations_count >= len(result.violations) > 0
    first = result.violations[0]
    assert first.symbol in RAW.symbols
    assert np.datetime64(first.ts) <= np.datetime64(first.cut)


@pytest.mark.parametrize("twin", CLEAN)
def test_clean_twin_passes(twin: str) -> None:
    """The clean twins are not flagged."""
    result = prove_causal(family(CLEAN[twin]), RAW, CUTS, seed=1)
    assert result.passed
    assert (result.violations_count, result.leaks, result.violations) == (0, (), ())
    assert result.compared > 0


def test_backward_adjustment_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A price level adjusted with later dividends leaks, although the feature itself looks only back."""

    def backward(panel: Panel) -> Panel:
        forward = adjust(panel)
        close = forward.close.copy()
        for index in range(len(panel.symbols)):
            rows = panel.rows(index)
            if rows.stop > rows.start:
                close[rows] *= panel.close[rows.stop - 1] / forward.close[rows.stop - 1]
        return replace(forward, close=close)

    monkeypatch.setattr(causality, "adjust", backward)
    assert not prove_causal(family(CLEAN["level"]), RAW, CUTS, seed=1).passed


def test_listing_is_capped_and_the_count_is_not() -> None:
    """A leak in every row is counted in full and listed up to the cap."""
    result = prove_causal(family(LEAKS["full-sample z-score"]), RAW, CUTS, seed=1)
    assert len(result.violations) == MAX_LISTED
    assert result.violations_count > MAX_LISTED


def test_payload_is_json() -> None:
    """The payload survives JSON and says whether the proof passed."""
    payload = prove_causal(family(LEAKS["next return"]), RAW, CUTS, seed=1).to_payload()
    assert json.loads(json.dumps(payload)) == payload
    assert payload["passed"] is False
    assert payload["family"] == "toy"
    assert set(payload["violations"][0]) == {"feature", "symbol", "ts", "cut", "variant"}


def test_same_seed_same_result() -> None:
    """The proof is deterministic."""
    leak = family(LEAKS["centered mean"])
    assert prove_causal(leak, RAW, CUTS, seed=9) == prove_causal(leak, RAW, CUTS, seed=9)


def test_a_proof_of_nothing_is_refused() -> None:
    """No cuts, a cut at the end, a cut before the start and an all-NaN past are errors, not passes."""
    clean = family(CLEAN["last return"])
    nothing = family(lambda panel: np.full((panel.n_rows, 1), np.nan))
    day = np.timedelta64(1, "D")
    for who, cuts in ((clean, []), (clean, [RAW.ts.max()]), (clean, [RAW.ts.min() - day]), (nothing, CUTS)):
        with pytest.raises(NotEnoughDataError):
            prove_causal(who, RAW, cuts, seed=1)


def test_family_of_wrong_shape_is_refused() -> None:
    """A family that returns other rows for other panels cannot be proven."""
    wrong = family(lambda panel: np.zeros((panel.n_rows, 1 + (panel.n_rows < RAW.n_rows))))
    with pytest.raises(ValueError, match="past values"):
        prove_causal(wrong, RAW, CUTS, seed=1)


def test_negative_zero_is_a_change() -> None:
    """Bits are compared, not values: 0.0 and -0.0 differ."""
    signed = family(lambda panel: np.full((panel.n_rows, 1), 0.0 if panel.n_rows == RAW.n_rows else -0.0))
    assert not prove_causal(signed, RAW, CUTS, seed=1).passed


def test_default_cuts() -> None:
    """Cuts come after the warm-up, leave a future, increase, and follow the seed."""
    sessions = RAW.sessions()[0]
    cuts = default_cuts(RAW, n=4, seed=3)
    positions = np.searchsorted(sessions, np.array(cuts))
    assert (positions >= 126).all()
    assert (positions < len(sessions) - 1).all()
    assert (np.diff(positions) > 0).all()
    assert cuts == default_cuts(RAW, n=4, seed=3)
    with pytest.raises(NotEnoughDataError):
        default_cuts(market(sessions=127, equities=2, context=False), n=3)


def test_noise_keeps_bars_valid_and_the_past_untouched() -> None:
    """Perturbed bars keep low <= open, close <= high and positive volume; every future price moves, no past one."""
    past = RAW.ts <= CUTS[0]
    other = noise(RAW, ~past, np.random.Generator(np.random.PCG64(0)))
    assert (other.low <= np.minimum(other.open, other.close)).all()
    assert (other.high >= np.maximum(other.open, other.close)).all()
    assert (other.low > 0.0).all()
    for name in ("open", "high", "low", "close", "volume"):
        before, after = getattr(RAW, name), getattr(other, name)
        np.testing.assert_array_equal(after[past], before[past])
        assert (after[~past] != before[~past]).all()
    assert (other.split[~past] == 2.0).sum() >= len(RAW.symbols)
    np.testing.assert_array_equal(other.split[past], RAW.split[past])
    assert truncate(RAW, ~past, np.random.Generator(np.random.PCG64(0))).n_rows == past.sum()
