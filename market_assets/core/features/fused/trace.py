"""Series that are not computed but written down: the formulas of a family become a list of operations.

A ``Traced`` stands for a series in the formulas, which see an array that they add, compare and pass to the functions of
``series.py``. What is written down twice is one operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from market_assets.core.features.fused import kernel as c

NO_NUMBER = -0.0
"""The number of an operation that takes none; adding it changes nothing, not even the sign of a zero."""


class Operation(NamedTuple):
    """What is done, the operations whose values are read, two whole numbers and a real one."""

    code: int
    reads: tuple[int, ...] = ()
    first: int = 0
    second: int = 0
    number: str = str(NO_NUMBER)
    """As text, so that 0.0 and -0.0 are two numbers and every NaN is one."""


@dataclass(eq=False)
class Trace:
    """Operations in the order in which they were written down, each after those it reads."""

    operations: list[Operation] = field(default_factory=list)
    known: dict[Operation, int] = field(default_factory=dict)

    def value(self, code: int, *reads: Traced, first: int = 0, second: int = 0, number: float = NO_NUMBER) -> Traced:
        """The value of an operation, written down where it is new."""
        one = Operation(code, tuple(read.place for read in reads), first, second, str(float(number)))
        if one not in self.known:
            self.known[one] = len(self.operations)
            self.operations.append(one)
        return Traced(self, self.known[one])


PAIRS = {
    "add": c.ADD,
    "subtract": c.SUB,
    "multiply": c.MUL,
    "maximum": c.MAXIMUM,
    "minimum": c.MINIMUM,
    "greater": c.GREATER,
    "greater_equal": c.AT_LEAST,
    "bitwise_and": c.BOTH,
}
SWAPPED = {"less": "greater", "less_equal": "greater_equal"}
WITH_NUMBER = {
    "add": c.ADD_NUMBER,
    "multiply": c.MUL_NUMBER,
    "divide": c.DIV_NUMBER,
    "maximum": c.MAX_NUMBER,
    "greater": c.ABOVE_NUMBER,
    "not_equal": c.OTHER_THAN,
}
SINGLES = {
    "absolute": c.ABSOLUTE,
    "negative": c.NEGATIVE,
    "sign": c.SIGN,
    "sqrt": c.ROOT,
    "isnan": c.IS_NAN,
    "invert": c.NOT,
}


class Traced(NDArrayOperatorsMixin):
    """A series of a trace. A mask is a series of 1 and 0."""

    def __init__(self, trace: Trace, place: int) -> None:
        self.trace, self.place = trace, place

    def astype(self, _: Any) -> Traced:
        """Masks are numbers already."""
        return self

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Traced:
        if method != "__call__" or options:
            raise TypeError(f"a traced series has no {ufunc.__name__}.{method} with {sorted(options)}")
        try:
            if len(inputs) == 1:
                return self.trace.value(SINGLES[ufunc.__name__], *inputs)
            one, other = inputs
            if not isinstance(one, Traced):
                return _to_number(self.trace, ufunc.__name__, one, other)
            if isinstance(other, Traced):
                return _of_two(self.trace, ufunc.__name__, one, other)
            return _of_number(self.trace, ufunc.__name__, one, other)
        except KeyError:
            raise TypeError(f"a traced series has no {ufunc.__name__} of {len(inputs)}") from None

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, options: Any) -> Traced:
        if function is np.where and not options:
            return _where(self.trace, *args)
        if function is np.clip and not options and args[1] == -args[2]:
            return self.trace.value(c.CLIP, args[0], number=args[2])
        raise TypeError(f"a traced series has no {function.__name__}")


def _of_two(trace: Trace, name: str, one: Traced, other: Traced) -> Traced:
    if name in SWAPPED:
        return _of_two(trace, SWAPPED[name], other, one)
    return trace.value(PAIRS[name], one, other)


def _of_number(trace: Trace, name: str, one: Traced, number: float) -> Traced:
    if name == "less":
        return _of_number(trace, "greater", -one, -number)
    if name == "subtract":
        return trace.value(c.ADD_NUMBER, one, number=-number)
    if name == "power" and number == 2:
        return trace.value(c.MUL, one, one)
    return trace.value(WITH_NUMBER[name], one, number=number)


def _to_number(trace: Trace, name: str, number: float, one: Traced) -> Traced:
    if name == "subtract":
        return trace.value(c.FROM_NUMBER, one, number=number)
    return _of_number(trace, {"add": "add", "multiply": "multiply", "maximum": "maximum"}[name], one, number)


def _where(trace: Trace, mask: Traced, one: Any, other: Any) -> Traced:
    if isinstance(one, Traced) and isinstance(other, Traced):
        return trace.value(c.WHERE, mask, one, other)
    if isinstance(one, Traced):
        return trace.value(c.WHERE_ELSE, mask, one, number=other)
    return trace.value(c.WHERE_NUMBER, mask, other, number=one)


def log_ratio(a: Traced, b: Traced) -> Traced:
    return a.trace.value(c.LOG_RATIO, a, b)


def ratio(a: Traced, b: Traced) -> Traced:
    return a.trace.value(c.RATIO, a, b)


def log(x: Traced) -> Traced:
    return x.trace.value(c.LOG, x)


def log_return(x: Traced, lag: int) -> Traced:
    return x.trace.value(c.LOG_RETURN, x, first=lag)


def shift(x: Traced, lag: int) -> Traced:
    return x.trace.value(c.SHIFT, x, first=lag)


def signed_streak(x: Traced) -> Traced:
    return x.trace.value(c.STREAK, x)


def _parts(window: int) -> tuple[int, int]:
    """Lengths of the newer and the older part that a window is joined from; windows of one series share parts."""
    for part in (20, 10, 5):
        if window > part and window % part == 0:
            return window - part, part
    return (window // 2, window // 2) if window % 2 == 0 else (window - 1, 1)


def rolling_sum(x: Traced, window: int) -> Traced:
    if window == 1:
        return x
    newer, older = _parts(window)
    return x.trace.value(c.SUM, rolling_sum(x, newer), rolling_sum(x, older), first=newer)


def rolling_mean(x: Traced, window: int) -> Traced:
    return rolling_sum(x, window) / window


def _apart(x: Traced, newer: int, older: int) -> Traced:
    return x.trace.value(c.APART, rolling_sum(x, newer), rolling_sum(x, older), first=newer, second=older)


def _comoment(x: Traced, y: Traced, window: int) -> Traced:
    if window == 1:
        return x * 0.0
    newer, older = _parts(window)
    joined = _comoment(x, y, newer), _comoment(x, y, older)
    return x.trace.value(
        c.COMOMENT, *joined, _apart(x, newer, older), _apart(y, newer, older), first=newer, second=older
    )


def _powers(x: Traced, window: int) -> tuple[Traced, Traced]:
    if window == 1:
        return x * 0.0, x * 0.0
    newer, older = _parts(window)
    (third, fourth), (third_before, fourth_before) = _powers(x, newer), _powers(x, older)
    squares = _comoment(x, x, newer), _comoment(x, x, older)
    joined = x.trace.value(
        c.POWERS,
        *squares,
        third,
        third_before,
        fourth,
        fourth_before,
        _apart(x, newer, older),
        first=newer,
        second=older,
    )
    return joined, x.trace.value(c.SECOND, joined)


def _trend(x: Traced, window: int) -> Traced:
    if window == 1:
        return x * 0.0
    newer, older = _parts(window)
    joined = _trend(x, newer), _trend(x, older)
    return x.trace.value(c.TREND, *joined, _apart(x, newer, older), first=newer, second=older)


def variance_around(x: Traced, mean: Traced, window: int) -> Traced:
    return x.trace.value(c.VARIANCE, _comoment(x, x, window), mean, first=window)


def rolling_var(x: Traced, window: int) -> Traced:
    return variance_around(x, rolling_mean(x, window), window)


def shape_around(x: Traced, _mean: Traced, var: Traced, window: int) -> tuple[Traced, Traced]:
    skew = x.trace.value(c.SHAPE, *_powers(x, window), var, first=window)
    return skew, x.trace.value(c.SECOND, skew)


def line_around(x: Traced, _mean: Traced, var: Traced, window: int) -> tuple[Traced, Traced]:
    slope = x.trace.value(c.LINE, _trend(x, window), var, first=window)
    return slope, x.trace.value(c.SECOND, slope)


def correlation_around(
    x: Traced, _mean_x: Traced, var_x: Traced, y: Traced, _mean_y: Traced, var_y: Traced, window: int
) -> Traced:
    return x.trace.value(c.CORRELATION, _comoment(x, y, window), var_x, var_y, first=window)


def rescaled_range_around(x: Traced, mean: Traced, var: Traced, window: int) -> Traced:
    return x.trace.value(c.PATH, x, mean, var, first=window)


def _peak(x: Traced, window: int, aged: bool) -> tuple[Traced, Traced | None]:
    """Largest value and its age, joined from windows that are each twice as long."""
    best, age, length = x, None, 1
    while length < window:
        lag = min(length, window - length)
        if aged:
            since = (best,) if age is None else (best, age)
            age = x.trace.value(c.AGE, *since, first=lag, second=len(since) - 1)
        best = x.trace.value(c.TOP, best, first=lag)
        length += lag
    return best, age


def rolling_max(x: Traced, window: int) -> Traced:
    return _peak(x, window, False)[0]


def rolling_min(x: Traced, window: int) -> Traced:
    return -rolling_max(-x, window)


def bars_since_max(x: Traced, window: int) -> Traced:
    best, age = _peak(x, window, True)
    assert age is not None
    return x.trace.value(c.KNOWN, best, age)


def rolling_rank(x: Traced, window: int) -> Traced:
    return x.trace.value(c.RANK, x, first=window)


def permutation_entropy(x: Traced, window: int) -> Traced:
    return x.trace.value(c.ENTROPY, x, first=window)


def ewm_mean(x: Traced, alpha: float, warm: int) -> Traced:
    return x.trace.value(c.FORGET, x, first=warm, number=alpha)
