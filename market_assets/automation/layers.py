"""The graph as a short list of runs: which assets share a run, and over which partitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from market_assets.assets import keys
from market_assets.core.folds.plan import fold_keys
from market_assets.experiments.spec import Experiment
from market_assets.partitions import key_of, part


@dataclass(frozen=True)
class Layer:
    """One run: assets that share a partitioning, the first and last key of its range, and the form of its steps."""

    name: str
    assets: tuple[dg.AssetKey, ...]
    first: str
    last: str
    ops: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tags(self) -> dict[str, str]:
        """What the list of runs can be filtered by: layer, experiment and snapshot."""
        tags = {"market_assets/layer": self.name}
        if experiments := sorted({name for key in self.assets if (name := keys.experiment_of(key))}):
            tags["market_assets/experiment"] = ",".join(experiments)
        if isinstance(self.first, dg.MultiPartitionKey):
            tags["market_assets/snapshot"] = part(self.first, "snapshot")
        elif not {keys.BARS, keys.SIDE_SERIES} & set(self.assets):
            tags["market_assets/snapshot"] = self.first
        return tags


def contiguous(wanted: Sequence[str], registered: Sequence[str]) -> Iterator[tuple[str, str]]:
    """First and last name of every unbroken stretch of ``wanted`` in registration order.

    Dagster's ranges over dynamic keys follow insertion order and include whatever lies between.
    """
    members = set(wanted)
    stretch: list[str] = []
    for name in (*registered, None):
        if name in members:
            stretch.append(str(name))
        elif stretch:
            yield stretch[0], stretch[-1]
            stretch = []


def bar_layers(symbols: Sequence[str], registered: Sequence[str]) -> list[Layer]:
    """Runs that fetch the bars of the named symbols."""
    return [Layer("bars", (keys.BARS,), first, last) for first, last in contiguous(symbols, registered)]


def side_layers(series: Sequence[str], registered: Sequence[str]) -> list[Layer]:
    """Runs that fetch the named side series."""
    return [Layer("side", (keys.SIDE_SERIES,), first, last) for first, last in contiguous(series, registered)]


def quality_layers(snapshot_id: str, symbols: Sequence[str], registered: Sequence[str]) -> list[Layer]:
    """Runs from a cut snapshot to the quality report alone."""
    return [
        Layer("snapshot", (keys.SNAPSHOT,), snapshot_id, snapshot_id),
        *(
            Layer(
                "quality",
                (keys.QUALITY,),
                key_of(snapshot=snapshot_id, symbol=first),
                key_of(snapshot=snapshot_id, symbol=last),
            )
            for first, last in contiguous(symbols, registered)
        ),
        Layer("report", (keys.QUALITY_REPORT,), snapshot_id, snapshot_id),
    ]


def graph_layers(
    snapshot_id: str, symbols: Sequence[str], registered: Sequence[str], experiment: Experiment
) -> list[Layer]:
    """Runs from a cut snapshot to the gate report; the champion is a run of its own, behind the gate."""
    name = experiment.name
    per_symbol = (keys.QUALITY, *(keys.features(family) for family in experiment.features), keys.labels(name))
    folds = fold_keys(experiment.folds)
    return [
        Layer("snapshot", (keys.SNAPSHOT,), snapshot_id, snapshot_id),
        *(
            Layer(
                "symbols",
                per_symbol,
                key_of(snapshot=snapshot_id, symbol=first),
                key_of(snapshot=snapshot_id, symbol=last),
            )
            for first, last in contiguous(symbols, registered)
        ),
        Layer(
            "training",
            (
                keys.QUALITY_REPORT,
                keys.LEAKAGE_REPORT,
                keys.label_report(name),
                keys.training_set(name),
                keys.fold_plan(name),
                keys.feature_diagnostics(name),
            ),
            snapshot_id,
            snapshot_id,
        ),
        *(
            Layer(
                family,
                (keys.fold_models(name, family),),
                key_of(snapshot=snapshot_id, fold=folds[0]),
                key_of(snapshot=snapshot_id, fold=folds[-1]),
            )
            for family in experiment.models
        ),
        Layer(
            "gate",
            (
                keys.importance(name),
                keys.out_of_fold(name),
                keys.calibration(name),
                keys.backtest(name),
                keys.validity(name),
                keys.gate_report(name),
            ),
            snapshot_id,
            snapshot_id,
        ),
    ]


def champion_layer(snapshot_id: str, experiment: Experiment) -> Layer:
    """The gated run."""
    return Layer("champion", (keys.champion(experiment.name),), snapshot_id, snapshot_id)


def target_layers(
    snapshot_id: str, symbols: Sequence[str], registered: Sequence[str], experiment: Experiment
) -> list[Layer]:
    """Runs that make every declared target; on demand only, because no chain reads them."""
    wanted = tuple(keys.target(experiment.name, name) for name in experiment.targets)
    return [
        Layer("targets", wanted, key_of(snapshot=snapshot_id, symbol=first), key_of(snapshot=snapshot_id, symbol=last))
        for first, last in contiguous(symbols if wanted else (), registered)
    ]


def meta_layer(snapshot_id: str, experiment: Experiment) -> Layer:
    """The run of the meta-labels, after the out-of-fold predictions; on demand only."""
    return Layer("meta", (keys.meta_labels(experiment.name),), snapshot_id, snapshot_id)


def second_stage_layer(snapshot_id: str, experiment: Experiment) -> Layer:
    """The run of the second stage; on demand only, because each of its fits is a trial."""
    return Layer("second stage", (keys.second_stage(experiment.name),), snapshot_id, snapshot_id)


def sensitivity_layer(snapshot_id: str, experiment: Experiment) -> Layer:
    """The run of the sensitivity report; on demand only, because each of its refits is a trial."""
    return Layer("sensitivity", (keys.sensitivity(experiment.name),), snapshot_id, snapshot_id)


def ablation_layer(snapshot_id: str, experiment: Experiment, sets: Sequence[str] = ()) -> Layer:
    """The run of the ablation of the named feature families, or of all but optional ones; on demand only."""
    key = keys.ablation(experiment.name)
    form = {key.to_python_identifier(): {"config": {"sets": list(sets)}}}
    return Layer("ablation", (key,), snapshot_id, snapshot_id, form)


def label_search_layer(snapshot_id: str, experiment: Experiment, trials: int = 0) -> Layer:
    """The run of the label search, of so many trials or of as many as the experiment file says; on demand only."""
    key = keys.label_search(experiment.name)
    form = {key.to_python_identifier(): {"config": {"trials": trials}}}
    return Layer("label search", (key,), snapshot_id, snapshot_id, form)
