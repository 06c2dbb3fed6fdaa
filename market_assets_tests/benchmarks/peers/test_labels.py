"""How label peers are compared, without the peers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.peers import labels, mlfinpy_labels
from benchmarks.peers.mlfinpy_labels import MATCHING, Touches, expected_labels, labels_apart
from benchmarks.peers.random_panel import random_panel
from benchmarks.peers.timing import NotEqualError
from market_assets.core.labels.triple_barrier import triple_barrier

PANEL = random_panel(2, 300, seed=5)
OURS = triple_barrier(PANEL, MATCHING)
ROWS = PANEL.rows(1)
AT, TARGET = PANEL.ts[ROWS], labels.target(PANEL)[ROWS]


def touches() -> Touches:
    """What mlfinpy would say of the second symbol."""
    rows = OURS.defined[ROWS]
    ret = OURS.ret[ROWS][rows]
    return Touches(AT[rows], OURS.end_ts[ROWS][rows].copy(), ret, expected_labels(ret, TARGET[rows], MATCHING.profit))


def by_definition() -> dict[int, tuple[int, float]]:
    """Deciding bar and return of every event of the second symbol, first close beyond a share of the entry."""
    close, found = PANEL.close[ROWS].tolist(), {}
    for row in range(len(close) - 1):
        for end in range(row + 1, min(row + MATCHING.holding, len(close) - 1) + 1):
            ret = close[end] / close[row] - 1.0
            if abs(ret) > 2.0 * TARGET[row] or end == row + MATCHING.holding:
                found[row] = (end, ret)
                break
    return {row: value for row, value in found.items() if np.isfinite(TARGET[row])}


def test_the_matching_rule_is_the_definition_of_mlfinpy():
    """Closes only, strictly beyond, from the close of the decision."""
    wanted = by_definition()
    assert np.flatnonzero(OURS.defined[ROWS]).tolist() == list(wanted)
    ends = np.searchsorted(AT, OURS.end_ts[ROWS][OURS.defined[ROWS]])
    assert ends.tolist() == [end for end, _ in wanted.values()]


def test_its_label_is_found_again_from_the_logarithm():
    """A return just beyond twice the target is no touch to it; one short of the stop is one; others agree."""
    ret, target = np.array([0.0201, 0.0205, -0.0199, -0.0195, 0.0]), np.full(5, 0.01)
    assert expected_labels(ret, target, 2.0).tolist() == [0, 1, -1, 0, 0]


def test_equal_events_pass_and_wrong_ones_do_not():
    """One end time, one return, one label or one event that is off, planted."""
    good = touches()
    apart = labels_apart(OURS, ROWS, AT, TARGET, good)
    assert 0 <= apart < 0.1 * good.at.size
    late, moved, flipped = good.end.copy(), good.ret.copy(), good.label.copy()
    late[7] += np.timedelta64(1, "D")
    moved[7] += 1e-9
    flipped[7] = -flipped[7] if flipped[7] else 1
    for wrong in (good._replace(end=late), good._replace(ret=moved), good._replace(label=flipped)):
        with pytest.raises(NotEqualError):
            labels_apart(OURS, ROWS, AT, TARGET, wrong)
    with pytest.raises(NotEqualError, match="events"):
        labels_apart(OURS, ROWS, AT, TARGET, Touches(good.at[1:], good.end[1:], good.ret[1:], good.label[1:]))


def test_the_ends_of_a_symbol_are_its_defined_labels():
    """Decision and end times of the second symbol, in order."""
    ended = labels.ends(PANEL, OURS, 1)
    assert ended.index.to_numpy().astype("datetime64[us]").tolist() == AT[OURS.defined[ROWS]].tolist()
    assert (ended.to_numpy() > ended.index.to_numpy()).all()


def test_twice_the_labels_cost_eight_times_as_much():
    """The law by which the bootstrap of mlfinpy is extrapolated."""
    assert labels.extrapolated(3.0, 100, 200) == pytest.approx(24.0)


def test_a_peer_that_is_not_installed_is_left_out(monkeypatch):
    """No comparison, no error."""
    monkeypatch.setattr(mlfinpy_labels, "module", lambda _name: None)
    assert labels.mlfinpy_barriers(PANEL) is None
    assert labels.mlfinpy_uniqueness(PANEL) is None
    assert labels.mlfinpy_bootstrap(60) is None
