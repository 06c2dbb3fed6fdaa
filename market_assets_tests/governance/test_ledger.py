"""The trial ledger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from market_assets.core.errors import IntegrityError
from market_assets.governance.ledger import Trial, TrialCount, TrialLedger, configuration_hash

pytestmark = pytest.mark.services


def trials(experiment: str = "direction_daily", depth: int = 3, folds: int = 4, snapshot: str = "s1") -> list[Trial]:
    """One configuration over some folds."""
    params = {"max_depth": depth, "eta": 0.1}
    configuration = configuration_hash("xgboost", params, {"kind": "triple_barrier", "of": experiment}, ["technical"])
    return [
        Trial(snapshot, experiment, "xgboost", f"wf{n:02}", configuration, f"{configuration}/{n}", params, 7, "fold")
        for n in range(folds)
    ]


def test_a_rerun_of_the_same_fit_is_not_a_new_trial(database):
    """Recording twice, half anew, or twice in one batch adds each fit once."""
    ledger = TrialLedger(database)
    assert ledger.record([]) == 0
    assert ledger.record(trials(folds=2)) == 2
    assert ledger.record(trials(folds=4)) == 2
    assert ledger.record(trials(folds=4)) == 0
    assert ledger.record(trials(depth=4) + trials(depth=4)) == 4
    assert ledger.count("s1") == TrialCount(8, 2)


def test_all_experiments_that_touched_a_snapshot_count(database):
    """The count is over the snapshot, whoever looked at it; other snapshots do not count."""
    ledger = TrialLedger(database)
    ledger.record(trials("a") + trials("b") + trials("b", depth=5) + trials("c", snapshot="s2"))
    assert ledger.count("s1") == TrialCount(12, 3)
    assert ledger.count("s2") == TrialCount(4, 1)
    assert ledger.count("s3") == TrialCount(0, 0)


def test_what_another_experiment_or_way_tries_again_is_no_new_trial(database):
    """Equal fits under another name, or of another origin, count once: the first stands."""
    ledger = TrialLedger(database)
    assert ledger.record(trials()) == 4
    assert ledger.record([replace(trial, experiment="wider", origin="ablation") for trial in trials(folds=5)]) == 1
    assert ledger.count("s1") == TrialCount(5, 1)


@pytest.mark.parametrize(
    "change", [{"family": "lightgbm"}, {"params": {"eta": 0.2}}, {"seed": 8}, {"configuration": "x"}]
)
def test_one_fingerprint_cannot_stand_for_two_fits(database, change):
    """A fingerprint that comes back with other content is refused, and the whole batch with it."""
    ledger = TrialLedger(database)
    ledger.record(trials())
    with pytest.raises(IntegrityError, match="another fit"):
        ledger.record([*trials(depth=9), replace(trials()[0], **change)])
    assert ledger.count("s1") == TrialCount(4, 1)


def test_recorders_side_by_side_count_each_fit_once(database):
    """Eight threads record the same trials: every fit is new exactly once."""
    ledger = TrialLedger(database)
    with ThreadPoolExecutor(4) as pool:
        new = list(pool.map(lambda _: ledger.record(trials(folds=20)), range(8)))
    assert sum(new) == 20
    assert ledger.count("s1") == TrialCount(20, 1)


def test_a_configuration_is_what_is_tried():
    """Family, parameters, label and features each make another configuration; order of keys does not."""
    base = configuration_hash("xgboost", {"a": 1, "b": 2}, "l", ["f"])
    assert configuration_hash("xgboost", {"b": 2, "a": 1}, "l", ["f"]) == base
    others = [
        configuration_hash("lightgbm", {"a": 1, "b": 2}, "l", ["f"]),
        configuration_hash("xgboost", {"a": 1, "b": 3}, "l", ["f"]),
        configuration_hash("xgboost", {"a": 1, "b": 2}, "m", ["f"]),
        configuration_hash("xgboost", {"a": 1, "b": 2}, "l", ["g"]),
    ]
    assert len({base, *others}) == 5
