"""The table of verdicts."""

from benchmarks.suite.verdicts import COLUMNS, closed_gates, correct, verdict_row


def found(passed, best="xgboost"):
    """Evidence and verdict as a job prints them."""
    names = ("sharpe", "sharpe_low", "sharpe_high", "deflated_sharpe", "pbo", "spa_consistent")
    reasons = [
        {"gate": "pbo", "passed": passed},
        {"gate": "deflated_sharpe", "passed": True},
        {"gate": "spa_pvalue", "passed": passed},
    ]
    evidence = {"best": best, **{name: index / 10 for index, name in enumerate(names)}}
    return {"evidence": evidence, "verdict": {"passed": passed, "reasons": reasons}}


def test_a_row_has_every_column():
    """Figures stand in the order of the columns; a missing one stays missing."""
    row = verdict_row("null", 2, found(False))
    assert row == ("null", 2, "refused", "xgboost", 0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    assert len(row) == len(COLUMNS)
    idle = found(False, best=None)
    idle["evidence"]["sharpe"] = None
    assert verdict_row("null", 0, idle)[3:5] == ("none", None)


def test_closed_gates_are_named():
    """Every rule that did not pass, in the order of the gate."""
    assert closed_gates(found(False)) == "pbo, spa_pvalue"
    assert closed_gates(found(True)) == "none"


def test_only_the_verdict_of_the_truth_counts():
    """Planted must be promoted, null refused."""
    rows = [
        verdict_row("planted", 0, found(True)),
        verdict_row("planted", 1, found(False)),
        verdict_row("null", 0, found(True)),
        verdict_row("null", 1, found(False)),
        verdict_row("null", 2, found(False)),
    ]
    assert (correct(rows, "planted"), correct(rows, "null")) == (1, 2)
