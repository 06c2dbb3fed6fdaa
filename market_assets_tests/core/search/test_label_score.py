"""The score: expectancy of the entries less that of random entries, against the plain definition."""

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.execution.spec import CostSpec
from market_assets.core.search.bets import bets, split
from market_assets.core.search.label_score import ScoreSpec, score
from market_assets.core.search.label_space import SearchLabel
from market_assets_tests.core.search.markets import signalled

LABEL = SearchLabel("triple_barrier", 5, 0.04, 0.03)
SIZES = ScoreSpec(reps=200)


def window_of(seed, share=0.25, **options):
    """The earlier window of a market, and every bet of it."""
    panel, signal = signalled(seed, **options)
    window = split(panel, signal, share, 0.6, 14)[0]
    return window, bets(window.panel, LABEL, "next_open", CostSpec())


def test_figures_equal_the_definition():
    """Means over the entries; random entries are enumerated: every symbol of the session, each side by its share."""
    window, found = window_of(1, path=(0.01,))
    figures = score(window, found, LABEL.horizon, SIZES, 7)
    panel, rows = window.panel, np.flatnonzero(window.side)
    net = np.where(window.side[rows] > 0, found.long[rows], found.short[rows])
    assert figures.trades == rows.size == window.sessions.size * 4
    assert figures.expectancy == pytest.approx(net.mean(), abs=1e-15)
    assert figures.win_rate == pytest.approx(np.mean(net > 0))
    held = np.where(window.side[rows] > 0, found.long_held[rows], found.short_held[rows])
    assert figures.held == pytest.approx(held.mean())
    q = np.mean(window.side[rows] > 0)
    random, won = [], []
    for row in rows:
        pool = np.flatnonzero((panel.ts == panel.ts[row]) & window.pool)
        random.append(np.mean(q * found.long[pool] + (1 - q) * found.short[pool]))
        won.append(np.mean(q * (found.long[pool] > 0) + (1 - q) * (found.short[pool] > 0)))
    assert figures.long_share == q == 0.5
    assert figures.baseline == pytest.approx(np.mean(random), abs=1e-15)
    assert figures.baseline_win_rate == pytest.approx(np.mean(won))
    assert figures.lift == pytest.approx(net.mean() - np.mean(random), abs=1e-15)
    assert figures.low < figures.lift < figures.high
    assert figures.t == pytest.approx(figures.lift / figures.error)


def test_random_entries_earn_the_baseline():
    """Drawn many times over, random symbols and sides on the same sessions earn what the closed expectation says."""
    window, found = window_of(2, sessions=120)
    figures = score(window, found, LABEL.horizon, SIZES, 7)
    rng, panel, rows, drawn = np.random.default_rng(0), window.panel, np.flatnonzero(window.side), []
    pools = [np.flatnonzero((panel.ts == panel.ts[row]) & window.pool) for row in rows]
    for _ in range(100):
        pick = np.array([rng.choice(pool) for pool in pools])
        long = rng.random(rows.size) < figures.long_share
        drawn.append(np.mean(np.where(long, found.long[pick], found.short[pick])))
    assert figures.baseline == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / np.sqrt(100))


def test_intervals_hold_the_truth_on_a_worthless_signal():
    """Of 40 null markets the 95 % interval misses zero about twice; planted bug: blocks of one session miss it more."""
    held = short = 0
    for seed in range(40):
        panel, signal = signalled(seed, sessions=300)
        # one draw of the signal in ten sessions: neighbouring trades overlap and agree
        kept = np.repeat(signal.reshape(8, -1)[:, ::10], 10, axis=1).ravel()
        window = split(panel, kept, 0.5, 0.6, 14)[0]
        found = bets(window.panel, SearchLabel("simple", 10), "next_open", CostSpec())
        wide = score(window, found, 10, SIZES, seed)
        held += wide.low <= 0.0 <= wide.high
        narrow = score(window, found, 1, ScoreSpec(reps=200, mean_block=1.0), seed)
        short += narrow.low <= 0.0 <= narrow.high
    assert held >= 34 > short


def test_nothing_to_score_is_a_gap():
    """No entry with an outcome, or a lift that no resample moves, has a cause instead of a number."""
    window, found = window_of(1, sessions=120)
    nothing = type(found)(*(np.full_like(found.long, np.nan) for _ in range(4)))
    with pytest.raises(NotEnoughDataError, match="no entry"):
        score(window, nothing, 5, SIZES, 0)
    same = type(found)(*(np.full_like(found.long, 0.01) for _ in range(4)))
    with pytest.raises(NotEnoughDataError, match="resample"):
        score(window, same, 5, SIZES, 0)
