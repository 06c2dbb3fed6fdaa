"""Runs of the whole chain on tiny markets: seeded, stored, resumed, and honest about failures."""

import os
from dataclasses import replace

import pytest

from benchmarks.pipeline.one import identity, run_one
from benchmarks.pipeline.runner import ONE_THREAD, _pool, measure, tasks
from benchmarks.pipeline.size import Size, reduced
from benchmarks.pipeline.store import Store, latest

TINY = Size(symbols=6, years=2.0, after=1.0, families=("lightgbm",), rounds=2, truth_every=1)
WANTED = tasks(("garch", "edge_0.5"), 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One null and one planted run, stored."""
    found = Store(tmp_path_factory.mktemp("runs") / "deep" / "runs.jsonl")
    assert measure(WANTED, found, TINY, workers=0) == 0
    return found


def test_the_chain_judges_a_null_and_a_planted_market(store):
    """Both come to a verdict, and the planted edge is worth more than nothing when the market goes on."""
    null, planted = (store.of(identity(TINY))[key] for key in WANTED)
    assert null.failure is None
    assert planted.failure is None
    assert null.null
    assert not planted.null
    assert not null.promoted
    assert null.refused
    assert planted.truth.sharpe > 2.0 * planted.truth.error > 0.0
    assert planted.truth.sharpe > null.truth.sharpe
    assert planted.truth.sessions > 240


def test_finished_runs_are_not_run_again(store):
    """A second sitting writes nothing; a cut line is run again and gives the same record."""
    before = store.path.read_bytes()
    assert measure(WANTED, store, TINY, workers=0) == 0
    assert store.path.read_bytes() == before
    again = Store(store.path.with_name("cut.jsonl"))
    again.path.write_bytes(before[:-40])
    assert measure(WANTED, again, TINY, workers=0) == 0
    one, two = latest(store.all()), latest(again.all())
    assert [replace(run, seconds=0.0) for run in one] == [replace(run, seconds=0.0) for run in two]


def test_a_broken_gate_is_seen_to_promote():
    """With every threshold open a worthless candidate is promoted, and counts as a false promotion."""
    broken = run_one("garch", 0, replace(TINY, open_gates=True), "broken")
    assert broken.failure is None
    assert broken.promoted
    assert broken.identity == "broken"
    assert broken.false_promotion


def test_a_run_that_fails_is_a_record_and_no_promotion(tmp_path):
    """Too short a market: the error stands in the line, and the run is finished."""
    small = replace(TINY, years=0.7)
    store = Store(tmp_path / "runs.jsonl")
    lines = []
    assert measure([("iid", 0)], store, small, workers=0, say=lines.append) == 0
    (run,) = store.all()
    assert run.failure.type == "NotEnoughDataError"
    assert not run.promoted
    assert "NotEnoughDataError" in lines[-1]
    assert measure([("iid", 0)], store, small, workers=0) == 0
    assert len(store.all()) == 1


def test_no_run_begins_after_the_time_limit(tmp_path):
    """What is left is counted."""
    store = Store(tmp_path / "runs.jsonl")
    assert measure(WANTED, store, TINY, workers=0, time_limit=0.0) == 2
    assert store.all() == []


def test_another_source_or_size_is_another_identity():
    """Records of two sizes are never mixed."""
    assert identity(TINY) == identity(replace(TINY))
    assert identity(TINY) != identity(replace(TINY, rounds=3))


def test_only_rounds_are_reduced():
    """Gates, folds, resampling and costs are those of the shipped experiment; all five families compete."""
    shipped, ours = reduced(Size(rounds=5000), 7), reduced(Size(), 7)
    assert shipped.models["xgboost"] == {"rounds": 100}
    assert ours.models["xgboost"] == {"rounds": 10}
    assert len(ours.models) == 5
    assert replace(ours, models=shipped.models) == shipped


def test_workers_have_one_thread_and_the_caller_keeps_his_environment(monkeypatch):
    """Threads of two processes must not fight over the cores."""
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    with _pool(1) as pool:
        assert pool.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
        assert pool.submit(os.getenv, "OMP_WAIT_POLICY").result() == ONE_THREAD["OMP_WAIT_POLICY"]
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert "OMP_WAIT_POLICY" not in os.environ


def test_kinds_take_turns():
    """A sitting that is cut short has some runs of each."""
    assert tasks(("a", "b"), 2) == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
