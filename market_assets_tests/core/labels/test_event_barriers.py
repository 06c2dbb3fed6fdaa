"""Triple barriers from the bars that a CUSUM filter chooses."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from market_assets.core.labels.event_barriers import EventSpec, event_barriers, event_bars
from market_assets.core.labels.triple_barrier import FIELDS, triple_barrier
from market_assets_tests.core.labels.kinds import SMALL
from market_assets_tests.core.labels.panels import panel_of, random_panel

PANEL = random_panel(np.random.default_rng(8), symbols=3, days=200, missing=0.002)
SPEC = EventSpec(threshold=1.5, span=20, barrier=SMALL)


def plain_events(close, threshold, span):
    """The definition for one symbol, in floating point of its own: weighted deviation, then snippet 2.4."""
    returns, chosen, up, down = [np.nan], [], 0.0, 0.0
    for before, now in pairwise(close):
        returns.append(now / before - 1.0)
    for row, step in enumerate(returns):
        if np.isnan(step):
            continue
        up, down = max(0.0, up + step), min(0.0, down + step)
        known = [k for k in range(row + 1) if not np.isnan(returns[k])]
        if len(known) < span:
            continue
        weight = np.array([(1.0 - 2.0 / (span + 1.0)) ** (row - k) for k in known])
        values = np.array([returns[k] for k in known])
        mean = np.average(values, weights=weight)
        bias = weight.sum() ** 2 / (weight.sum() ** 2 - (weight**2).sum())
        level = threshold * np.sqrt(bias * np.average((values - mean) ** 2, weights=weight))
        if down <= -level:
            down = 0.0
            chosen.append(row)
        elif up >= level:
            up = 0.0
            chosen.append(row)
    return chosen


def test_events_are_those_of_the_definition_symbol_by_symbol():
    """No sum runs on from one symbol into the next."""
    found = event_bars(PANEL, SPEC)
    for index in range(len(PANEL.symbols)):
        rows = PANEL.rows(index)
        wanted = plain_events(PANEL.close[rows], SPEC.threshold, SPEC.span)
        assert np.flatnonzero(found[rows]).tolist() == wanted
        assert len(wanted) > 20


def test_an_event_has_the_label_of_its_bar_and_other_bars_have_none():
    """Elsewhere the label is undefined; its interval still ends at the vertical barrier."""
    chosen, found, all_rows = event_bars(PANEL, SPEC), event_barriers(PANEL, SPEC), triple_barrier(PANEL, SMALL)
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(found, field)[chosen], getattr(all_rows, field)[chosen])
    assert not found.defined[~chosen].any()
    assert np.isnan(found.ret[~chosen]).all()
    final = np.repeat(PANEL.offsets[1:] - 1, np.diff(PANEL.offsets))
    vertical = PANEL.ts[np.minimum(np.arange(PANEL.n_rows) + SMALL.holding, final)]
    np.testing.assert_array_equal(found.end_ts[~chosen], vertical[~chosen])


def test_a_higher_threshold_asks_for_fewer_decisions():
    """The sums need longer to reach it."""
    counts = [int(event_bars(PANEL, replace(SPEC, threshold=level)).sum()) for level in (0.5, 1.5, 4.0)]
    assert counts[0] > counts[1] > counts[2] > 0


def test_prices_that_do_not_move_are_no_event():
    """A deviation of 0 is no threshold."""
    panel = panel_of({"A": np.full((60, 4), 20.0)})
    assert not event_bars(panel, SPEC).any()
