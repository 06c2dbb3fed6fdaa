"""Lining up the stages of both ways."""

from benchmarks.suite.orchestration import STAGES, comparable, direct_stages, graph_stages


def test_stages_of_both_ways_line_up():
    """Families and assets fall into the same stages; snapshot and champion belong to none."""
    direct = direct_stages({"features/technical": 2.0, "features/regime": 1.0, "gate": 0.5})
    graph = graph_stages(
        {
            "features/technical": {"seconds": 3.0},
            "features/regime": {"seconds": 1.0},
            "direction_daily/fold_models/xgboost": {"seconds": 7.0},
            "direction_daily/champion": {"seconds": 9.0},
            "snapshot": {"seconds": 9.0},
        }
    )
    assert list(direct) == list(graph) == list(STAGES)
    assert (direct["features"], direct["gate"]) == (3.0, 0.5)
    assert (graph["features"], graph["fold_models"], graph["gate"]) == (4.0, 7.0, 0.0)


def test_order_of_candidates_is_no_difference():
    """A database gives names in its own order; any other difference counts."""
    one = {"candidates": [{"name": "a"}, {"name": "b"}], "pbo_columns": ["a", "b"], "pbo": 0.1}
    other = {"candidates": [{"name": "b"}, {"name": "a"}], "pbo_columns": ["b", "a"], "pbo": 0.1}
    assert comparable(one) == comparable(other)
    assert comparable(one) != comparable({**other, "pbo": 0.2})
