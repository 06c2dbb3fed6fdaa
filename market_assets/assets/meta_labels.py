"""Meta-labels: which trades of each family's out-of-fold forecasts were worth taking, net of costs."""

from typing import Any

import dagster as dg
import numpy as np

from market_assets.assets import keys
from market_assets.assets.display import text
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.predictions import load_out_of_fold
from market_assets.assets.training import load_fold_plan, load_training_set
from market_assets.assets.versions import version_of
from market_assets.core.folds.primary import primary_predictions
from market_assets.core.labels.meta import meta_labels
from market_assets.core.labels.meta_set import META_VERSION, MetaSet
from market_assets.core.labels.regimes import REGIMES
from market_assets.core.labels.triple_barrier import LABEL_VERSION
from market_assets.core.market.adjust import adjust
from market_assets.core.validity.rivals import round_trip
from market_assets.experiments.spec import Experiment
from market_assets.partitions import SNAPSHOT
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.warehouse import Warehouse

KIND = "meta_labels"
SHOWN = ("behaviour", "market")
"""Kinds of regime in the table of base rates."""
COLUMNS = dg.TableSchema(
    columns=[
        dg.TableColumn("row", "int64", "row of the snapshot's panel"),
        dg.TableColumn("code", "int32", "number of the symbol in the snapshot"),
        dg.TableColumn("t0", "timestamp", "close of the decision bar, UTC"),
        dg.TableColumn("t1", "timestamp", "bar that decided the trade: folds purge up to here"),
        dg.TableColumn("side", "int8", "1 long, -1 short, as the primary model said"),
        dg.TableColumn("label", "int8", "1 where the trade earned something net of costs, else 0"),
        dg.TableColumn("ret", "double", "net return of the trade"),
        dg.TableColumn("barrier", "int8", "1 profit, -1 stop, 0 vertical, seen from the trade"),
    ]
)


def side_cost_bp(experiment: Experiment) -> float:
    """Cost of one side of a trade in basis points: the label's own, else that of the account's smallest orders."""
    return experiment.label.cost_bp or round_trip(experiment.costs) / 2.0 * 1e4


def build_meta_labels(experiment: Experiment) -> dg.AssetsDefinition:
    """The meta-label asset of one experiment."""
    document = experiment.document()

    @dg.asset(
        key=keys.meta_labels(experiment.name),
        deps=[
            dg.AssetDep(keys.out_of_fold(experiment.name)),
            dg.AssetDep(keys.fold_plan(experiment.name)),
            dg.AssetDep(keys.training_set(experiment.name)),
        ],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "arrow"},
        owners=[experiment.owner],
        code_version=version_of(
            code=META_VERSION, labels=LABEL_VERSION, label=document["label"], costs=document["costs"]
        ),
        metadata={"dagster/column_schema": COLUMNS},
        description="Second stage: for every family, which trades on the side of its walk-forward forecast earned "
        "something net of costs. Barriers are those of the label, turned to the side of the trade. Refused where a "
        "fold knew a label that overlaps a trade it forecast."
        "\n\n**On demand**, by hand or with `market-assets labels --meta`. The table `base_rates` shows the share of "
        "trades worth taking, which a second-stage model has to beat, by family, side and regime.",
    )
    def meta_label_asset(
        context: dg.AssetExecutionContext, warehouse: Warehouse, artifacts: Artifacts
    ) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            panel = adjust(load_panel(warehouse, warehouse.snapshots.get(snapshot_id)))
            data = load_training_set(warehouse, artifacts, snapshot_id, experiment.name)
            plan = load_fold_plan(warehouse, snapshot_id, experiment.name)
            cost = np.full(panel.n_rows, side_cost_bp(experiment))
            regimes = {kind: REGIMES[kind](panel) for kind in SHOWN}
            digests, rates = {}, {}
            for family, part in load_out_of_fold(warehouse, artifacts, snapshot_id, experiment.name).items():
                primary = primary_predictions(panel, data, plan, part.walk_forward)
                labels = meta_labels(panel, experiment.label, primary, cost, past_only=True)
                found = MetaSet.of(panel, labels, primary.side)
                digests[family] = artifacts.store.put(found.to_bytes(), ".arrow")
                rates[family] = {
                    "overall": found.rates(),
                    **{kind: _regimes(found.rates(one), one.names) for kind, one in regimes.items()},
                }
            payload = {
                "version": META_VERSION,
                "training_set": data.content_hash(),
                "cost_bp": side_cost_bp(experiment),
                "artifacts": digests,
                "rates": rates,
            }
            content_hash = warehouse.reports.put(KIND, snapshot_id, experiment.name, payload)
        return dg.MaterializeResult(
            metadata={"families": len(rates), "base_rates": _table(payload), **figures},
            data_version=dg.DataVersion(content_hash),
        )

    return meta_label_asset


def _regimes(rates: dict[str, dict[str, Any]], names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    return {name: rates[name] for name in names}


def rows_of(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The base rates, one record a family and group."""
    return [
        {"family": family, "by": by, "group": group, **figures}
        for family, kinds in payload["rates"].items()
        for by, groups in kinds.items()
        for group, figures in groups.items()
    ]


def _table(payload: dict[str, Any]) -> dg.TableMetadataValue:
    shown = [
        {name: value if isinstance(value, str | int) else text(value) for name, value in row.items()}
        for row in rows_of(payload)
    ]
    return dg.MetadataValue.table([dg.TableRecord(row) for row in shown])
