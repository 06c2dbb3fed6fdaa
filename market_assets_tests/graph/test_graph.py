"""The shipped graph: its picture, its completeness, and that it loads."""

import os
from difflib import unified_diff
from pathlib import Path

import dagster as dg
import pytest

from market_assets.core.features.registry import FAMILIES
from market_assets.definitions import build
from market_assets.experiments.loader import load_experiments
from market_assets.settings import Settings
from market_assets_tests.graph.snapshot import describe, keys_of

STORED = Path(__file__).with_name("graph.txt")
UPDATE = "UPDATE_GRAPH"


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(home=Path("state-folder-that-is-not-made"))


@pytest.fixture(scope="module")
def definitions(settings: Settings) -> dg.Definitions:
    return build(settings)


def test_the_graph_is_the_one_that_was_reviewed(definitions: dg.Definitions) -> None:
    """One line an asset equals the stored text; ``UPDATE_GRAPH=1 pytest market_assets_tests/graph`` writes it anew."""
    found = describe(definitions)
    if os.environ.get(UPDATE):
        STORED.write_text(found)
    wanted = STORED.read_text()
    diff = "".join(unified_diff(wanted.splitlines(True), found.splitlines(True), "stored", "found", n=0))
    assert found == wanted, f"the graph changed; if that is meant, run with {UPDATE}=1:\n{diff}"


def test_the_definitions_can_be_loaded(definitions: dg.Definitions, settings: Settings) -> None:
    """Dagster's own validation passes, without a service up and without touching the state folder."""
    dg.Definitions.validate_loadable(definitions)
    assert not settings.home.exists()


def test_every_asset_says_what_it_is(definitions: dg.Definitions) -> None:
    """The UI is the manual: description, group, kinds, owner and code version stand at every asset."""
    for node in definitions.resolve_asset_graph().asset_nodes:
        spec = node.assets_def.get_asset_spec(node.key)
        missing = [
            name for name in ("description", "group_name", "kinds", "owners", "code_version") if not getattr(spec, name)
        ]
        assert not missing, f"{node.key.to_user_string()} lacks {missing}"
        assert len(str(spec.description)) > 40


def test_row_layers_show_their_columns(definitions: dg.Definitions, settings: Settings) -> None:
    """Bars, features, labels and targets carry a column schema in which every column is described."""
    graph = definitions.resolve_asset_graph()
    parts = {"bars", "features", "labels", "targets"}
    rows = [node for node in graph.asset_nodes if parts & set(node.key.path)]
    declared = sum(len(item.targets) for item in load_experiments(settings.experiments).values())
    assert len(rows) == 1 + len(FAMILIES) + 2 + declared
    for node in rows:
        columns = node.metadata["dagster/column_schema"].columns
        assert columns
        assert all(column.description for column in columns), node.key


def test_every_key_stands_in_one_file(definitions: dg.Definitions, settings: Settings) -> None:
    """The assets of the graph are those that ``assets/keys.py`` can name, no more and no fewer."""
    loaded = load_experiments(settings.experiments)
    experiments = {name: tuple(item.models) for name, item in loaded.items()}
    targets = {name: tuple(item.targets) for name, item in loaded.items()}
    found = {node.key for node in definitions.resolve_asset_graph().asset_nodes}
    assert found == keys_of(experiments, tuple(FAMILIES), targets)


def test_gated_assets_have_their_checks_above_them(definitions: dg.Definitions) -> None:
    """Blocking, partitioned checks, one each on quality report, leakage report, every label report and gate report."""
    graph = definitions.resolve_asset_graph()
    found = {(check.asset_key.to_user_string(), check.name) for check in graph.asset_check_keys}
    wanted = {("quality_report", "quality_gate"), ("leakage_report", "leakage_gate")}
    for name in ("direction_daily", "direction_index"):
        wanted |= {(f"{name}/label_report", "label_gate"), (f"{name}/gate_report", "promotion_gate")}
    assert found == wanted
    for check in graph.asset_check_keys:
        node = graph.get(check)
        assert node.blocking
        assert node.partitions_def == graph.get(check.asset_key).partitions_def


def test_no_checked_asset_runs_in_ranges(definitions: dg.Definitions) -> None:
    """A range run would record the check without its partition, so assets with a check take one key a run."""
    graph = definitions.resolve_asset_graph()
    for check in graph.asset_check_keys:
        assert graph.get(check.asset_key).backfill_policy is None


def test_a_lost_check_changes_the_picture(definitions: dg.Definitions) -> None:
    """The picture can fail: the same assets without their checks give another text."""
    bare = dg.Definitions(assets=definitions.assets, resources=definitions.resources)
    assert "quality_gate!" in describe(definitions)
    assert "checks=-" in describe(bare)
    assert "gate!" not in describe(bare)
