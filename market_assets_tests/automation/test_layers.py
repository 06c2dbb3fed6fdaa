"""The graph as a list of runs."""

from itertools import pairwise

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_assets.assets import keys
from market_assets.automation.layers import bar_layers, champion_layer, contiguous, graph_layers, quality_layers
from market_assets.experiments.loader import load_experiment
from market_assets.experiments.spec import Experiment
from market_assets_tests.worlds import TINY, TINY_FOLDS, write_experiments

SNAPSHOT = "20180101-0123456789ab"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    return load_experiment(write_experiments(tmp_path_factory.mktemp("experiments"), TINY) / "tiny.yaml")


@given(st.lists(st.sampled_from("ABCDEFGHIJ"), unique=True), st.permutations(list("ABCDEFGHIJ")))
def test_stretches_cover_the_wanted_and_nothing_else(wanted: list[str], registered: list[str]) -> None:
    """Expanded in registration order, the stretches are the wanted names, each once, and no two could be joined."""
    stretches = list(contiguous(wanted, registered))
    spans = [(registered.index(first), registered.index(last)) for first, last in stretches]
    expanded = [registered[position] for first, last in spans for position in range(first, last + 1)]
    assert sorted(expanded) == sorted(wanted)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(spans))


def test_stretches_follow_registration_not_the_alphabet() -> None:
    """Dagster's ranges over dynamic keys go by insertion: B to A holds both, A to C would not."""
    assert list(contiguous(["A", "B"], ["B", "A", "C"])) == [("B", "A")]
    assert list(contiguous(["B", "C"], ["B", "A", "C"])) == [("B", "B"), ("C", "C")]
    assert list(contiguous([], ["B"])) == []


def test_layers_take_every_asset_of_the_chain_once(tiny: Experiment) -> None:
    """Snapshot to champion in order; no asset is forgotten and none is run twice."""
    layers = [*graph_layers(SNAPSHOT, ["A", "B"], ["A", "B"], tiny), champion_layer(SNAPSHOT, tiny)]
    assert [layer.name for layer in layers] == [
        "snapshot",
        "symbols",
        "training",
        "elastic_net",
        "lightgbm",
        "gate",
        "champion",
    ]
    taken = [key for layer in layers for key in layer.assets]
    assert len(taken) == len(set(taken))
    assert {keys.SNAPSHOT, keys.QUALITY, keys.QUALITY_REPORT, keys.LEAKAGE_REPORT} <= set(taken)
    assert {key for key in taken if key.path[0] == keys.FEATURES} == {keys.features(name) for name in tiny.features}
    chain = {key for key in taken if key.path[0] == "tiny"}
    assert len(chain) == 12 + len(tiny.models)


def test_ranges_span_members_and_folds(tiny: Experiment) -> None:
    """A gap in the registration splits the symbol layer; the fold layer goes from the first fold to the last."""
    layers = graph_layers(SNAPSHOT, ["A", "C"], ["A", "B", "C"], tiny)
    symbols = [layer for layer in layers if layer.name == "symbols"]
    assert [(layer.first, layer.last) for layer in symbols] == [
        (f"{SNAPSHOT}|A", f"{SNAPSHOT}|A"),
        (f"{SNAPSHOT}|C", f"{SNAPSHOT}|C"),
    ]
    folds = next(layer for layer in layers if layer.name == "lightgbm")
    assert (folds.first, folds.last) == (f"{TINY_FOLDS[0]}|{SNAPSHOT}", f"{TINY_FOLDS[-1]}|{SNAPSHOT}")


def test_runs_can_be_filtered_by_their_tags(tiny: Experiment) -> None:
    """Layer, snapshot and, where one is concerned, experiment; bars belong to no snapshot."""
    found = {layer.name: layer.tags for layer in graph_layers(SNAPSHOT, ["A"], ["A"], tiny)}
    assert found["snapshot"] == {"market_assets/layer": "snapshot", "market_assets/snapshot": SNAPSHOT}
    for name in ("symbols", "training", "lightgbm", "gate"):
        assert found[name] == {
            "market_assets/layer": name,
            "market_assets/snapshot": SNAPSHOT,
            "market_assets/experiment": "tiny",
        }
    (bars,) = bar_layers(["A"], ["A"])
    assert bars.tags == {"market_assets/layer": "bars"}


def test_quality_layers_end_at_the_report() -> None:
    """The short way: snapshot, quality of the members, report; nothing of any experiment."""
    layers = quality_layers(SNAPSHOT, ["A", "B"], ["A", "B"])
    taken = [key for layer in layers for key in layer.assets]
    assert taken == [keys.SNAPSHOT, keys.QUALITY, keys.QUALITY_REPORT]
    assert isinstance(layers[1].first, dg.MultiPartitionKey)
