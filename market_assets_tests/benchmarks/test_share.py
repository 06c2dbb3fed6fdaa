"""Share of orchestration."""

import pytest

from benchmarks.share import orchestration_share


def test_share_of_the_medians():
    """(run - direct) / run of the medians: one slow outlier moves nothing."""
    found = orchestration_share([100.0, 400.0, 110.0], [99.0, 88.0, 20.0])
    assert (found.graph_seconds, found.direct_seconds) == (110.0, 88.0)
    assert found.share == pytest.approx(0.2)


def test_a_faster_graph_gives_a_negative_share():
    """Noise is shown, not hidden at zero."""
    assert orchestration_share([80.0], [100.0]).share == pytest.approx(-0.25)


@pytest.mark.parametrize(("graph", "direct"), [([], []), ([1.0], []), ([1.0, 2.0], [1.0])])
def test_unpaired_runs_are_refused(graph, direct):
    """Runs come in pairs, at least one."""
    with pytest.raises(ValueError, match="as many graph runs"):
        orchestration_share(graph, direct)
