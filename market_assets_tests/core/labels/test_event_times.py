"""Events given by time."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.labels.event_times import cusum_rows, decision_rows, vertical_rows
from market_assets.core.labels.events import Events, label_events

TS = np.array(["2021-03-01T16", "2021-03-02T16", "2021-03-05T16", "2021-03-08T16"], "M8[us]")


def at(*times):
    return np.array(times, "M8[us]")


def test_the_decision_falls_at_the_last_closed_bar():
    """A bar that closes at the event time has closed; one that closes a second later has not."""
    times = at("2021-03-01T16", "2021-03-02T15:59:59", "2021-03-07", "2021-04-01")
    assert decision_rows(TS, times).tolist() == [0, 0, 2, 3]


def test_an_event_without_a_fresh_bar_is_refused():
    """Before the first bar, or long after the last one."""
    with pytest.raises(BadInputError, match=r"row 1.*event_time"):
        decision_rows(TS, at("2021-03-02T16", "2021-03-01T15"))
    with pytest.raises(BadInputError, match=r"row 1.*event_time"):
        decision_rows(TS, at("2021-03-07", "2021-04-01"), np.timedelta64(5, "D"))


def test_the_vertical_barrier_is_bars_or_time_away():
    """Two bars later, or the first bar that closes two days later; -1 after the data."""
    rows = np.arange(4)
    assert vertical_rows(TS, rows, 2).tolist() == [2, 3, -1, -1]
    assert vertical_rows(TS, rows, np.timedelta64(2, "D")).tolist() == [2, 2, 3, -1]
    assert vertical_rows(TS, rows, np.timedelta64(3, "D")).tolist() == [2, 2, 3, -1]
    for holding in (0, np.timedelta64(0, "D")):
        with pytest.raises(BadInputError, match="event_holding"):
            vertical_rows(TS, rows, holding)


def test_times_become_labels():
    """From event times to outcomes: entry at the last close, held at most five days."""
    close = np.array([100.0, 103.0, 104.0, 90.0])
    rows = decision_rows(TS, at("2021-03-01T20", "2021-03-02T20"))
    found = label_events(*(close,) * 4, Events.of(rows, vertical_rows(TS, rows, np.timedelta64(5, "D")), 0.02, 0.05))
    assert found.t1.tolist() == [1, 3]
    assert found.label.tolist() == [1, -1]


def plain_cusum(returns, threshold):
    """Snippet 2.4 with an inclusive threshold."""
    events, up, down = [], 0.0, 0.0
    for row, (step, bar) in enumerate(zip(returns, threshold, strict=True)):
        if np.isnan(step):
            continue
        up, down = max(0, up + step), min(0, down + step)
        if down <= -bar:
            down = 0
            events.append(row)
        elif up >= bar:
            up = 0
            events.append(row)
    return events


def test_cusum_equals_the_definition_and_knows_nothing_later():
    """On random returns with gaps; a prefix fires at the same rows."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        returns = np.where(rng.random(200) < 0.05, np.nan, rng.normal(0, 0.01, 200))
        threshold = np.where(rng.random(200) < 0.05, np.nan, rng.uniform(0.01, 0.04, 200))
        found = cusum_rows(returns, threshold)
        assert found.tolist() == plain_cusum(returns, threshold)
        assert found.size > 5
        np.testing.assert_array_equal(cusum_rows(returns[:120], threshold[:120]), found[found < 120])


def test_a_sum_exactly_at_the_threshold_fires_in_both_directions():
    """0.25 + 0.25 reaches 0.5; the other sum goes on."""
    steps = np.array([0.25, 0.25, -0.25, -0.25])
    assert cusum_rows(steps, np.full(4, 0.5)).tolist() == [1, 3]
    with pytest.raises(BadInputError, match="cusum_threshold"):
        cusum_rows(steps, np.zeros(4))
