"""Labels of one experiment: the triple barrier around every bar."""

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg
import numpy as np
from numpy.typing import NDArray

from market_assets.assets import keys
from market_assets.assets.display import describe_partitions, rounded
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.quality import require_members
from market_assets.assets.stale import require_fingerprints
from market_assets.assets.versions import version_of
from market_assets.core.identity import fingerprint
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.labels.triple_barrier import LABEL_VERSION, Labels, triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets.experiments.spec import Experiment
from market_assets.partitions import SNAPSHOT_SYMBOL, from_snapshot, key_of, part
from market_assets.resources.warehouse import Warehouse
from market_assets.stores.snapshots import SnapshotManifest

COLUMNS = dg.TableSchema(
    columns=[
        dg.TableColumn("defined", "bool", "the label's whole span lies inside the snapshot"),
        dg.TableColumn("label", "smallint", "sign of the realised return; 0 below the minimum return"),
        dg.TableColumn("ret", "double", "realised return, entry to touch, adjusted prices"),
        dg.TableColumn("end_ts", "timestamptz", "when the label was known"),
        dg.TableColumn("barrier", "smallint", "1 profit, -1 stop, 0 vertical"),
    ]
)


def label_fingerprint(content_hash: str, experiment: Experiment, symbol: str) -> str:
    """Wanted identity of one symbol's labels: snapshot rows, label spec, code."""
    return fingerprint(snapshot=content_hash, spec=experiment.document()["label"], version=LABEL_VERSION, symbol=symbol)


def load_labels(
    warehouse: Warehouse, manifest: SnapshotManifest, experiment: Experiment, symbols: Sequence[str]
) -> Labels:
    """The stored labels of a snapshot, row for row with its panel; a stale or missing block is a failure by name."""
    wanted = {symbol: label_fingerprint(manifest.content_hash, experiment, symbol) for symbol in symbols}
    stored = warehouse.labels.fingerprints(manifest.snapshot_id, experiment.name)
    require_fingerprints("labels", wanted, stored)
    return Labels.from_columns(warehouse.labels.read(manifest.snapshot_id, experiment.name, symbols))


@dataclass(frozen=True)
class Counted:
    """Labels of one symbol: how many are down, flat and up, shape (3,), and rows that have none."""

    counts: NDArray[np.int64]
    undefined: int

    def facts(self) -> dict[str, float]:
        """What the page of one symbol shows; a share of nothing is left out."""
        decided = int(self.counts[0] + self.counts[2])
        facts: dict[str, float] = {"undefined_rows": self.undefined, "decided_rows": decided}
        if decided:
            facts["up_share"] = rounded(int(self.counts[2]) / decided)
        return facts


def store_labels(
    warehouse: Warehouse, manifest: SnapshotManifest, experiment: Experiment, symbols: Sequence[str]
) -> dict[str, Counted]:
    """Compute the labels of some symbols and write the months that are not stored; what there is, by symbol."""
    panel = load_panel(warehouse, manifest)
    result = triple_barrier(adjust(panel), experiment.label)
    prints, blocks, found = {}, {}, {}
    for index, name in enumerate(panel.symbols):
        if name in symbols:
            rows = panel.rows(index)
            prints[name] = label_fingerprint(manifest.content_hash, experiment, name)
            blocks[name] = (panel.ts[rows], result.rows(rows))
            defined = result.defined[rows]
            counts = np.bincount(result.label[rows][defined] + 1, minlength=3)
            found[name] = Counted(counts, int((~defined).sum()))
    warehouse.labels.write(manifest.snapshot_id, experiment.name, prints, blocks)
    return found


def build_labels(experiment: Experiment) -> dg.AssetsDefinition:
    """The label asset of one experiment."""
    spec = experiment.label

    @dg.asset(
        key=keys.labels(experiment.name),
        deps=[dg.AssetDep(keys.SNAPSHOT, partition_mapping=from_snapshot())],
        partitions_def=SNAPSHOT_SYMBOL,
        group_name=experiment.name,
        kinds={"numpy", "postgres"},
        owners=[experiment.owner],
        code_version=version_of(code=LABEL_VERSION, spec=experiment.document()["label"]),
        backfill_policy=dg.BackfillPolicy.single_run(),
        metadata={"dagster/column_schema": COLUMNS},
        description=f"Triple-barrier labels: {_rule(spec)}, entry at {spec.entry.replace('_', ' ')}.{_regimes(spec)}"
        "\n\n**To fill it:** choose a snapshot and its symbols; a backfill of many symbols is one run. `labels_*` and "
        "`symbols` count the whole run; a run of few symbols also gives each its `up_share`.",
    )
    def labels(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        counts = np.zeros(3, dtype=np.int64)
        with measured() as figures:
            wanted: dict[str, list[str]] = {}
            for key in context.partition_keys:
                wanted.setdefault(part(key, "snapshot"), []).append(part(key, "symbol"))
            for snapshot_id, symbols in wanted.items():
                manifest = warehouse.snapshots.get(snapshot_id)
                require_members(manifest, symbols)
                found = store_labels(warehouse, manifest, experiment, symbols)
                counts += sum(one.counts for one in found.values())
                pages = {key_of(snapshot=snapshot_id, symbol=name): one.facts() for name, one in found.items()}
                describe_partitions(context, pages)
        return dg.MaterializeResult(
            metadata={
                "symbols": len(context.partition_keys),
                "labels_down": int(counts[0]),
                "labels_flat": int(counts[1]),
                "labels_up": int(counts[2]),
                **figures,
            },
            data_version=dg.DataVersion(fingerprint(snapshots=sorted(wanted), spec=experiment.document()["label"])),
        )

    return labels


def _rule(spec: LabelSpec) -> str:
    """The barriers in words."""
    unit = {"atr": f"x ATR({spec.atr_window})", "ewm": f"x EWM({spec.ewm_span}) deviation", "fixed": "x entry price"}
    of = unit[spec.volatility]
    return f"profit {spec.profit} {of}, stop {spec.stop} {of}, holding {spec.holding} sessions"


def _regimes(spec: LabelSpec) -> str:
    """What is different in which regime, empty where nothing is."""
    if spec.regimes is None:
        return ""
    of = [f"in {name}: {_rule(spec.in_regime(name))}" for name in spec.regimes.changes]
    kind = spec.regimes.kind.replace("_", " ")
    return f" By {kind} regime, as known at the decision bar, {'; '.join(of)}."
