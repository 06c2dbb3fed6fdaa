"""The validity report in the graph, and what the gate makes of it."""

import pytest

from market_assets.assets import keys
from market_assets.assets.locks import GATE_REPORT
from market_assets.assets.training import load_fold_plan, load_training_set
from market_assets.assets.validity import KIND
from market_assets.core.validity.in_sample import last_fold
from market_assets_tests.worlds import CLEAN_AT, World, document, failures, reopened, write_experiments


def test_the_gate_reads_the_coverage_of_its_best(done_world: World) -> None:
    """The report names the candidate that was judged, and its worst slice stands in the evidence."""
    clean = done_world.snapshot(CLEAN_AT)
    validity = done_world.warehouse.reports.latest(KIND, clean, "tiny")
    gate = done_world.warehouse.reports.latest(GATE_REPORT, clean, "tiny")
    assert validity is not None
    assert gate is not None
    evidence = gate.payload["evidence"]
    assert validity.payload["best"] == evidence["best"]
    worst = validity.payload["coverage"][evidence["best"]]["worst"]
    assert evidence["coverage_gap"] == (worst["gap"] if worst else None)
    assert validity.payload["scorecards"]["overall"]["n"] == evidence["observations"]


def test_second_opinions_start_from_the_gates_own_figures(done_world: World) -> None:
    """Same returns, same trials, same variance, same resamples: the 2014 form is the one the gate judged."""
    clean = done_world.snapshot(CLEAN_AT)
    validity = done_world.warehouse.reports.latest(KIND, clean, "tiny")
    gate = done_world.warehouse.reports.latest(GATE_REPORT, clean, "tiny")
    assert validity is not None
    assert gate is not None
    asked, evidence = validity.payload["second_opinions"], gate.payload["evidence"]
    assert asked["trials"] == evidence["deflation_trials"]
    pairs = {"deflated_2014": "deflated_sharpe", "sharpe": "sharpe", "hurdle": "hurdle", "stationary_low": "sharpe_low"}
    for ours, theirs in pairs.items():
        assert asked["figures"][ours] == pytest.approx(evidence[theirs], rel=1e-9)
    assert asked["trial_variance"] == pytest.approx(evidence["trial_variance"], rel=1e-9)
    assert [one["name"] for one in asked["tests"]["candidates"]] == [one["name"] for one in evidence["candidates"]]


def test_the_sample_gap_comes_from_the_stored_model(done_world: World) -> None:
    """Its in-sample account ends before the last walk-forward test begins; out of sample it is the gate's Sharpe."""
    clean = done_world.snapshot(CLEAN_AT)
    validity = done_world.warehouse.reports.latest(KIND, clean, "tiny")
    gate = done_world.warehouse.reports.latest(GATE_REPORT, clean, "tiny")
    assert validity is not None
    assert gate is not None
    gap = validity.payload["sample_gap"]
    assert gap["out_of_sample"] == pytest.approx(gate.payload["evidence"]["sharpe"], rel=1e-9)
    assert gap["in_sample"] is not None
    plan = load_fold_plan(done_world.warehouse, clean, "tiny")
    data = load_training_set(done_world.warehouse, done_world.artifacts, clean, "tiny")
    assert gap["last"] <= str(data.sessions[last_fold(plan).test[0][0]])[:10]


def test_coverage_can_close_the_gate(world: World) -> None:
    """With a limit that no forecast meets, the same candidate is refused, and the reason names the coverage."""
    clean = world.snapshot(CLEAN_AT)
    strict = document(gates={"promotion": {"max_coverage_gap": 1e-6}}, validity={"min_rows": 20})
    write_experiments(world.settings.experiments, strict)
    changed = reopened(world)
    for key in (keys.validity("tiny"), keys.gate_report("tiny")):
        changed.materialize(key, clean)
    report = world.warehouse.reports.latest(GATE_REPORT, clean, "tiny")
    assert report is not None
    refused = [reason["gate"] for reason in report.payload["verdict"]["reasons"] if not reason["passed"]]
    assert refused == ["conformal_coverage"]
    alone = changed.materialize(keys.champion("tiny"), clean)
    assert "Conformal intervals of" in failures(alone)[0]
