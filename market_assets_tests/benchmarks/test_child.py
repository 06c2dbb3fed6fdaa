"""Reading what a child printed."""

import pytest

from benchmarks.child import JobFailedError, parse
from benchmarks.processes import Ran


def test_json_of_an_accepted_exit_code():
    """A difference found by replay has a code of its own and still prints its comparison."""
    assert parse(Ran(4, '{"a": 1}', 1.0, 1.0, 1.0), "replay", (0, 4)) == {"a": 1}


@pytest.mark.parametrize(("code", "output"), [(1, "{}"), (-9, ""), (0, ""), (0, "no json")])
def test_a_failed_child_is_named(code, output):
    """Exit code or output that cannot be used is an error that says whose."""
    with pytest.raises(JobFailedError, match="job x"):
        parse(Ran(code, output, 1.0, 1.0, 1.0), "job x")
