"""Primary sides from a fold plan: rows land where they belong, and what a fold knew is told truly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.folds.plan import make_plan
from market_assets.core.folds.primary import panel_rows, primary_predictions
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec
from market_assets.core.folds.training_set import assemble
from market_assets.core.labels.meta import meta_labels
from market_assets.core.labels.meta_set import MetaSet
from market_assets.core.labels.regimes import behaviour
from market_assets.core.labels.spec import LabelSpec, WeightSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets_tests.core.labels.panels import random_panel

SPEC = LabelSpec(atr_window=4, holding=5)
FOLDS = FoldSpec(walk_forward=WalkForwardSpec(folds=3), combinatorial=CombinatorialSpec(groups=4, test_groups=1))
PANEL = random_panel(np.random.default_rng(0), symbols=4, days=150)
VALUES = np.random.default_rng(1).normal(size=(PANEL.n_rows, 2))
DATA = assemble(PANEL, {"f": (("a", "b"), VALUES)}, triple_barrier(PANEL, SPEC), WeightSpec(), 10)
PLAN = make_plan(DATA, FOLDS)
TESTED = np.logical_or.reduce([fold.test_rows(DATA) for fold in PLAN.folds if fold.kind == "walk_forward"])
PROBABILITY = np.where(TESTED, np.random.default_rng(2).random(DATA.n_rows), np.nan)
COST = np.full(PANEL.n_rows, 10.0)


def test_every_row_lands_on_its_symbol_and_bar():
    """The rows found are those that were kept after the warm-up, and their features are the panel's."""
    rows = panel_rows(PANEL, DATA)
    np.testing.assert_array_equal(PANEL.ts[rows], DATA.ts)
    np.testing.assert_array_equal(DATA.x, VALUES[rows].astype(np.float32))
    names = np.array(PANEL.symbols)[PANEL.symbol_codes()[rows]]
    np.testing.assert_array_equal(names, np.array(DATA.symbols)[DATA.code])


def test_a_panel_of_another_snapshot_is_refused():
    """A bar that the panel does not have is an error, not the next bar."""
    with pytest.raises(IntegrityError, match="does not have"):
        panel_rows(PANEL.take(PANEL.ts < np.sort(DATA.ts)[-3]), DATA)
    with pytest.raises(IntegrityError, match="does not have"):
        panel_rows(PANEL, replace(DATA, symbols=("X", *DATA.symbols[1:])))


def test_sides_and_folds_are_those_of_the_plan():
    """Above one half is long, below is short; a row without a forecast is no trade of no fold."""
    primary = primary_predictions(PANEL, DATA, PLAN, PROBABILITY)
    rows = panel_rows(PANEL, DATA)
    wanted = np.where(TESTED, np.where(PROBABILITY > 0.5, 1, -1), 0)
    np.testing.assert_array_equal(primary.side[rows], wanted)
    outside = np.ones(PANEL.n_rows, np.bool_)
    outside[rows] = False
    assert not primary.side[outside].any()
    assert not primary.trained[:, outside].any()
    for number, name in enumerate(("wf00", "wf01", "wf02")):
        fold = PLAN.fold(name)
        np.testing.assert_array_equal(primary.fit[rows] == number, fold.test_rows(DATA))
        np.testing.assert_array_equal(primary.trained[number, rows], fold.train_rows(DATA))


def test_walk_forward_sides_are_out_of_fold_and_others_are_refused():
    """The product's folds pass strictly; a fold that knew one label of its own test range does not."""
    primary = primary_predictions(PANEL, DATA, PLAN, PROBABILITY)
    labels = meta_labels(PANEL, SPEC, primary, COST, past_only=True)
    assert labels.defined.sum() > 100
    trained = primary.trained.copy()
    trained[1, np.flatnonzero(primary.fit == 1)[0]] = True
    with pytest.raises(BadInputError, match="primary_out_of_fold"):
        meta_labels(PANEL, SPEC, replace(primary, trained=trained), COST, past_only=True)


def test_a_meta_label_says_whether_the_trade_paid():
    """Label 1 exactly where the net return of the side taken is above 0; the interval holds the decision."""
    primary = primary_predictions(PANEL, DATA, PLAN, PROBABILITY)
    labels = meta_labels(PANEL, SPEC, primary, COST, past_only=True)
    found = MetaSet.of(PANEL, labels, primary.side)
    free = triple_barrier(PANEL, SPEC, primary.side)
    np.testing.assert_array_equal(found.label, found.ret > 0)
    assert np.all(found.ret < free.ret[found.row])
    assert np.all(found.t1 > found.t0)
    np.testing.assert_array_equal(found.t0, PANEL.ts[found.row])
    back = MetaSet.from_bytes(found.to_bytes())
    assert back.to_bytes() == found.to_bytes()
    with pytest.raises(IntegrityError, match="meta_labels"):
        MetaSet.from_bytes(DATA.to_ipc())


def test_base_rates_are_plain_shares():
    """Trades, share of label 1 and mean return by side and regime; an empty group has no share."""
    primary = primary_predictions(PANEL, DATA, PLAN, PROBABILITY)
    found = MetaSet.of(PANEL, meta_labels(PANEL, SPEC, primary, COST, past_only=True), primary.side)
    regimes = behaviour(PANEL, 5, 20)
    rates = found.rates(regimes)
    assert rates["long"]["trades"] + rates["short"]["trades"] == rates["all"]["trades"] == found.row.size
    for number, name in enumerate(regimes.names):
        own = [one for one, row in enumerate(found.row) if regimes.code[row] == number]
        assert rates[name]["trades"] == len(own)
        assert rates[name]["worth_taking"] == pytest.approx(np.mean([found.label[one] for one in own]))
        assert rates[name]["mean_ret"] == pytest.approx(np.mean([found.ret[one] for one in own]))
    nobody = replace(regimes, code=np.full(PANEL.n_rows, -1, np.int8))
    assert found.rates(nobody)[regimes.names[0]] == {"trades": 0, "worth_taking": None, "mean_ret": None}
