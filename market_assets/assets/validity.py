"""Validity: coverage of the conformal sets by regime and year, stress windows, scorecards."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.backtest import load_returns
from market_assets.assets.display import numbers, text
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.predictions import load_out_of_fold
from market_assets.assets.training import load_fold_plan, load_training_set
from market_assets.assets.versions import version_of
from market_assets.core.gates.collect import best_candidate
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import to_grid
from market_assets.core.validity.assess import VALIDITY_VERSION, assess_validity
from market_assets.experiments.spec import Experiment
from market_assets.partitions import SNAPSHOT
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.warehouse import Warehouse

KIND = "validity"


def build_validity(experiment: Experiment) -> dg.AssetsDefinition:
    """The validity asset of one experiment."""
    document = experiment.document()

    @dg.asset(
        key=keys.validity(experiment.name),
        deps=[
            dg.AssetDep(keys.backtest(experiment.name)),
            dg.AssetDep(keys.out_of_fold(experiment.name)),
            dg.AssetDep(keys.fold_plan(experiment.name)),
        ],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "postgres"},
        owners=[experiment.owner],
        code_version=version_of(code=VALIDITY_VERSION, spec=document["validity"]),
        description="Where the candidates hold and where they do not: coverage of conformal prediction sets by market "
        "regime and year, and the best candidate's net returns in stress windows, by regime, by year and by symbol."
        "\n\n`coverage_gap` is how far the worst slice is from nominal coverage; the promotion gate reads it where the "
        "experiment file sets `max_coverage_gap`. Sharpe ratios are annual, with bootstrap intervals.",
    )
    def validity(context: dg.AssetExecutionContext, warehouse: Warehouse, artifacts: Artifacts) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            data = load_training_set(warehouse, artifacts, snapshot_id, experiment.name)
            panel = load_panel(warehouse, warehouse.snapshots.get(snapshot_id))
            returns = load_returns(warehouse, artifacts, snapshot_id, experiment.name)
            payload = assess_validity(
                to_grid(adjust(panel.select(data.symbols))),
                data,
                load_fold_plan(warehouse, snapshot_id, experiment.name),
                load_out_of_fold(warehouse, artifacts, snapshot_id, experiment.name),
                experiment.portfolio,
                experiment.costs,
                experiment.validity,
                best=best_candidate(returns),
                rules=returns.rules_by_name(),
                seed=experiment.seed,
            )
            content_hash = warehouse.reports.put(KIND, snapshot_id, experiment.name, payload)
        worst = payload["coverage"].get(payload["best"] or "", {}).get("worst") or {}
        return dg.MaterializeResult(
            metadata={
                "best_family": payload["best"] or "none",
                "coverage": _coverage_table(payload["coverage"]),
                **({"cards": _card_table(payload)} if payload["best"] else {}),
                **numbers({"coverage_gap": worst.get("gap")}),
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return validity


def _coverage_table(coverage: Mapping[str, Any]) -> dg.TableMetadataValue:
    """One row a candidate: coverage by method, and the worst slice of the gated one."""
    rows = [
        dg.TableRecord(
            {
                "family": name,
                **{method: text(report["overall"]["coverage"]) for method, report in one["methods"].items()},
                "worst_slice": one["worst"]["slice"] if one["worst"] else "none is large enough",
                "worst_coverage": text(one["worst"]["coverage"] if one["worst"] else None),
            }
        )
        for name, one in coverage.items()
    ]
    return dg.MetadataValue.table(rows)


def _card_table(payload: Mapping[str, Any]) -> dg.TableMetadataValue:
    """Sharpe ratio of the best candidate by regime, by year and in stress."""
    cards = [
        *payload["scorecards"]["by_regime"],
        *payload["scorecards"]["by_year"],
        *(window["inside"] for window in payload["stress"]),
    ]
    rows = [
        dg.TableRecord(
            {
                "slice": f"{card['kind']}: {card['name']}",
                "sessions": card["n"],
                **{name: text(card["figures"][name]) for name in ("sharpe", "sharpe_low", "sharpe_high")},
            }
        )
        for card in cards
    ]
    return dg.MetadataValue.table(rows)
