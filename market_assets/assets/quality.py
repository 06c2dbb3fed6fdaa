"""Data quality: every rule for every symbol, then one report a snapshot that carries the gate."""

from typing import Any

import dagster as dg
import numpy as np

from market_assets.assets import keys
from market_assets.assets.display import describe_partitions
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.versions import version_of
from market_assets.core.gates.quality import quality_gate
from market_assets.core.market.calendar import sessions_of
from market_assets.core.market.panel import Panel
from market_assets.core.quality.report import QualityReport, SymbolQuality, assess
from market_assets.core.quality.rules import RULES_VERSION
from market_assets.experiments.spec import DataPolicy
from market_assets.partitions import SNAPSHOT, SNAPSHOT_SYMBOL, from_snapshot, key_of, part
from market_assets.resources.warehouse import Warehouse
from market_assets.stores.reports import SHARED
from market_assets.stores.snapshots import SnapshotManifest

KIND = "quality"


def symbol_kind(symbol: str) -> str:
    """Report kind of one symbol's quality."""
    return f"{KIND}/{symbol}"


def _sessions_for(warehouse: Warehouse, panel: Panel) -> np.ndarray:
    """Sessions of the whole snapshot: a symbol is judged alike, alone or among all."""
    calendars = {
        record.calendar for record in warehouse.symbols.all(include_retired=True) if record.symbol in panel.symbols
    }
    first, last = (value.astype("datetime64[D]").item() for value in (panel.ts.min(), panel.ts.max()))
    closes = [sessions_of(name, first, last) for name in sorted(calendars)]
    return np.unique(np.concatenate(closes))


def build_quality(policy: DataPolicy) -> list[dg.AssetsDefinition]:
    """The two quality assets under one policy."""
    version = version_of(code=RULES_VERSION, policy=policy.document()["quality"])

    @dg.asset(
        key=keys.QUALITY,
        deps=[dg.AssetDep(keys.SNAPSHOT, partition_mapping=from_snapshot())],
        partitions_def=SNAPSHOT_SYMBOL,
        group_name="data",
        kinds={"numpy", "postgres"},
        owners=["team:data"],
        code_version=version,
        backfill_policy=dg.BackfillPolicy.single_run(),
        description="Daily-bar rules of one symbol in one snapshot: completeness by the exchange's calendar, OHLC "
        "logic, prices, volumes, stale runs, unexplained moves, corporate actions, time zone, look-ahead."
        "\n\n**To fill it:** choose a snapshot and its symbols; a backfill of many symbols is one run. A failed rule "
        "is reported here and judged in `quality_report`. Limits stand in the data policy file, under `quality`.",
    )
    def quality(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        with measured() as figures:
            wanted: dict[str, list[str]] = {}
            for key in context.partition_keys:
                wanted.setdefault(part(key, "snapshot"), []).append(part(key, "symbol"))
            for snapshot_id, symbols in wanted.items():
                manifest = warehouse.snapshots.get(snapshot_id)
                panel = load_panel(warehouse, manifest)
                sessions = _sessions_for(warehouse, panel)
                report = assess(panel.select(require_members(manifest, symbols)), sessions, policy.quality)
                entries = report.to_payload()["symbols"]
                reports = {symbol_kind(entry["symbol"]): {**entry, "version": version} for entry in entries}
                warehouse.reports.put_all(snapshot_id, SHARED, reports)
                pages = {key_of(snapshot=snapshot_id, symbol=entry["symbol"]): _facts(entry) for entry in entries}
                describe_partitions(context, pages)
        return dg.MaterializeResult(metadata={"symbols": len(context.partition_keys), **figures})

    @dg.asset(
        key=keys.QUALITY_REPORT,
        deps=[dg.AssetDep(keys.QUALITY, partition_mapping=from_snapshot())],
        partitions_def=SNAPSHOT,
        group_name="data",
        kinds={"postgres"},
        owners=["team:data"],
        code_version=version,
        description="All symbols of the snapshot in one archived report; its blocking check is the quality gate, and "
        "the training set verifies it again."
        "\n\nThe table `failures` lists every symbol and rule that failed; errors count against the gate, warnings do "
        "not.",
    )
    def quality_report(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        with measured() as figures:
            manifest = warehouse.snapshots.get(context.partition_key)
            entries = []
            kinds = {symbol: symbol_kind(symbol) for symbol in manifest.symbols}
            reports = warehouse.reports.latest_all(kinds.values(), manifest.snapshot_id)
            for symbol, kind in kinds.items():
                stored = reports.get(kind)
                if stored is None or stored.payload.get("version") != version:
                    raise dg.Failure(
                        f"no quality of {symbol} in snapshot {manifest.snapshot_id} under the present rules: "
                        "materialize `quality` for all",
                        allow_retries=False,
                    )
                entries.append(stored.payload)
            payload = QualityReport(
                policy.quality, tuple(SymbolQuality.from_payload(entry) for entry in entries)
            ).to_payload()
            content_hash = warehouse.reports.put(KIND, manifest.snapshot_id, "", payload)
            verdict = quality_gate(payload, policy.quality_gate)
        rows = [
            dg.TableRecord(
                {
                    "symbol": entry["symbol"],
                    "rule": rule["rule"],
                    "severity": rule["severity"],
                    "bars": rule["count"],
                    "example": str(rule["example"] or ""),
                }
            )
            for entry in entries
            for rule in entry["rules"]
            if not rule["passed"]
        ]
        return dg.MaterializeResult(
            metadata={
                "gate_passes": verdict.passed,
                "symbols": len(entries),
                "rules_failed": len(rows),
                **({"failures": dg.MetadataValue.table(rows)} if rows else {}),
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return [quality, quality_report]


def _facts(entry: dict[str, Any]) -> dict[str, str | int]:
    """What the page of one symbol shows."""
    failed = [rule for rule in entry["rules"] if not rule["passed"]]
    return {
        "bars": entry["rows"],
        "rules": len(entry["rules"]),
        "rules_failed": len(failed),
        "errors": sum(rule["severity"] == "error" for rule in failed),
        "rules_failed_names": ", ".join(rule["rule"] for rule in failed) or "none",
    }


def require_members(manifest: SnapshotManifest, symbols: list[str]) -> list[str]:
    """The symbols, if all belong to the snapshot; otherwise a failure that names the strangers."""
    if strangers := sorted(set(symbols) - set(manifest.symbols)):
        raise dg.Failure(
            f"snapshot {manifest.snapshot_id} does not hold {', '.join(strangers)}; choose symbols of the snapshot "
            f"({len(manifest.symbols)}) or cut a new one",
            allow_retries=False,
        )
    return symbols
