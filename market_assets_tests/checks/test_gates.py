"""The first lock: a blocking check that fails stops what follows in the same run."""

import dagster as dg
import pytest

from market_assets.assets import keys
from market_assets.core.features.registry import FAMILIES
from market_assets_tests.leaks import leaky
from market_assets_tests.worlds import CLEAN_AT, NULL_AT, SPOILT_AT, World, materialized

CHAMPION = keys.champion("tiny")
TRAINING_SET = keys.training_set("tiny")


def _run(world: World, snapshot_id: str, *selection: dg.AssetKey) -> dg.ExecuteInProcessResult:
    return world.job.execute_in_process(
        instance=world.instance, asset_selection=list(selection), partition_key=snapshot_id, raise_on_error=False
    )


def _checks(result: dg.ExecuteInProcessResult) -> dict[str, tuple[bool, bool, str | None]]:
    return {
        item.check_name: (item.passed, item.blocking, item.partition) for item in result.get_asset_check_evaluations()
    }


def test_failed_quality_check_keeps_the_training_set_from_running(world: World) -> None:
    """A stale feed fails the quality check of its snapshot, and the training set of that run is not executed."""
    spoilt = world.snapshot(SPOILT_AT)
    result = _run(world, spoilt, keys.QUALITY_REPORT, TRAINING_SET)
    assert _checks(result) == {"quality_gate": (False, True, spoilt)}
    assert materialized(result) == {"quality_report"}
    assert not result.success


def test_failed_leakage_check_keeps_the_training_set_from_running(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A family that sees tomorrow's close fails the leakage check, and the training set of that run is not executed."""
    monkeypatch.setitem(FAMILIES, "volatility", leaky())
    clean = world.snapshot(CLEAN_AT)
    result = _run(world, clean, keys.LEAKAGE_REPORT, TRAINING_SET)
    assert _checks(result) == {"leakage_gate": (False, True, clean)}
    assert materialized(result) == {"leakage_report"}
    (check,) = result.get_asset_check_evaluations()
    assert "volatility" in str(check.description)
    assert check.severity == dg.AssetCheckSeverity.ERROR


def test_failed_promotion_check_keeps_the_champion_from_running(world: World) -> None:
    """A market without an edge fails the promotion check, and the champion of that run is not executed."""
    null = world.snapshot(NULL_AT)
    result = _run(world, null, keys.gate_report("tiny"), CHAMPION)
    assert _checks(result) == {"promotion_gate": (False, True, null)}
    assert materialized(result) == {"tiny/gate_report"}
    (check,) = result.get_asset_check_evaluations()
    reasons = check.metadata["reasons"].value.records
    assert {"deflated_sharpe", "spa_pvalue"} <= {row.data["gate"] for row in reasons if not row.data["passed"]}


def test_passed_checks_let_the_champion_run(world: World) -> None:
    """The control: on the sound snapshot every check passes and the same selections run to their end."""
    clean = world.snapshot(CLEAN_AT)
    first = _run(world, clean, keys.QUALITY_REPORT, keys.LEAKAGE_REPORT, keys.label_report("tiny"), TRAINING_SET)
    assert _checks(first) == dict.fromkeys(("quality_gate", "leakage_gate", "label_gate"), (True, True, clean))
    second = _run(world, clean, keys.gate_report("tiny"), CHAMPION)
    assert _checks(second) == {"promotion_gate": (True, True, clean)}
    assert "tiny/training_set" in materialized(first)
    assert "tiny/champion" in materialized(second)
