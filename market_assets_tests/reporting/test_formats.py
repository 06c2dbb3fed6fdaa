"""Numbers as text."""

from __future__ import annotations

import math

import pytest

from market_assets.reporting import formats as show


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, "text"])
def test_what_is_no_number_is_not_available(value):
    """A missing figure is never zero and never a word that looks like a figure."""
    for write in (show.ratio, show.percent, show.plain, show.count, show.seconds):
        assert write(value) == show.MISSING
    assert show.interval(0.1, value, show.ratio) == show.MISSING


def test_figures_are_rounded_and_signed():
    """Fixed digits, a true minus sign, thousands apart."""
    assert show.ratio(-1.234) == "−1.23"
    assert show.percent(0.1234) == "12.3%"
    assert show.plain(0.99968) == "0.9997"
    assert show.plain(1258.0) == "1,258"
    assert show.interval(-0.5, 2, show.ratio) == "−0.50 to 2.00"


def test_a_resampled_p_value_is_never_zero():
    """No replication beyond the statistic means below one in that many."""
    assert show.p_value(0.0, 1000) == "< 0.001"
    assert show.p_value(0.25, 1000) == "0.250"
    assert show.p_value(None, 1000) == show.MISSING


def test_a_rounded_zero_has_no_sign():
    """A tiny loss is shown as zero, not as minus zero."""
    assert show.percent(-0.0001) == "0.0%"
    assert show.ratio(-0.004) == "0.00"
    assert show.ratio(-0.006) == "−0.01"
