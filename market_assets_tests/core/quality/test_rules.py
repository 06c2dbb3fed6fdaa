"""Quality rules on hand-made bars."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_assets.core.quality.findings import bars_of
from market_assets.core.quality.policy import QualityPolicy
from market_assets.core.quality.price_rules import longest_run
from market_assets.core.quality.rules import RULES, rules_for
from market_assets_tests.core.market.panels import panel_of

POLICY = QualityPolicy()


def bars(closes, expected="all", **changes):
    """Bars of one symbol with the given closes; array fields may be replaced by ``{row: value}``."""
    panel = panel_of([closes])
    made = bars_of(panel, 0, panel.ts if isinstance(expected, str) else expected)
    arrays = {}
    for name, edits in changes.items():
        array = getattr(made, name).copy()
        for row, value in edits.items():
            array[row] = value
        arrays[name] = array
    return replace(made, **arrays)


def verdict(rule, made):
    """Count and passed of one rule."""
    result = RULES[rule](made, POLICY)
    assert result.rule == rule
    assert (result.example != "") == (result.count > 0) or rule == "stale_feed"
    return result.count, result.passed


WALK = list(np.linspace(100, 120, 60))


@pytest.mark.parametrize("rule", sorted(RULES))
def test_sound_bars_pass_every_rule(rule):
    """A gently rising series breaks no rule."""
    count, passed = verdict(rule, bars(WALK))
    assert passed
    assert count == (1 if rule == "stale_feed" else 0)


def test_completeness_counts_absent_days_between_first_and_last():
    """3 of 60 missing is 5 % and passes, 4 of 60 does not; days before the first bar do not count."""
    full = bars(WALK)
    for missing, passed in ((3, True), (4, False)):
        keep = np.ones(60, bool)
        keep[10 : 10 + missing] = False
        cut = replace(full, **{k: getattr(full, k)[keep] for k in ("ts", "known_at", "close")})
        result = RULES["completeness"](cut, POLICY)
        assert (result.count, result.passed) == (missing, passed)
    late = replace(full, **{k: getattr(full, k)[20:] for k in ("ts", "known_at", "close")})
    assert RULES["completeness"](late, POLICY).count == 0


def test_early_end_is_a_warning():
    """Six sessions without the symbol at the end are reported, as a warning."""
    full = bars(WALK)
    short = replace(full, ts=full.ts[:-6])
    result = RULES["early_end"](short, POLICY)
    assert (result.count, result.passed, result.severity) == (6, False, "warning")


@pytest.mark.parametrize("rule", ["completeness", "early_end", "time_zone_shift"])
def test_without_expected_sessions_nothing_is_claimed(rule):
    """A rule that cannot be measured does not pass, has no share, and says why."""
    result = RULES[rule](bars(WALK, expected=None), POLICY)
    assert (result.passed, result.share, result.severity) == (False, None, "warning")
    assert "not measured" in result.example


def test_duplicates_by_stamp_and_by_day():
    """A repeated stamp and a second stamp on the same day both count once."""
    made = bars(WALK)
    same = replace(made, ts=np.concatenate([made.ts[:1], made.ts[:-1]]))
    assert verdict("duplicates", same) == (1, False)
    earlier = made.ts.copy()
    earlier[5] = earlier[4] + np.timedelta64(1, "h")
    assert verdict("duplicates", replace(made, ts=earlier)) == (1, False)


@pytest.mark.parametrize(
    "changes",
    [{"high": {3: 50.0}}, {"low": {3: 500.0}}, {"open": {3: 500.0}}, {"close": {3: 1.0}}, {"high": {3: np.nan}}],
)
def test_ohlc_logic(changes):
    """High below low, prices outside the range and NaN each break the bar."""
    assert verdict("ohlc_logic", bars(WALK, **changes)) == (1, False)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_positive_prices(value):
    """Zero, negative and non-finite prices are refused in any of the four columns."""
    for column in ("open", "high", "low", "close"):
        assert verdict("positive_prices", bars(WALK, **{column: {7: value}})) == (1, False)


def test_zero_volume_has_a_share():
    """One bar in 200 without volume is within 1 %, one in 60 is not; NaN volume counts."""
    assert verdict("zero_volume", bars(list(np.linspace(100, 120, 200)), volume={9: 0.0})) == (1, True)
    assert verdict("zero_volume", bars(WALK, volume={9: 0.0})) == (1, False)
    assert verdict("zero_volume", bars(WALK, volume={9: np.nan})) == (1, False)


def test_stale_feed_at_its_limit():
    """Ten equal bars in a row pass, eleven do not."""
    for length, passed in ((10, True), (11, False)):
        made = bars(WALK[:20] + [200.0] * length + [201.0, 202.0])
        result = RULES["stale_feed"](made, POLICY)
        assert (result.count, result.passed) == (length, passed)


@given(st.lists(st.booleans(), max_size=40))
def test_longest_run_equals_counting(same):
    """The run length equals the longest block of equal neighbours found by hand."""
    best = 1
    for start in range(len(same)):
        stop = start
        while stop < len(same) and same[stop]:
            stop += 1
        best = max(best, stop - start + 1)
    assert longest_run(np.array(same, dtype=bool))[0] == best


def test_extreme_moves_take_actions_out():
    """A price that halves is extreme, unless a 2:1 split explains it."""
    halved = [*WALK[:30], *[p / 2.2 for p in WALK[30:]]]
    assert verdict("extreme_moves", bars(halved)) == (1, False)
    assert verdict("extreme_moves", bars(halved, split={30: 2.2})) == (0, True)


@pytest.mark.parametrize("ratio", [2.0, 3.0, 10.0, 0.1])
def test_unrecorded_split(ratio):
    """Open and close both jump by a split ratio and no split is recorded."""
    jumped = [*WALK[:30], *[p / ratio for p in WALK[30:]]]
    assert verdict("corporate_actions", bars(jumped)) == (1, False)
    assert verdict("corporate_actions", bars(jumped, split={30: ratio})) == (0, True)


def test_a_crash_within_the_day_is_no_split():
    """A close that halves after an unchanged open is an extreme move, not an unrecorded split."""
    crash = [*WALK[:30], *[p / 2 for p in WALK[30:]]]
    assert verdict("corporate_actions", bars(crash, open={30: WALK[29]})) == (0, True)


@pytest.mark.parametrize(
    "changes", [{"split": {9: 2.0}}, {"dividend": {9: 60.0}}, {"split": {9: -1.0}}, {"dividend": {9: -0.1}}]
)
def test_actions_that_prices_do_not_show(changes):
    """A recorded split or large dividend without a move, and impossible values, break the rule."""
    assert verdict("corporate_actions", bars(WALK, **changes)) == (1, False)


def test_a_spin_off_counted_twice_is_seen():
    """MetLife 2017-08-07 as its vendor has it: split 1.122 and dividend 5.87 for one spin-off, 53.92 -> 48.53."""
    made = bars([53.5, 53.92, 48.53, 48.7], split={2: 1.122}, dividend={2: 5.87})
    assert verdict("corporate_actions", made) == (1, False)
    once = bars([53.5, 53.92, 48.53, 48.7], split={2: 1.122})
    assert verdict("corporate_actions", once) == (0, True)


@pytest.mark.parametrize("hours", [-5, 1, 24])
def test_time_zone_shift(hours):
    """Stamps in local time, off by an hour, or off by a day do not meet the sessions."""
    made = bars(WALK)
    shifted = replace(made, ts=made.ts + np.timedelta64(hours, "h"))
    count, passed = verdict("time_zone_shift", shifted)
    assert not passed
    assert count >= 1


def test_look_ahead():
    """A bar known a second before its close is look-ahead; an undeclared known_at is not judged."""
    made = bars(WALK)
    early = made.known_at.copy()
    early[4] -= np.timedelta64(1, "s")
    assert verdict("look_ahead", replace(made, known_at=early)) == (1, False)
    undeclared = np.full(60, np.datetime64("NaT"), dtype="datetime64[us]")
    assert verdict("look_ahead", replace(made, known_at=undeclared)) == (0, True)


def test_rules_by_kind():
    """Volume and corporate actions mean nothing for an index, nor large moves for a level."""
    assert set(rules_for("equity")) == set(RULES)
    assert set(RULES) - set(rules_for("index")) == {"zero_volume", "corporate_actions"}
    assert set(RULES) - set(rules_for("level")) == {"zero_volume", "corporate_actions", "extreme_moves"}
