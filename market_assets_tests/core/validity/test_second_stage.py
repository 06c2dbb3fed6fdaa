"""The second stage: taught by the past only, it finds what is there, and nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.compute import Compute
from market_assets.core.errors import BadInputError
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.folds.plan import make_plan
from market_assets.core.folds.primary import panel_rows, primary_predictions
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec
from market_assets.core.folds.training_set import assemble
from market_assets.core.labels.meta import meta_labels
from market_assets.core.labels.spec import LabelSpec, WeightSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.grid import to_grid
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.models.fold_fit import fit_fold
from market_assets.core.validity.refits import Candidate
from market_assets.core.validity.second_stage import asked_of, blocks_of, filtered, second_stage
from market_assets.core.validity.second_stage_report import auc, second_stage_report
from market_assets_tests.core.labels.panels import panel_of

LABEL = LabelSpec(atr_window=10, holding=5, entry="next_open")
FOLDS = FoldSpec(walk_forward=WalkForwardSpec(folds=4), combinatorial=CombinatorialSpec(groups=4, test_groups=1))
SIZES = {"reps": 200, "mean_block": 10.0, "seed": 1}
SYMBOLS, DAYS = 12, 520


class Market:
    """A primary that names the drift of the next days: rightly in the one regime, with ``wrong`` of it in the other."""

    def __init__(self, wrong: float, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        said = np.repeat(rng.choice([-1.0, 1.0], (SYMBOLS, DAYS // 5)), 5, axis=1)
        good = np.repeat(rng.random((SYMBOLS, DAYS // 20)) < 0.5, 20, axis=1)
        drift = 0.006 * said * np.where(good, 1.0, wrong)
        step = rng.normal(0.0, 0.01, said.shape)
        step[:, 1:] += drift[:, :-1]
        close = 100.0 * np.exp(np.cumsum(step, axis=1))
        before = np.column_stack([np.full(SYMBOLS, 100.0), close[:, :-1]])
        top, bottom = np.maximum(close, before) * 1.003, np.minimum(close, before) * 0.997
        bars = {f"S{i:02d}": np.column_stack([before[i], top[i], bottom[i], close[i]]) for i in range(SYMBOLS)}
        self.panel = panel_of(bars)
        values = np.column_stack([good.ravel(), rng.normal(size=good.size)]).astype(float)
        blocks = {"f": (("regime", "noise"), values)}
        self.data = assemble(self.panel, blocks, triple_barrier(self.panel, LABEL), WeightSpec(), 20)
        self.plan = make_plan(self.data, FOLDS)
        rows = panel_rows(self.panel, self.data)
        tested = np.logical_or.reduce([fold.test_rows(self.data) for fold in self.walk])
        word = 0.5 + 0.1 * said.ravel()[rows] + rng.normal(0.0, 0.01, rows.size)
        self.probability = np.where(tested, word, np.nan)
        self.primary = primary_predictions(self.panel, self.data, self.plan, self.probability)
        labels = meta_labels(self.panel, LABEL, self.primary, np.full(self.panel.n_rows, 2.0), past_only=True)
        self.asked = asked_of(self.data, self.probability, labels, rows)
        self.blocks = blocks_of(self.plan, self.data.sessions.size)
        self.candidate = Candidate(
            family="elastic_net",
            params={},
            weights=WeightSpec(),
            calibration=CalibrationSpec(min_rows=50),
            portfolio=PortfolioSpec(smoothing=1, cap=0.25),
            costs=CostSpec(maker_bp=1.0, taker_bp=1.0, slippage=((None, 1.0),)),
            periods_per_year=252,
            grid=to_grid(self.panel),
            data=self.data,
            plan=self.plan,
            compute=Compute(seed=3),
        )

    @property
    def walk(self):
        return [fold for fold in self.plan.folds if fold.kind == "walk_forward"]

    def fit(self, block, taught, judged):
        given = self.candidate
        return fit_fold(
            self.asked, taught, judged, family="elastic_net", params={}, weights=given.weights,
            calibration=given.calibration, compute=given.compute, key=block.key,
        ).calibrated  # fmt: skip

    def report(self, stage, threshold=0.5):
        return second_stage_report(self.candidate, self.probability, self.asked, stage, threshold, SIZES)


@pytest.fixture(scope="module")
def planted():
    """The primary loses in the other regime as much as it earns in the first."""
    market = Market(wrong=-1.0)
    return market, second_stage(market.asked, market.blocks, market.fit)


def test_a_primary_that_is_right_in_one_regime_is_found_out(planted):
    """Trades of the bad regime are skipped, those taken are worth it more often, and the account is better."""
    market, stage = planted
    found = market.report(stage)
    trades, sharpe = found["trades"], found["account"]["sharpe"]
    assert found["shown"]
    assert found["cause"] == ""
    assert 0.0 < sharpe["low"] < sharpe["lift"] < sharpe["high"]
    assert trades["precision"] > trades["base_rate"] + 0.1
    assert trades["mean_ret_taken"] > trades["mean_ret"] > trades["mean_ret_skipped"]
    assert trades["auc"] > 0.65
    assert trades["brier_skill"] > 0.05
    assert found["forecast"]["auc"]["low"] > 0.0
    judged, good = np.isfinite(stage.worth), market.asked.x[:, 0] == 1.0
    assert 0.3 < trades["taken_share"] < 0.7
    assert np.mean(stage.taken(0.5)[judged] == good[judged]) > 0.9


@pytest.mark.parametrize("seed", [1, 2])
def test_where_every_trade_is_as_good_no_lift_is_shown(seed):
    """The null: the regime says nothing about the primary."""
    market = Market(wrong=1.0, seed=seed)
    found = market.report(second_stage(market.asked, market.blocks, market.fit))
    assert not found["shown"]
    assert abs(found["trades"]["auc"] - 0.5) < 0.08


def test_the_first_block_takes_every_trade_and_says_so(planted):
    """Nothing was decided before it; its forecasts enter the account as they are."""
    market, stage = planted
    first, *later = stage.blocks
    assert (first.taught, first.judged) == (0, 0)
    assert "no trade was decided" in first.cause
    assert all(one.judged and not one.cause for one in later)
    inside = market.blocks[0].rows(market.asked)
    assert inside.any()
    kept = filtered(market.probability, stage.taken(0.5))
    np.testing.assert_array_equal(kept[inside], market.probability[inside])
    assert set(kept[~stage.taken(0.5)]) == {0.5}
    np.testing.assert_array_equal(np.isnan(kept), np.isnan(market.probability))


def test_a_block_is_taught_by_what_was_decided_before_it(planted):
    """Row by row: a trade of an earlier block whose interval, and the embargo after it, ended before the block."""
    market, _ = planted
    asked = market.asked
    embargo = market.blocks[1].embargo
    assert embargo > 0
    for block in market.blocks[1:]:
        wanted = [
            bool(asked.trainable[row]) and int(asked.t1[row]) + embargo < block.first for row in range(asked.n_rows)
        ]
        np.testing.assert_array_equal(block.known(asked), wanted)
        assert not (block.known(asked) & block.rows(asked)).any()
        late = asked.trainable & (asked.t0 < block.first) & ~block.known(asked)
        assert late.any(), "some trades overlap the block and are left out"


def test_later_outcomes_move_no_earlier_judgement(planted):
    """Other outcomes and features from a block on leave the judgement of the blocks before it as it was."""
    market, stage = planted
    block = market.blocks[2]
    later = market.asked.t1 + block.embargo >= block.first
    x = market.asked.x.copy()
    x[market.asked.t0 >= block.first, :2] = 0.0
    changed = replace(market.asked, y=np.where(later, 1 - market.asked.y, market.asked.y).astype(np.int8), x=x)
    other = Market.__new__(Market)
    other.__dict__ = {**market.__dict__, "asked": changed}
    again = second_stage(changed, market.blocks, other.fit)
    before = market.asked.t0 < block.first
    np.testing.assert_array_equal(again.worth[before], stage.worth[before])
    assert (again.worth[~before] != stage.worth[~before]).any()


def test_teaching_by_overlapping_trades_is_refused(planted):
    """The planted bug: whatever began before the block, decided or not, as if intervals did not matter."""
    market, _ = planted

    def begun(block, asked):
        return asked.trainable & (asked.t0 < block.first)

    with pytest.raises(BadInputError, match="second_stage_past"):
        second_stage(market.asked, market.blocks, market.fit, known=begun)


def test_forecasts_in_sample_are_refused(planted):
    """The planted bug: the primary's folds knew the trades they speak of, so there is no meta-label to teach by."""
    market, _ = planted
    knew = replace(market.primary, trained=np.ones_like(market.primary.trained))
    with pytest.raises(BadInputError, match="primary_out_of_fold"):
        meta_labels(market.panel, LABEL, knew, past_only=True)


def test_a_threshold_that_nobody_meets_is_no_lift(planted):
    """Not to trade is no second account, however bad the first: the cause is said and nothing is shown."""
    market, stage = planted
    found = market.report(replace(stage, worth=np.where(np.isfinite(stage.worth), 0.1, np.nan)), 0.99)
    assert not found["shown"]
    assert found["account"] == {}
    assert "no judged trade is taken" in found["cause"]
    assert found["trades"]["taken_share"] == 0.0
    assert found["trades"]["precision"] is None


def test_without_a_judged_trade_there_is_a_cause_and_no_figure(planted):
    """All blocks too short: the account with every trade stands."""
    market, _ = planted
    stage = second_stage(market.asked, market.blocks[:1], market.fit)
    found = market.report(stage)
    assert (found["shown"], found["account"], found["trades"]) == (False, {}, {})
    assert "no trade was judged" in found["cause"]


def test_auc_is_the_share_of_pairs_in_order():
    """Against all pairs, ties half; no pairs, no figure."""
    rng = np.random.default_rng(0)
    score, outcome = rng.integers(0, 6, 60) / 5.0, rng.integers(0, 2, 60)
    pairs = [(a > b) + 0.5 * (a == b) for a in score[outcome == 1] for b in score[outcome == 0]]
    assert auc(score, outcome) == pytest.approx(np.mean(pairs), abs=1e-15)
    assert auc(score, np.ones(60)) is None
