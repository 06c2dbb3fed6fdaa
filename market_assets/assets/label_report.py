"""The label report: what the labels of a snapshot look like, whether they moved, and the gate they must pass."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.display import numbers, text
from market_assets.assets.labels import load_labels
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.universe import require_universe
from market_assets.assets.versions import version_of
from market_assets.core.labels.report import LABEL_REPORT_VERSION, label_gate, label_report, report_drift
from market_assets.core.labels.triple_barrier import LABEL_VERSION
from market_assets.core.market.adjust import adjust
from market_assets.experiments.spec import Experiment
from market_assets.partitions import SNAPSHOT, from_snapshot
from market_assets.resources.warehouse import Warehouse
from market_assets.stores.reports import StoredReport
from market_assets.stores.snapshots import SnapshotManifest

KIND = "label_report"


def report_identity(experiment: Experiment) -> str:
    """Which labels and which report code a stored report is of; a report of others says nothing."""
    return version_of(code=LABEL_REPORT_VERSION, labels=LABEL_VERSION, spec=experiment.document()["label"])


def build_label_report(experiment: Experiment) -> dg.AssetsDefinition:
    """The label report asset of one experiment, partitioned by snapshot, so that its check keeps its partition."""

    @dg.asset(
        key=keys.label_report(experiment.name),
        deps=[dg.AssetDep(keys.labels(experiment.name), partition_mapping=from_snapshot())],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "postgres"},
        owners=[experiment.owner],
        code_version=report_identity(experiment),
        description="Labels of the snapshot by class, symbol, year, regime and barrier, how long they were held, how "
        "much they overlap, and how they moved since the snapshot before. Its blocking check is the label gate, and "
        "the training set verifies it again."
        "\n\nJudged are the labels that are not flat, because a fit is trained on those: their number after overlap, "
        "their balance, their persistence, and that every regime has some. Thresholds stand in the experiment file, "
        "under `gates.labels`; a move is reported and closes nothing (`drift.labels`).",
    )
    def label_report_asset(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        with measured() as figures:
            manifest = warehouse.snapshots.get(context.partition_key)
            panel = adjust(load_panel(warehouse, manifest))
            require_universe(experiment, panel, manifest.snapshot_id)
            labels = load_labels(warehouse, manifest, experiment, panel.symbols)
            payload = {"identity": report_identity(experiment), **label_report(panel, labels), "drift": None}
            if (before := _before(warehouse, manifest, experiment)) is not None:
                snapshot_id, stored = before
                found = report_drift(stored.payload, payload, labels, panel.ts, experiment.drift.labels)
                payload["drift"] = {"snapshot_id": snapshot_id, **found}
            content_hash = warehouse.reports.put(KIND, manifest.snapshot_id, experiment.name, payload)
        return dg.MaterializeResult(
            metadata={
                "gate_passes": label_gate(payload, experiment.gates.labels).passed,
                **numbers(headline(payload)),
                **tables(payload),
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return label_report_asset


def _before(
    warehouse: Warehouse, manifest: SnapshotManifest, experiment: Experiment
) -> tuple[str, StoredReport] | None:
    """The newest earlier snapshot with a report of the same labels, and that report."""
    earlier = [item for item in warehouse.snapshots.list() if item.as_of < manifest.as_of]
    for item in sorted(earlier, key=lambda one: one.as_of, reverse=True):
        stored = warehouse.reports.latest(KIND, item.snapshot_id, experiment.name)
        if stored is not None and stored.payload.get("identity") == report_identity(experiment):
            return item.snapshot_id, stored
    return None


def headline(payload: Mapping[str, Any]) -> dict[str, float | None]:
    """The figures a reader asks for first."""
    decided, (down, flat, up) = payload["decided"], payload["labels"]["classes"]
    drift = payload["drift"] or {"whole": {"psi": None}, "newest": {"psi": None}}
    return {
        "labels_defined": payload["labels"]["defined"],
        "labels_effective": decided["effective"],
        "down_share": down["share"],
        "flat_share": flat["share"],
        "up_share": up["share"],
        "mean_uniqueness_share": decided["uniqueness"],
        "persistence_kappa": decided["persistence"]["kappa"],
        "sessions_held": payload["holding"]["mean"],
        "psi_whole": drift["whole"]["psi"],
        "psi_newest": drift["newest"]["psi"],
    }


def rows_of(payload: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The report as tables: barriers, years, regimes and symbols, one record a row."""
    years = payload["labels"]["years"]
    regimes = [(kind, name, one) for kind, found in payload["regimes"].items() for name, one in found.items()]
    return {
        "barriers": [{"barrier": name, **figures} for name, figures in payload["barriers"].items()],
        "years": [{"year": year, **_shares(years[year])} for year in sorted(years)],
        "regimes": [{"kind": kind, "regime": name, **_shares(one, ("down", "up"))} for kind, name, one in regimes],
        "symbols": [{"symbol": one["symbol"], "rows": one["rows"], **_shares(one)} for one in payload["symbols"]],
    }


def _shares(figures: Mapping[str, Any], names: tuple[str, ...] = ("down", "flat", "up")) -> dict[str, Any]:
    return {"labels": figures["count"], **dict(zip(names, figures["shares"], strict=True))}


def tables(payload: Mapping[str, Any]) -> dict[str, dg.TableMetadataValue]:
    """The tables of ``rows_of`` for the UI, those without a row left out."""
    return {
        name: dg.MetadataValue.table(
            [dg.TableRecord({key: _cell(value) for key, value in row.items()}) for row in rows]
        )
        for name, rows in rows_of(payload).items()
        if rows
    }


def _cell(value: Any) -> str | int:
    return value if isinstance(value, str | int) else text(value)
