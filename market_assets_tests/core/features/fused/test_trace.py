"""Every word and numpy operation of a formula: written down and run, it has the value it has at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_assets.core.features import series
from market_assets.core.features.bars import Bars
from market_assets.core.features.fused import kernel
from market_assets.core.features.fused.family import play
from market_assets.core.features.fused.tape import make_tape
from market_assets.core.features.fused.trace import Trace, Traced
from market_assets_tests.core.features.panels import symbol_bars

BARS = Bars(**symbol_bars(200, np.random.Generator(np.random.PCG64(1))))
BARS.volume[[3, 90, 91]] = np.nan
BARS.close[[100, 101]] = BARS.close[99]

WORDS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y + 2.0,
    "subtract": lambda x, y: 1.0 - (x - y) - 3.0,
    "multiply": lambda x, y: 2.0 * (x * y) * 3.0,
    "power and divide": lambda x, y: x**2 / 7.0 + y,
    "extremes of two": lambda x, y: np.maximum(x, y) - np.minimum(x, y) + np.maximum(0.0, x) + np.maximum(x, 1.0),
    "signs": lambda x, y: np.sign(x - y) + np.abs(x - y) - np.sqrt(np.abs(y)) + np.sign(y),
    "compare": lambda x, y: np.where((x > y) & (x >= 1.0 * y), x, y) + np.where(x < y, 1.0, x),
    "compare numbers": lambda x, y: np.where((y < 4e5) & ~(x != 50.0), y, 0.5) + np.where(x > 50.0, -1.0, x),
    "turned round": lambda x, y: np.where(x <= y, y, 2.0).astype(np.float64) + np.where(x >= y, x, 1.0),
    "nan": lambda x, y: np.where(np.isnan(y), x, y),
    "clip": lambda x, y: np.clip(x - 50.0, -2.0, 2.0) + 0.0 * y,
    "ratio": lambda x, y: series.ratio(x, y) - 1.0,
    "logarithms": lambda x, y: series.log(x) + series.log_ratio(y, x) + series.log_return(x, 3),
    "shift": lambda x, y: series.shift(x, 4) + series.shift(y, 1),
    "streak": lambda x, y: series.signed_streak(x - series.shift(x, 1)) + 0.0 * y,
    "sum": lambda x, y: series.rolling_sum(x, 7) + series.rolling_mean(y, 60) + series.rolling_mean(x, 50),
    "variance": lambda x, y: series.rolling_var(x, 5) + series.rolling_var(y, 60) + series.rolling_var(x, 13),
    "largest": lambda x, y: series.rolling_max(x, 55) - series.rolling_min(y, 9) + series.bars_since_max(x, 26),
    "rank": lambda x, y: series.rolling_rank(x, 7) + series.rolling_rank(y, 20) + series.rolling_rank(x, 60),
    "entropy": lambda x, y: series.permutation_entropy(x, 20) + series.permutation_entropy(y, 60),
    "means": lambda x, y: sum(series.ema(x, span) for span in (3, 5, 9, 12, 26)) + series.wilder(series.ema(y, 4), 5),
}


def moments(x: Any, window: int) -> tuple[Any, Any, Any]:
    return x, series.rolling_mean(x, window), series.rolling_var(x, window)


WORDS |= {
    "shape": lambda x, y: series.shape_around(*moments(x, 60), 60)[1] + series.shape_around(*moments(y, 20), 20)[0],
    "line": lambda x, y: series.line_around(*moments(x, 20), 20)[1] + series.line_around(*moments(y, 5), 5)[0],
    "range": lambda x, y: series.rescaled_range_around(*moments(x, 30), 30) + 0.0 * y,
    "correlation": lambda x, y: series.correlation_around(*moments(x, 20), *moments(y, 20), 20),
}


@pytest.mark.parametrize("word", WORDS)
def test_written_down_as_at_once(word: str) -> None:
    """Equal up to the rounding of sums, NaN in the same rows."""
    trace = Trace()
    x, y = (trace.value(kernel.COLUMN, first=number) for number in (3, 4))
    tape = make_tape(trace, {"value": WORDS[word](x, y).place})
    plain = WORDS[word](BARS.close, BARS.volume)
    np.testing.assert_allclose(play(tape, BARS)[0], plain, rtol=1e-10, atol=1e-10 * np.nanstd(plain))
    assert np.isfinite(plain).any()


@pytest.mark.parametrize(
    "word",
    [np.exp, np.cumsum, lambda x: 1.0 / x, lambda x: x / x, lambda x: x**3, lambda x: np.clip(x, 0.0, 1.0), np.mean],
)
def test_what_a_tape_cannot_do_is_an_error(word: Callable[[Any], Any]) -> None:
    """An operation that the kernel does not know is refused when the formula is written down."""
    with pytest.raises(TypeError, match=r"traced series|operand"):
        word(Trace().value(kernel.COLUMN, first=3))


def test_equal_formulas_are_one_operation() -> None:
    """What is asked for twice is computed once."""
    trace = Trace()
    x = trace.value(kernel.COLUMN, first=3)
    first, again = (series.rolling_sum(x, 20) * 2.0 for _ in range(2))
    assert isinstance(first, Traced)
    assert first.place == again.place


def test_the_logarithm_is_within_one_digit() -> None:
    """Within 0.7 units of the last digit of the exact value, near 1 and over the whole range."""
    rng = np.random.Generator(np.random.PCG64(0))
    x = np.exp(np.concatenate([rng.normal(0.0, 0.01, 5000), rng.normal(0.0, 200.0, 5000), [0.0, 0.5, -0.5]]))
    fast = x.copy()
    kernel._log(fast)
    exact = np.log(x.astype(np.longdouble))
    assert float(np.max(np.abs(fast - exact) / np.spacing(np.abs(exact.astype(np.float64))))) < 0.7
    odd = np.array([0.0, -1.0, np.nan, np.inf, 1e-310])
    kernel._log(odd)
    assert np.isnan(odd).all()
