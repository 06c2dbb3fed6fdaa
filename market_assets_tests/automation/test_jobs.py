"""The operator's jobs, run with what stands in their forms."""

import pytest

from market_assets.assets import keys
from market_assets.assets.locks import GATE_REPORT
from market_assets.partitions import SYMBOL
from market_assets_tests.worlds import CLEAN_AT, NULL_AT, SOURCE, World, champion_traces, failures

NEW = {"kind": "synthetic", "market": "null", "symbols": 3, "years": 0.2, "seed": 1}


def _metadata(result, op: str) -> dict:
    (event,) = [item for item in result.all_events if item.event_type_value == "STEP_OUTPUT" and item.step_key == op]
    return {name: value.value for name, value in event.event_specific_data.metadata.items()}


def test_register_gives_every_symbol_a_partition(fresh_world: World) -> None:
    """Symbols of a source become partitions after those already there; the same form again adds nothing."""
    before = fresh_world.symbols
    for _ in range(2):
        result = fresh_world.execute_job("register_symbols", {"source": NEW, "symbols": []})
        assert result.success, failures(result)
        assert _metadata(result, "register_op")["symbols"] == 3
    added = fresh_world.symbols[len(before) :]
    assert fresh_world.symbols[: len(before)] == before
    assert len(added) == 3
    assert fresh_world.warehouse.symbols.get(added[0]).source["market"] == "null"
    assert fresh_world.instance.get_materialized_partitions(keys.BARS) == set()


def test_register_refuses_what_the_source_does_not_have(fresh_world: World) -> None:
    """An unknown or unsafe symbol names itself, and neither a record nor a partition is left."""
    before = fresh_world.symbols
    for name, rule in (("NOT.THERE", "has no NOT.THERE"), ("a|b", "a|b"), ("../x", "../x")):
        result = fresh_world.execute_job("register_symbols", {"source": NEW, "symbols": [name]})
        assert not result.success
        assert rule in failures(result)[0]
    assert fresh_world.symbols == before
    assert [record.symbol for record in fresh_world.warehouse.symbols.all()] == sorted(before)


def test_cut_names_the_same_bars_once(fresh_world: World) -> None:
    """A date gives the snapshot of that day; cutting it twice gives one snapshot, one partition, one audit row."""
    for _ in range(2):
        result = fresh_world.execute_job("cut_snapshot", {"as_of": "2017-06-30", "symbols": fresh_world.symbols[:3]})
        assert result.success, failures(result)
    snapshot_id = _metadata(result, "cut_op")["snapshot_id"]
    assert snapshot_id.startswith("20170630-")
    assert fresh_world.warehouse.snapshots.get(snapshot_id).symbols == tuple(fresh_world.symbols[:3])
    assert fresh_world.instance.get_dynamic_partitions("snapshot").count(snapshot_id) == 1
    cuts = [row for row in fresh_world.governance.audit().rows() if snapshot_id in row.subject]
    assert [row.event for row in cuts] == ["snapshot_cut"]


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"as_of": "yesterday"}, "not an ISO date"),
        ({"as_of": "2017-06-30", "symbols": ["NOT.THERE"]}, "not registered: NOT.THERE"),
        ({"as_of": "2001-01-01"}, "no bar was known"),
    ],
)
def test_cut_refuses_a_wrong_form(fresh_world: World, config: dict, text: str) -> None:
    """A wrong date, an unknown symbol and an empty past are named; no snapshot is made."""
    before = fresh_world.warehouse.snapshots.list()
    result = fresh_world.execute_job("cut_snapshot", config)
    assert not result.success
    assert text in failures(result)[0]
    assert fresh_world.warehouse.snapshots.list() == before


def test_run_experiment_ends_in_a_promotion(world: World) -> None:
    """The job drives every layer as a run of its own and says ``promoted``; what was stored is not made again."""
    fits = world.warehouse.fits.list(world.snapshot(CLEAN_AT), "tiny", "lightgbm")
    config = {"experiment": "tiny", "as_of": CLEAN_AT.isoformat(), "refresh_bars": True}
    result = world.execute_job("run_experiment", config)
    assert result.success, failures(result)
    clean = world.snapshot(CLEAN_AT)
    assert _metadata(result, "run_op") == {"snapshot_id": clean, "verdict": "promoted"}
    assert clean in world.instance.get_materialized_partitions(keys.champion("tiny"))
    assert set(world.symbols) == world.instance.get_materialized_partitions(keys.BARS)
    assert len(champion_traces(world, clean)) == 4
    assert world.instance.get_runs_count() == 9
    again = world.warehouse.fits.list(clean, "tiny", "lightgbm")
    assert [item.artifact for item in again] == [item.artifact for item in fits]


def test_run_experiment_calls_a_refusal_a_result(world: World) -> None:
    """On the null market the job succeeds and says which gate refused; no champion is made."""
    config = {"experiment": "tiny", "as_of": NULL_AT.isoformat(), "refresh_bars": False}
    result = world.execute_job("run_experiment", config)
    assert result.success, failures(result)
    null = world.snapshot(NULL_AT)
    assert _metadata(result, "run_op") == {
        "snapshot_id": null,
        "verdict": "refused by tiny/gate_report:promotion_gate",
    }
    assert champion_traces(world, null) == []
    assert world.warehouse.reports.latest(GATE_REPORT, null, "tiny") is not None


def test_run_experiment_fails_for_other_reasons(fresh_world: World) -> None:
    """An unknown experiment and a universe too small are failures, not refusals, and say why."""
    unknown = fresh_world.execute_job("run_experiment", {"experiment": "nobody"})
    assert not unknown.success
    assert "known: tiny" in failures(unknown)[0]
    config = {"experiment": "tiny", "as_of": "2016-01-29", "refresh_bars": False}
    short = fresh_world.execute_job("run_experiment", config)
    assert not short.success
    assert "tiny needs 300 sessions" in failures(short)[0]


def test_many_symbols_are_added_in_batches(fresh_world: World) -> None:
    """A few hundred new partitions go in without tripping over the storage's limit on variables."""
    source = {"kind": "synthetic", "market": "null", "symbols": 650, "years": 0.02}
    result = fresh_world.execute_job("register_symbols", {"source": source, "symbols": []})
    assert result.success, failures(result)
    assert len(fresh_world.instance.get_dynamic_partitions(str(SYMBOL.name))) == 650 + SOURCE["symbols"]
