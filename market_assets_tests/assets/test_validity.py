"""The validity report in the graph, and what the gate makes of it."""

from market_assets.assets import keys
from market_assets.assets.locks import GATE_REPORT
from market_assets.assets.validity import KIND
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
