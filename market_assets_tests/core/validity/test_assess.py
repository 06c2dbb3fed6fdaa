"""The validity report of a small chain: everything it promises is there, and adds up."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.execution.baselines import BASELINES
from market_assets.core.execution.evaluate import evaluate, walk_forward_account
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.folds.out_of_fold import OutOfFold
from market_assets.core.folds.plan import make_plan
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec
from market_assets.core.folds.training_set import assemble
from market_assets.core.gates.collect import EvaluationSpec, annual_sharpe
from market_assets.core.labels.spec import LabelSpec, WeightSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import to_grid
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.core.validity.assess import ValiditySpec, assess_validity
from market_assets.core.validity.card import CardSpec
from market_assets.core.validity.family_coverage import tie_draws
from market_assets.core.validity.rivals import round_trip
from market_assets.core.validity.second_opinions import second_opinions
from market_assets.core.validity.stress import StressSpec

PORTFOLIO, COSTS = PortfolioSpec(cap=0.3), CostSpec()
SPEC = ValiditySpec(stress=StressSpec(history=100), cards=CardSpec(bootstrap_reps=100), min_rows=40, min_sessions=10)


@pytest.fixture(scope="module")
def chain():
    """Training set, plan and random forecasts of six names over three years."""
    panel = synthesize(SyntheticSpec(kind="planted", symbols=6, years=3.0, seed=3)).panel
    generator = np.random.default_rng(0)
    blocks = {"noise": (("noise",), generator.normal(size=(panel.n_rows, 1)))}
    data = assemble(panel, blocks, triple_barrier(adjust(panel), LabelSpec(kind="triple_barrier")), WeightSpec(), 120)
    spec = FoldSpec(walk_forward=WalkForwardSpec(folds=3), combinatorial=CombinatorialSpec(groups=4, test_groups=2))
    plan = make_plan(data, spec)
    first = min(fold.test[0][0] for fold in plan.folds if fold.kind == "walk_forward")
    probability = generator.uniform(0.3, 0.7, data.n_rows)
    walk = np.where(data.t0 >= first, probability, np.nan)
    part = OutOfFold(walk, walk, np.tile(probability, (len(plan.paths), 1)))
    return panel, data, plan, {"one": part, "two": part}


def report(chain, best: str | None = "one", seed=1, in_sample=None, spec=SPEC):
    panel, data, plan, predictions = chain
    grid = to_grid(adjust(panel.select(data.symbols)))
    returns, _ = evaluate(panel, data, plan, predictions, PORTFOLIO, COSTS)
    return assess_validity(
        grid,
        data,
        plan,
        predictions,
        PORTFOLIO,
        COSTS,
        spec,
        best=best,
        returns=returns,
        evaluation=EvaluationSpec(bootstrap_reps=100, mean_block=5.0),
        trials=12,
        seed=seed,
        in_sample=in_sample,
    )


def test_the_account_is_that_of_the_backtest(chain):
    """One candidate's account alone equals the one among all."""
    panel, data, plan, predictions = chain
    _, runs = evaluate(panel, data, plan, predictions, PORTFOLIO, COSTS)
    grid = to_grid(adjust(panel.select(data.symbols)))
    alone = walk_forward_account(grid, data, plan, predictions["one"].walk_forward, PORTFOLIO, COSTS)
    np.testing.assert_array_equal(alone.net, runs["one"].net)
    np.testing.assert_array_equal(alone.sessions, runs["one"].sessions)


def test_it_survives_json_and_repeats(chain):
    """Plain values only, and the same bytes again; another seed moves intervals, not figures."""
    found = report(chain)
    text = json.dumps(found, sort_keys=True, allow_nan=False)
    assert json.dumps(report(chain), sort_keys=True, allow_nan=False) == text
    other = report(chain, seed=2)["scorecards"]["overall"]["figures"]
    assert other["sharpe"] == found["scorecards"]["overall"]["figures"]["sharpe"]
    assert other["sharpe_low"] != found["scorecards"]["overall"]["figures"]["sharpe_low"]


def test_slices_add_up(chain):
    """Years and regimes hold every period once; slices of a method hold every judged row once."""
    found = report(chain)
    cards = found["scorecards"]
    assert {sum(card["n"] for card in cards[name]) for name in ("by_year", "by_regime")} == {cards["overall"]["n"]}
    for method in found["coverage"]["one"]["methods"].values():
        rows = method["overall"]["n"]
        for kind in ("regime", "year", "regime x year", "symbol"):
            assert sum(part["n"] for part in method["slices"] if part["kind"] == kind) == rows


def test_the_worst_slice_is_the_farthest_large_one(chain):
    """By a plain loop over the slices of the gated method and kind."""
    found = report(chain)["coverage"]["one"]
    slices = [
        part
        for part in found["methods"]["return interval"]["slices"]
        if part["kind"] in SPEC.slices and part["n"] >= SPEC.min_rows and part["sessions"] >= SPEC.min_sessions
    ]
    assert found["worst"]["gap"] == max(abs(part["coverage"] - 0.9) for part in slices)


def test_rivals_are_those_of_the_backtest(chain):
    """Every simple rule, and the labels as bets on both sides and on that of the forecast."""
    found = report(chain)
    assert [one["name"] for one in found["rivals"]] == list(BASELINES)
    long, short, own = found["label_bets"]
    assert long["bets"] == short["bets"] == own["bets"] > 100
    assert long["mean"] + short["mean"] == pytest.approx(-2 * round_trip(COSTS))


def test_second_opinions_are_on_the_returns_of_the_gate(chain):
    """Walk-forward returns of all candidates, the sizes of the gate, and its variance of the trials."""
    found = report(chain)["second_opinions"]
    panel, data, plan, predictions = chain
    returns, _ = evaluate(panel, data, plan, predictions, PORTFOLIO, COSTS)
    net = returns.walk_forward[returns.first :]
    expected = second_opinions(
        net,
        ("one", "two"),
        "one",
        trials=12,
        trial_variance=1 / (len(net) - 1),
        periods_per_year=252,
        reps=100,
        mean_block=5.0,
        seed=1,
    )
    assert found == expected.to_payload()
    assert found["figures"]["sharpe"] == pytest.approx(annual_sharpe(net[:, 0], 252))


def test_the_sample_gap_needs_a_model(chain):
    """Without in-sample forecasts there is none; with them both sides are annual Sharpe ratios of the account."""
    panel, data, plan, predictions = chain
    assert report(chain)["sample_gap"] is None
    inside = np.where(data.t0 < plan.fold("wf02").test[0][0] - 30, data.y.astype(np.float64), np.nan)
    found = report(chain, in_sample=inside)["sample_gap"]
    grid = to_grid(adjust(panel.select(data.symbols)))
    outside = walk_forward_account(grid, data, plan, predictions["one"].walk_forward, PORTFOLIO, COSTS)
    assert found["out_of_sample"] == annual_sharpe(outside.net, 252)
    assert found["in_sample"] > 5.0, "forecasts that know the label"
    assert found["within"] is False
    json.dumps(found, allow_nan=False)


def test_without_a_best_there_are_no_cards(chain):
    """Coverage is reported all the same."""
    found = report(chain, best=None)
    assert not {"scorecards", "second_opinions", "sample_gap"} & set(found)
    assert set(found["coverage"]) == {"one", "two"}


def test_draws_of_the_past_stay(chain):
    """Draws go by session: a longer history keeps those of the sessions before."""
    _, data, _, _ = chain
    draws = tie_draws(data, 4)
    early = data.t0 < 200
    generator = np.random.Generator(np.random.PCG64(4))
    shorter = generator.random((200, len(data.symbols)))
    np.testing.assert_array_equal(draws[early], shorter[data.t0[early], data.code[early]])


def test_named_dates_are_a_stress_window(chain):
    """Two dates of the walk-forward span, one on a Saturday, are two days; what lies outside of it is none."""
    panel, data, _, _ = chain
    days = to_grid(adjust(panel.select(data.symbols))).sessions.astype("datetime64[D]")
    friday = next(k for k in range(len(days) - 30, len(days)) if days[k + 1] - days[k] == np.timedelta64(3, "D"))
    dates = [days[10], days[-40], days[friday] + 1, np.datetime64("2100-01-01")]
    found = report(chain, spec=replace(SPEC, events=tuple(str(day) for day in dates)))
    card = {one["name"]: one for one in found["stress"]}["event day"]
    assert (found["events"], card["inside"]["n"]) == (4, 2)
    assert card["inside"]["n"] + card["outside"]["n"] == found["scorecards"]["overall"]["n"]
    assert {one["name"]: one for one in report(chain)["stress"]}["event day"]["inside"]["n"] == 0
