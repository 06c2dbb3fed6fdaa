"""The search: the right label wins, chance does not, and a share of wins buys nothing."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.execution.spec import CostSpec
from market_assets.core.search.bets import bets, split
from market_assets.core.search.label_score import ScoreSpec, score
from market_assets.core.search.label_search import LabelTrial, deflate, ranked, search_labels, search_payload
from market_assets.core.search.label_space import LabelSearchSpec, SearchLabel
from market_assets_tests.core.search.markets import signalled

SPACE = LabelSearchSpec()
COSTS = CostSpec()
REVERTING = (0.012,) * 6 + (-0.012,) * 6
"""Six sessions on the side of the signal, then back again: a horizon of six or a target near 7 % takes it home."""


def searched(panel, signal, trials, seed=7, space=SPACE):
    """A search on the earlier window; returns the trials and how to score a label on either window."""
    windows = split(panel, signal, 0.5, space.selection, space.horizon[1])

    def judge(label, window):
        found = bets(window.panel, label, "next_open", COSTS)
        return score(window, found, label.horizon, ScoreSpec(reps=200), seed)

    trials = search_labels(space, trials, seed, lambda number, label: judge(label, windows[0]))
    return trials, lambda label: judge(label, windows[1]), lambda label: judge(label, windows[0])


def test_the_right_label_wins():
    """A move that comes and goes: the search takes it home, is significant after deflation, and holds later."""
    panel, signal = signalled(1, REVERTING, every=14, sessions=800, sigma=0.01)
    trials, later, earlier = searched(panel, signal, 40)
    best = ranked(trials)[0]
    assert best.label.horizon >= 5
    if best.label.kind == "simple":
        assert best.label.horizon in (5, 6, 7)
    else:
        assert 0.05 <= best.label.profit <= 0.095
    grid = [SearchLabel("triple_barrier", 8, profit / 100, 0.06) for profit in range(3, 16)]
    assert best.figures.lift > 0.95 * max(earlier(label).lift for label in grid)
    assert deflate(ranked(trials), 40)[0].probability > 0.99
    verdict = later(best.label)
    assert verdict.lift > 0.8 * best.figures.lift
    assert verdict.low > 0
    assert earlier(SearchLabel("simple", 14)).lift < 0.2 * best.figures.lift


def test_chance_is_not_significant_after_deflation():
    """On null markets the best of the search looks good before deflation, and is not after it; nor does it hold."""
    raw, deflated, later_lift = [], [], []
    for seed in range(6):
        trials, later, _ = searched(*signalled(seed, sessions=300), 25, seed)
        order = ranked(trials) or sorted(trials, key=lambda trial: trial.figures.pvalue)
        raw.append(min(trial.figures.pvalue for trial in order))
        deflated.append(max(one.probability for one in deflate(order, 25)))
        later_lift.append(later(order[0].label).t)
    assert min(raw) < 0.05
    assert max(deflated) < 0.95
    assert abs(np.mean(later_lift)) < 1.5


def test_a_share_of_wins_buys_nothing():
    """A near target before a far stop wins nine of ten trades, loses money, and stands last of all labels."""
    crash = 0.12, (-0.04,) * 5
    panel, signal = signalled(4, (0.01,) * 4, every=15, sessions=1500, sigma=0.004, crash=crash)
    pennies = SearchLabel("triple_barrier", 14, 0.01, 0.12)
    others = [SearchLabel("simple", horizon) for horizon in (1, 2, 4)]
    others += [SearchLabel("triple_barrier", 14, 0.03, stop) for stop in (0.03, 0.06)]
    earlier = searched(panel, signal, 1)[2]
    trials = [LabelTrial(number, label, earlier(label)) for number, label in enumerate([pennies, *others])]
    figures = trials[0].figures
    assert figures.win_rate > 0.85
    assert figures.expectancy < 0.0
    order = ranked(trials)
    assert order[-1].label == pennies
    assert order[-1].figures.win_rate == max(trial.figures.win_rate for trial in trials)
    assert order[0].figures.expectancy > 0.0


def test_who_earns_nothing_stands_behind_who_does():
    """A larger lift over random entries does not help a label whose trades lose money after costs."""
    figures = searched(*signalled(5, sessions=300), 1)[0][0].figures
    values = [(0.01, -0.001), (0.002, 0.001), (0.003, 0.0005), (0.02, 0.0)]
    trials = [
        LabelTrial(number, SearchLabel("simple", number + 1), replace(figures, lift=lift, expectancy=expectancy))
        for number, (lift, expectancy) in enumerate(values)
    ]
    assert [trial.number for trial in ranked(trials)] == [2, 1, 3, 0]


def test_the_same_search_gives_the_same_trials():
    """A longer search begins with the shorter one, what was told is all that counts, and a label is scored once."""
    panel, signal = signalled(5, (0.01,) * 3, sessions=300)
    first, *_ = searched(panel, signal, 30)
    again, *_ = searched(panel, signal, 20)
    assert search_payload(first[:20], 20) == search_payload(again, 20)
    assert [trial.label for trial in searched(panel, signal, 30, seed=8)[0]] != [trial.label for trial in first]
    stored = {trial.label: trial.figures for trial in first}
    asked = []

    def recall(number, label):
        asked.append(label)
        return stored[label]

    assert search_labels(SPACE, 30, 7, recall) == first
    assert len(asked) == len(set(asked)) == len(stored)


def test_a_label_that_cannot_be_scored_is_a_gap():
    """It has a cause, it is in no ranking, and the search goes on."""
    figures = searched(*signalled(5, sessions=300), 1)[0][0].figures

    def evaluate(number, label):
        if number % 2:
            raise NotEnoughDataError("too short")
        return replace(figures, lift=float(number))

    trials = search_labels(SPACE, 8, 7, evaluate)
    payload = search_payload(trials, 8)
    assert [one["cause"] for one in payload["trials"]] == ["", "too short"] * 4
    assert [one["number"] for one in payload["ranking"]] == [6, 4, 2, 0]


def test_labels_stay_inside_the_space():
    """Kind, horizon and barriers of every proposal are within bounds and on the grid."""
    space = LabelSearchSpec(
        kinds=("triple_barrier",), profit=(0.04, 0.06), stop=(0.05, 0.05), horizon=(2, 3), step=0.01
    )
    seen = []

    def evaluate(number, label):
        seen.append(label)
        raise NotEnoughDataError("not asked for")

    search_labels(space, 30, 1, evaluate)
    assert {label.profit for label in seen} == {0.04, 0.05, 0.06}
    assert {(label.kind, label.stop) for label in seen} == {("triple_barrier", 0.05)}
    assert {label.horizon for label in seen} == {2, 3}


@pytest.mark.parametrize(
    "bad",
    [{"profit": (0.05, 0.03)}, {"stop": (0.0, 0.1)}, {"horizon": (3, 1)}, {"profit": (0.031, 0.15)}, {"signal": "x"}],
)
def test_a_space_that_is_none_is_refused(bad):
    """Bounds ascend, lie on the grid and above zero; a signal is the stored scores or family/name."""
    with pytest.raises(ValidationError):
        LabelSearchSpec(**bad)
