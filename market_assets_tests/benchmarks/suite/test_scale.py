"""What counts as computing, writing and reading."""

from benchmarks.suite.scale import split, total

PARTS = {
    "append bars": 10.0,
    "store a": 5.0,
    "write a": 3.0,
    "store b": 2.0,
    "write b": 0.5,
    "read a": 1.0,
    "read b": 4.0,
}
SNAPSHOT = {"seconds": {name: {"wall": seconds, "cores": 2.0 * seconds} for name, seconds in PARTS.items()}}


def test_writing_is_a_part_of_storing():
    """Nothing counts twice."""
    assert split(SNAPSHOT, "wall") == (3.5, 3.5, 5.0)
    assert total(SNAPSHOT, "wall") == 22.0
    assert total(SNAPSHOT, "cores") == 44.0
