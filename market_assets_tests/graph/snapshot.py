"""The graph as short sorted text: one line an asset, so that a change of the graph shows as a small diff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import dagster as dg

from market_assets.assets import keys


def _partitions(definition: dg.PartitionsDefinition | None) -> str:
    if definition is None:
        return "-"
    if isinstance(definition, dg.MultiPartitionsDefinition):
        return "|".join(f"{part.name}:{_partitions(part.partitions_def)}" for part in definition.partitions_defs)
    if isinstance(definition, dg.StaticPartitionsDefinition):
        return f"static({len(definition.get_partition_keys())})"
    return "dynamic"


def _mapping(mapping: dg.PartitionMapping | None) -> str:
    return "" if mapping is None else f"({type(mapping).__name__.removesuffix('PartitionMapping')})"


def describe(definitions: dg.Definitions) -> str:
    """Key, group, partitions, kinds, owners, pool, checks and dependencies of every asset, sorted by key."""
    graph = definitions.resolve_asset_graph()
    checks: dict[dg.AssetKey, list[str]] = {}
    for check in graph.asset_check_keys:
        blocking = "!" if graph.get(check).blocking else ""
        checks.setdefault(check.asset_key, []).append(check.name + blocking)
    lines = []
    for node in sorted(graph.asset_nodes, key=lambda item: item.key.to_user_string()):
        spec = node.assets_def.get_asset_spec(node.key)
        deps = sorted(dep.asset_key.to_user_string() + _mapping(dep.partition_mapping) for dep in spec.deps)
        fields = {
            "group": node.group_name,
            "partitions": _partitions(node.partitions_def),
            "kinds": ",".join(sorted(spec.kinds)),
            "owner": ",".join(node.owners),
            "pool": ",".join(sorted(node.pools or ())) or "-",
            "checks": ",".join(sorted(checks.get(node.key, []))) or "-",
            "deps": " ".join(deps) or "-",
        }
        lines.append(" ".join([node.key.to_user_string(), *(f"{name}={value}" for name, value in fields.items())]))
    return "\n".join(lines) + "\n"


def keys_of(
    experiments: dict[str, tuple[str, ...]],
    families: tuple[str, ...],
    targets: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> set[dg.AssetKey]:
    """Every key that ``keys.py`` names: experiments with their model families and targets, and the feature families."""
    per_experiment = (
        keys.labels,
        keys.label_report,
        keys.training_set,
        keys.fold_plan,
        keys.feature_diagnostics,
        keys.importance,
        keys.out_of_fold,
        keys.meta_labels,
        keys.second_stage,
        keys.calibration,
        keys.backtest,
        keys.validity,
        keys.sensitivity,
        keys.ablation,
        keys.label_search,
        keys.gate_report,
        keys.champion,
        keys.drift_report,
    )
    shared = {keys.BARS, keys.SIDE_SERIES, keys.SNAPSHOT, keys.QUALITY, keys.QUALITY_REPORT, keys.LEAKAGE_REPORT}
    return (
        shared
        | {keys.features(name) for name in families}
        | {key(name) for key in per_experiment for name in experiments}
        | {keys.target(name, target) for name, declared in targets.items() for target in declared}
        | {keys.fold_models(name, family) for name, models in experiments.items() for family in models}
    )
