"""Numbers as people read them. A missing figure is named as missing, never shown as zero."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

MISSING = "not available"
Format = Callable[[Any], str]


def _guarded(write: Callable[[float], str]) -> Format:
    def show(value: Any) -> str:
        if value is None or isinstance(value, str) or not math.isfinite(value):
            return MISSING
        text = write(float(value))
        # a small negative number rounds to a zero without a sign
        return text.replace("-", "\N{MINUS SIGN}" if text.strip("-0.,%") else "")

    return show


ratio = _guarded(lambda value: f"{value:.2f}")
probability = _guarded(lambda value: f"{value:.3f}")
percent = _guarded(lambda value: f"{value:.1%}")
fine_percent = _guarded(lambda value: f"{value:.2%}")
score = _guarded(lambda value: f"{value:.4f}")
count = _guarded(lambda value: f"{value:,.0f}")
seconds = _guarded(lambda value: f"{value:,.1f} s")
mebibytes = _guarded(lambda value: f"{value:,.0f} MiB")
plain = _guarded(lambda value: f"{value:,.0f}" if value.is_integer() else f"{value:.4g}")


def interval(low: Any, high: Any, show: Format) -> str:
    """``low to high``, or one word for a missing interval."""
    return MISSING if MISSING in (show(low), show(high)) else f"{show(low)} to {show(high)}"


def p_value(value: Any, replications: int) -> str:
    """A resampled p-value; zero of n replications is "below 1/n", not zero."""
    return f"< {1.0 / replications:.2g}" if value == 0 else probability(value)


def words(name: str) -> str:
    """``max_drawdown`` as ``max drawdown``."""
    return name.replace("_", " ")


def short_list(items: Sequence[str], shown: int = 60) -> str:
    """Names joined by spaces, the rest counted."""
    rest = f" and {len(items) - shown} more" if len(items) > shown else ""
    return " ".join(items[:shown]) + rest
