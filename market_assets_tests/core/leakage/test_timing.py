"""The timing proof: planted look-aheads are caught, their clean twins pass."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.leakage.compare import moved
from market_assets.core.leakage.perturb import CHANGES
from market_assets.core.leakage.timed import Timed, at_close, at_open, close_of, open_of
from market_assets.core.leakage.timing import VARIANTS, prove_timely, spread_cuts

T, N = 40, 3
RNG = np.random.Generator(np.random.PCG64(1))
CLOSE = np.exp(np.cumsum(0.01 * RNG.standard_normal((T, N)), axis=0))
INPUTS = {"open": at_open(CLOSE * 1.01), "close": at_close(CLOSE)}
CUTS = (close_of(15), open_of(20), close_of(30))


def shifted(values, by):
    out = np.full(values.shape, np.nan)
    if by > 0:
        out[by:] = values[:-by]
    else:
        out[:by] = values[-by:]
    return out


CLEAN = {
    "last close": lambda bars: at_close(shifted(bars["close"], 1)),
    "running maximum": lambda bars: at_close(np.maximum.accumulate(bars["close"], axis=0)),
    "order at the open": lambda bars: at_open(bars["open"] / shifted(bars["close"], 1)),
}
LEAKS = {
    "next close": lambda bars: at_close(shifted(bars["close"], -1)),
    "whole-sample mean": lambda bars: at_close(bars["close"] - bars["close"].mean(axis=0)),
    "whole-sample rank": lambda bars: at_close(bars["close"].argsort(axis=0).argsort(axis=0)),
    "own close at the open": lambda bars: at_open(bars["open"] / bars["close"]),
    "who is alive at the end": lambda bars: at_close(~np.isnan(bars["close"]) & ~np.isnan(bars["close"][-1])),
}


def prove(rule, inputs=INPUTS, cuts=CUTS, **others):
    return prove_timely("d", "s", lambda bars: {"out": rule(bars)}, inputs, cuts, seed=5, **others)


@pytest.mark.parametrize("name", LEAKS)
def test_leak_is_caught(name):
    """Every planted look-ahead moves some value that was due."""
    found = prove(LEAKS[name])
    assert found
    assert all(one.count > 0 and one.variant in VARIANTS and one.stage == "s" for one in found)


@pytest.mark.parametrize("name", CLEAN)
def test_clean_twin_passes(name):
    """Nothing moves where nothing looks ahead."""
    assert prove(CLEAN[name]) == []


def test_lost_past_rows_are_a_leak():
    """A stage that drops the last rows it gets has less past when the future is missing."""
    shorter = lambda bars: Timed(bars["close"][:-3], at_close(bars["close"][:-3]).known)  # noqa: E731
    (found,) = prove(shorter, cuts=(close_of(30),))
    assert (found.variant, found.count) == ("truncate", 3 * N)


def test_fixed_inputs_are_dropped_and_never_changed():
    """Times of records keep their values; a rule that reads only those is clean under all but truncation."""
    times = {"known": at_close(np.arange(T)), "value": at_close(CLOSE[:, 0])}
    latest = lambda bars: at_close(np.full(len(bars["known"]), bars["known"].max()))  # noqa: E731
    assert [one.variant for one in prove(latest, times, fixed={"known"})] == ["truncate"]
    assert {one.variant for one in prove(latest, times)} == {"truncate"}  # a permutation keeps the maximum


def test_same_seed_same_findings():
    """The proof is deterministic."""
    leak = LEAKS["whole-sample mean"]
    assert prove(leak) == prove(leak)


@pytest.mark.parametrize("cut", [-1, close_of(T - 1)])
def test_a_proof_of_nothing_is_refused(cut):
    """A cut without outputs due, or without hidden inputs, is an error and no pass."""
    with pytest.raises(NotEnoughDataError):
        prove(CLEAN["last close"], cuts=(cut,))


def test_cuts_are_spread_and_follow_the_seed():
    """One in each stretch, ascending, inside the bounds."""
    cuts = spread_cuts(10, 40, 4, seed=3)
    assert cuts == spread_cuts(10, 40, 4, seed=3)
    assert cuts[0] >= 10
    assert cuts[-1] <= 40
    assert np.all(np.diff(cuts) > 0)
    with pytest.raises(NotEnoughDataError):
        spread_cuts(10, 11, 3, seed=3)


def test_values_and_times_need_one_shape():
    """A clock of another shape is refused."""
    with pytest.raises(ValueError, match="one shape"):
        Timed(CLOSE, np.zeros(T, dtype=np.int64))


@pytest.mark.parametrize("name", CHANGES)
def test_changes_touch_hidden_cells_only(name):
    """What is not hidden keeps its bytes; something hidden does change, of every type where it can."""
    hidden = np.zeros((T, N), dtype=bool)
    hidden[20:] = True
    for values in (CLOSE, CLOSE > 1.0, np.arange(T * N).reshape(T, N)):
        rng = np.random.Generator(np.random.PCG64(4))
        before = values.copy()
        after = CHANGES[name](values, hidden, rng)
        np.testing.assert_array_equal(after[:20], values[:20])
        np.testing.assert_array_equal(values, before)
        if values.dtype.kind != "i" or name in ("noise", "scale"):
            assert np.any(moved(values, after))


def test_bits_are_compared():
    """NaN equals NaN, zero differs from minus zero, other shapes and types are refused."""
    assert not moved(np.array([np.nan, 1.0]), np.array([-np.nan, 1.0])).any()
    assert moved(np.array([0.0, np.nan, 1.0]), np.array([-0.0, 0.0, 1.0])).tolist() == [True, True, False]
    for other in (np.zeros(3), np.zeros(2, dtype=np.float32)):
        with pytest.raises(ValueError, match="compared"):
            moved(np.zeros(2), other)
