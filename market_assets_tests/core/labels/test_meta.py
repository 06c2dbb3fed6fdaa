"""Meta-labels and the proof that their primary predictions are out of fold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.labels.meta import PrimaryPredictions, meta_labels, require_out_of_fold
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets_tests.core.labels.kinds import SMALL, momentum
from market_assets_tests.core.labels.panels import random_panel

PANEL = random_panel(np.random.default_rng(9), symbols=2, days=120)
LABELS = triple_barrier(PANEL, SMALL)
TS = PANEL.ts.astype("datetime64[us]")


def two_folds(purged=True):
    """The second half predicted by a fit of the first and the other way round, purged by the closed intervals."""
    cut = np.sort(np.unique(TS))[60]
    late = cut <= TS
    sided = triple_barrier(PANEL, SMALL, momentum(PANEL))
    until = np.maximum(sided.end_ts, LABELS.end_ts)
    early_known = ~late & (LABELS.end_ts < cut) if purged else ~late
    late_known = late & (until[~late].max() < TS) if purged else late
    trained = np.stack([early_known, late_known]) & LABELS.defined
    return PrimaryPredictions(momentum(PANEL), np.where(late, 0, 1).astype(np.int32), trained, TS, LABELS.end_ts)


def test_a_meta_label_is_whether_the_trade_paid():
    """1 where the net return on the primary side is above 0, 0 where not, undefined without a side."""
    primary = two_folds()
    costs = np.full(PANEL.n_rows, 12.0)
    found = meta_labels(PANEL, SMALL, primary, costs)
    sided = triple_barrier(PANEL, SMALL, primary.side, costs)
    np.testing.assert_array_equal(found.label, (sided.ret > 0).astype(int))
    np.testing.assert_array_equal(found.ret, sided.ret)
    np.testing.assert_array_equal(found.end_ts, sided.end_ts)
    assert not found.defined[primary.side == 0].any()
    assert set(found.label[found.defined]) == {0, 1}


def test_costs_turn_labels_to_skip():
    """Dearer trades pay less often, and never more."""
    cheap, dear = (meta_labels(PANEL, SMALL, two_folds(), np.full(PANEL.n_rows, cost)) for cost in (0.0, 100.0))
    assert (dear.label <= cheap.label).all()
    assert dear.label.sum() < cheap.label.sum()


def test_an_unpurged_fold_is_a_typed_error():
    """Training labels that run into the predicted half are enough."""
    with pytest.raises(BadInputError, match=r"primary_out_of_fold") as caught:
        meta_labels(PANEL, SMALL, two_folds(purged=False))
    assert "was trained on a label that overlaps it" in str(caught.value)


def test_a_row_that_its_own_fit_was_trained_on_is_refused():
    """In-sample predictions by the front door: one row is enough, and it is named."""
    primary = two_folds()
    row = int(np.flatnonzero(primary.side != 0)[7])
    trained = primary.trained.copy()
    trained[primary.fit[row], row] = True
    with pytest.raises(BadInputError, match="row"):
        meta_labels(PANEL, SMALL, replace(primary, trained=trained))


def test_a_prediction_without_a_fit_is_refused_and_a_row_without_a_side_is_not_asked():
    """Nobody vouches for fit -1; a row that takes no trade needs nobody."""
    primary = two_folds()
    row = int(np.flatnonzero(primary.side != 0)[3])
    fit = primary.fit.copy()
    fit[row] = -1
    with pytest.raises(BadInputError, match="no fit is named") as caught:
        meta_labels(PANEL, SMALL, replace(primary, fit=fit))
    assert caught.value.where.row == row
    fit = np.where(primary.side == 0, -1, primary.fit).astype(np.int32)
    meta_labels(PANEL, SMALL, replace(primary, fit=fit))


def test_walk_forward_asks_for_the_past_only():
    """A fit on later labels is out of fold, yet not of the past."""
    with pytest.raises(BadInputError, match="ends after it begins"):
        meta_labels(PANEL, SMALL, two_folds(), past_only=True)
    primary = two_folds()
    later = replace(primary, side=np.where(primary.fit == 0, primary.side, 0).astype(np.int8))
    assert meta_labels(PANEL, SMALL, later, past_only=True).defined.any()


def plain_overlaps(t0, t1, primary, past_only):
    """Every pair of a row and a label that its fit knew."""
    bad = []
    for row in range(t0.size):
        if primary.side[row] == 0:
            continue
        until = max(t1[row], primary.t1[row])
        known = np.flatnonzero(primary.trained[primary.fit[row]])
        if past_only:
            bad += [row] if any(primary.t1[k] >= t0[row] for k in known) else []
        else:
            bad += [row] if any(primary.t0[k] <= until and primary.t1[k] >= t0[row] for k in known) else []
    return bad


@pytest.mark.parametrize("past_only", [False, True])
def test_the_proof_equals_the_definition(past_only):
    """Random intervals and fits: refused exactly when a pair overlaps, with the first row and the count."""
    refused = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        n, k = 12, 2
        t0 = rng.integers(0, 60, n)
        t1 = t0 + rng.integers(0, 6, n)
        primary = PrimaryPredictions(
            side=rng.integers(-1, 2, n).astype(np.int8), fit=rng.integers(0, k, n).astype(np.int32),
            trained=rng.random((k, n)) < 0.1, t0=t0, t1=t0 + rng.integers(0, 6, n),
        )  # fmt: skip
        wanted = plain_overlaps(t0, t1, primary, past_only)
        if not wanted:
            require_out_of_fold(t0, t1, primary, past_only)
            continue
        refused += 1
        with pytest.raises(BadInputError, match=f"{len(wanted)} primary predictions") as caught:
            require_out_of_fold(t0, t1, primary, past_only)
        assert caught.value.where.row == wanted[0]
    assert 50 < refused < 290


def test_arrays_of_other_lengths_are_refused():
    """Row for row, or not at all."""
    with pytest.raises(ValueError, match="rows in every array"):
        replace(two_folds(), fit=np.zeros(3, np.int32))
