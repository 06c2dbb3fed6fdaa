"""Failed layers as one line, and the figures of stages over several runs."""

from __future__ import annotations

from typing import Any

import pytest

from market_assets.automation.drive import LayerRun, StepFailure
from market_assets.automation.layers import Layer
from market_assets.cli.layers import failure, show, stage_figures
from market_assets.cli.outcome import Outcome

LAYER = Layer("symbols", (), "a", "b")


def run(**changes: Any) -> LayerRun:
    """A finished layer run."""
    return LayerRun(**{"layer": LAYER, "run_id": "r1", "success": True, "seconds": 1.0, **changes})


def test_seconds_add_up_and_peaks_do_not() -> None:
    """A stage that ran for two stretches of symbols has the sum of its seconds and the larger peak."""
    one = run(stages={"quality": {"seconds": 1.5, "peak_rss_mb": 300.0}})
    two = run(stages={"quality": {"seconds": 0.5, "peak_rss_mb": 200.0}, "bars": {"seconds": 2.0}})
    assert stage_figures([one, two]) == {"quality": {"seconds": 2.0, "peak_rss_mb": 300.0}, "bars": {"seconds": 2.0}}


def test_a_failed_step_is_one_line_with_its_cause() -> None:
    """Dagster's prefix of the class goes, lines are joined, the run's id stays."""
    text = "market_assets.core.errors.ServiceUnavailableError: PostgreSQL at x:1:\nnot reachable\n"
    error = failure(run(success=False, failures=(StepFailure("bars", "ServiceUnavailableError", text),)))
    assert str(error).startswith("bars: PostgreSQL at x:1: not reachable (run r1 ")
    assert error.cause == "ServiceUnavailableError"


def test_a_run_that_fails_before_any_step_says_so() -> None:
    """The layer's name stands for the step."""
    assert str(failure(run(success=False))).startswith("symbols: the run failed before any step (run r1 ")


@pytest.mark.parametrize("name", ["KeyboardInterrupt", "DagsterExecutionInterruptedError"])
def test_an_interrupted_step_is_an_interrupt(name: str) -> None:
    """Whatever Dagster calls it."""
    with pytest.raises(KeyboardInterrupt):
        show(run(success=False, failures=(StepFailure("bars", name, ""),)))


def test_an_outcome_without_a_gate_report_still_has_its_reasons() -> None:
    """The quality gate closed: no candidates, no trials, but the reasons of that gate."""
    reason = {
        "gate": "failed_symbols",
        "value": 0.5,
        "comparison": "<=",
        "threshold": 0.0,
        "passed": False,
        "text": "t",
    }
    outcome = Outcome("tiny", "s", "refused", ("quality_report:quality_gate",), None, (reason,), {}, (run(),), 1.0)
    payload = outcome.payload()
    assert payload["reasons"] == [reason]
    assert (payload["candidates"], payload["trials"], payload["peak_rss_mb"]) == ([], {}, None)
    assert payload["runs"] == [{"layer": "symbols", "run_id": "r1", "seconds": 1.0, "success": True}]
