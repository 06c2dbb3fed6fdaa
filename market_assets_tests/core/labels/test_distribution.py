"""Figures of a set of labels."""

from __future__ import annotations

import json

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.labels.distribution import following, label_distribution
from market_assets.core.labels.regimes import Regimes
from market_assets.core.labels.registry import KINDS
from market_assets.core.labels.target import Target
from market_assets_tests.core.labels.kinds import ALL
from market_assets_tests.core.labels.panels import panel_of, random_panel

PANEL = random_panel(np.random.default_rng(14), symbols=3, days=150)


def target_of(panel, values, length):
    """Labels of the next ``length`` bars with these values, undefined where NaN."""
    final = np.repeat(panel.offsets[1:] - 1, np.diff(panel.offsets))
    return Target.of_rows(panel, np.asarray(values, float), np.minimum(np.arange(panel.n_rows) + length, final))


def one_symbol(n):
    return panel_of({"A": np.ones((n, 4))})


def test_a_hand_computed_distribution():
    """Eight bars, labels of two sessions: shares, overlap, agreement of every label with the next but one."""
    panel = one_symbol(8)
    values = [1, 1, -1, -1, 1, 1, -1, np.nan]
    codes = Regimes(("low", "high"), np.array([0, 0, 0, 0, 1, 1, 1, 1], np.int8))
    found = label_distribution(panel, target_of(panel, values, 1), (-1, 0, 1), codes)
    assert (found["rows"], found["defined"], found["sessions"]) == (8, 7, 2.0)
    assert [one["count"] for one in found["classes"]] == [3, 0, 4]
    # sessions 0 and 7 hold one label, the six between two
    assert found["uniqueness"] == pytest.approx((5 * 0.5 + 2 * 0.75) / 7)
    assert found["effective"] == pytest.approx(4.0)
    chance = (3 / 7) ** 2 + (4 / 7) ** 2
    wanted = {"pairs": 5, "agreement": 0.0, "chance": chance, "kappa": -chance / (1 - chance)}
    assert found["persistence"] == pytest.approx(wanted)
    assert found["years"] == {"2015": {"count": 7, "shares": pytest.approx([3 / 7, 0.0, 4 / 7])}}
    assert found["regimes"]["low"] == {"count": 4, "shares": [0.5, 0.0, 0.5]}
    assert found["regimes"]["high"] == {"count": 3, "shares": pytest.approx([1 / 3, 0.0, 2 / 3])}


def test_overlap_alone_is_not_persistence():
    """Ten-bar directions of independent returns agree with their neighbours, and not with the next that shares none."""
    rng = np.random.default_rng(0)
    n, length = 6000, 10
    moves = rng.normal(size=n)
    ahead = np.convolve(moves, np.ones(length), "full")[length - 1 : n + length - 1]
    values = np.where(np.arange(n) < n - length, np.sign(np.roll(ahead, -1)), np.nan)
    panel = one_symbol(n)
    found = label_distribution(panel, target_of(panel, values, length), (-1, 1))
    assert np.mean(values[:-11] == values[1:-10]) > 0.85
    assert abs(found["persistence"]["kappa"]) < 0.08


def test_labels_that_never_change_have_no_kappa():
    """One class: agreement is 1 and so is chance."""
    panel = one_symbol(10)
    found = label_distribution(panel, target_of(panel, np.ones(10), 1), (0, 1))
    assert found["persistence"]["agreement"] == 1.0
    assert found["persistence"]["kappa"] is None


def test_the_follower_is_the_first_that_begins_later():
    """Against a plain search, within the symbol only."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        code = np.sort(rng.integers(0, 3, 40)).astype(np.int32)
        t0 = rng.integers(0, 50, 40).astype(np.int32)
        t0 = t0[np.lexsort((t0, code))]
        t1 = t0 + rng.integers(0, 9, 40).astype(np.int32)
        found = following(code, t0, t1)
        for row in range(40):
            later = np.flatnonzero((code == code[row]) & (t0 > t1[row]))
            assert found[row] == (later[0] if later.size else -1)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_can_be_described(name):
    """Classes sum to the labels, a quantity has ordered quantiles, and the payload is JSON."""
    target = ALL[name](PANEL)
    codes = Regimes(("one", "two"), (np.arange(PANEL.n_rows) % 2).astype(np.int8))
    found = label_distribution(PANEL, target, KINDS[name].classes, codes)
    assert found["defined"] == target.defined.sum()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    if KINDS[name].classes:
        for counts in (found["classes"], found["regimes"].values(), found["years"].values()):
            assert sum(one["count"] for one in counts) == found["defined"]
        assert sum(one["share"] for one in found["classes"]) == pytest.approx(1)
    else:
        quantiles = list(found["quantiles"].values())
        assert quantiles == sorted(quantiles)
        assert quantiles[3] == np.median(target.value[target.defined])


def test_nothing_to_describe_is_a_typed_error():
    """No label, no distribution."""
    panel = one_symbol(4)
    with pytest.raises(NotEnoughDataError, match="no label is defined"):
        label_distribution(panel, target_of(panel, np.full(4, np.nan), 1), (0, 1))
