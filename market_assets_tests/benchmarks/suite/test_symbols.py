"""What counts as a cost of symbols."""

from benchmarks.suite.symbols import layer_seconds, variable_seconds

GRAPH = {
    "startup_seconds": 100.0,
    "ingest_seconds": 1.0,
    "snapshot_seconds": 2.0,
    "seconds": 30.0,
    "champion_seconds": 50.0,
    "layers": [["symbols", 10.0], ["symbols", 5.0], ["gate", 15.0], ["champion", 50.0]],
}


def test_start_up_and_champion_do_not_count():
    """Bars to gate report, ingest and snapshot included."""
    assert variable_seconds(GRAPH) == 33.0
    assert layer_seconds(GRAPH) == {"ingest": 1.0, "cut": 2.0, "symbols": 15.0, "gate": 15.0}
