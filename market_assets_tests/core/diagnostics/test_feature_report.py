"""The feature diagnostics of a small market: what was planted is told, and nothing outside the training set is read."""

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.diagnostics.feature_report import diagnose_features, outcomes_of
from market_assets.core.diagnostics.spec import DiagnosticsSpec
from market_assets.core.folds.plan import make_plan
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec
from market_assets.core.folds.training_set import assemble
from market_assets.core.identity import canonical_json
from market_assets.core.labels.spec import LabelSpec, WeightSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import to_grid
from market_assets.core.market.synthetic import SyntheticSpec, synthesize

NAMES = ("oracle", "twin", "noise", "market", "flat", "gone")
SPEC = DiagnosticsSpec(horizon=3, decay=6, reps=100)
SECTORS = ("A", "A", "A", "A", "B", "B", "B", "B", "C")


def world(symbols=9):
    """A panel, its training set and plan; ``oracle`` sees five per cent of the next returns, ``twin`` is its cube."""
    panel = synthesize(SyntheticSpec(kind="planted", symbols=symbols, years=2.5, seed=1)).panel
    adjusted, rng = adjust(panel), np.random.default_rng(0)
    ahead = np.full(panel.n_rows, np.nan)
    for index in range(len(panel.symbols)):
        rows = panel.rows(index)
        opened = adjusted.open[rows]
        ahead[rows.start : rows.stop - 4] = opened[4:] / opened[1:-3] - 1.0
    seen = np.nan_to_num(ahead / np.nanstd(ahead)) + 2.0 * rng.normal(size=panel.n_rows)
    session = panel.sessions()[1]
    values = np.column_stack(
        [seen, seen**3, rng.normal(size=panel.n_rows), np.sin(session / 9.0), np.ones(panel.n_rows), seen]
    )
    values[rng.random(panel.n_rows) < 0.8, 5] = np.nan
    labels = triple_barrier(adjusted, LabelSpec(kind="triple_barrier", holding=3))
    data = assemble(panel, {"own": (NAMES, values)}, labels, WeightSpec(), 126)
    spec = FoldSpec(walk_forward=WalkForwardSpec(folds=3), combinatorial=CombinatorialSpec(groups=4, test_groups=2))
    return data, make_plan(data, spec), to_grid(adjust(panel.select(data.symbols)))


@pytest.fixture(scope="module")
def small():
    return world()


@pytest.fixture(scope="module")
def report(small):
    return diagnose_features(*small, SECTORS, SPEC, {"oracle": "own"}, 7)


def test_the_planted_feature_is_found_and_its_twin_is_redundant(report):
    """Seen in every part of the universe and in every block; the others are flagged for what they are."""
    told = {one["name"]: one for one in report["features"]}
    oracle = told["oracle"]
    assert oracle["p_holm"] < 1e-6
    assert 0.0 < oracle["low"] < oracle["mean"] < oracle["high"]
    assert oracle["stable"] == 1.0
    assert min(half["t"] for half in oracle["halves"]) > 2
    assert oracle["sectors_same_sign"] == 2
    assert oracle["decay"][2] == oracle["mean"]
    assert set(told["twin"]["flags"]) | set(oracle["flags"]) == {"redundant"}
    assert "no information" in told["noise"]["flags"]
    assert set(told["market"]["flags"]) >= {"market-wide"}
    assert set(told["flat"]["flags"]) == {"constant"}
    assert "mostly missing" in told["gone"]["flags"]
    assert report["flagged"]["redundant"] == 1
    assert report["informative"] == sum((one["p_benjamini_yekutieli"] or 1.0) <= 0.05 for one in report["features"])


def test_it_is_json_and_repeatable(small, report):
    """The canonical document of a second run is the same; another seed moves the intervals alone."""
    again = diagnose_features(*small, SECTORS, SPEC, {"oracle": "own"}, 7)
    assert canonical_json(again) == canonical_json(report)
    other = diagnose_features(*small, SECTORS, SPEC, {"oracle": "own"}, 8)
    assert other["features"][0]["low"] != report["features"][0]["low"]
    assert other["features"][0]["t"] == report["features"][0]["t"]


def test_outcomes_begin_at_the_next_open_and_end_inside(small):
    """Row by row the return between two opens of the grid; unknown where the snapshot ends before it."""
    data, _, grid = small
    found, place = outcomes_of(data, grid, [1, 5])
    for row in (0, data.n_rows // 2):
        column, first = grid.open[:, data.code[row]], place[row] + 1
        assert grid.sessions[place[row]] == data.ts[row]
        assert found[row] == pytest.approx(
            [column[first + 1] / column[first] - 1, column[first + 5] / column[first] - 1]
        )
    last = place == len(grid.sessions) - 1
    assert np.isnan(found[last]).all()
    assert np.isnan(found[place >= len(grid.sessions) - 6, 1]).all()


def test_rows_before_the_training_set_are_not_read(small, report):
    """Prices of the warm-up may say anything: no figure but the state of the market moves."""
    data, plan, grid = small
    before = grid.sessions < data.ts.min()
    changed = replace(grid, open=np.where(before[:, None], 1.0, grid.open))
    again = diagnose_features(data, plan, changed, SECTORS, SPEC, {"oracle": "own"}, 7)
    assert canonical_json(again) == canonical_json(report)


def test_two_symbols_have_no_order():
    """A market of two names gives no coefficient: gaps, no flags for want of them, and no error."""
    data, plan, grid = world(symbols=2)
    report = diagnose_features(data, plan, grid, ("A", "B"), SPEC, {}, 7)
    assert report["informative"] == 0
    for one in report["features"]:
        assert one["mean"] is None
        assert not {"no information", "market-wide", "unstable"} & set(one["flags"])
    assert canonical_json(report)
