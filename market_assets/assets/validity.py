"""Validity: coverage of the conformal sets, stress windows, scorecards, second opinions, and the in-sample gap."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import numpy as np
from numpy.typing import NDArray

from market_assets.assets import keys
from market_assets.assets.backtest import load_returns
from market_assets.assets.display import numbers, text
from market_assets.assets.fold_models import current_fits
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.predictions import load_out_of_fold
from market_assets.assets.seeding import compute_for
from market_assets.assets.training import load_fold_plan, load_training_set
from market_assets.assets.versions import version_of
from market_assets.core.compute import Compute
from market_assets.core.folds.plan import FoldPlan
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.gates.collect import best_candidate
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import to_grid
from market_assets.core.models.calibration import Calibrator
from market_assets.core.validity.assess import VALIDITY_VERSION, assess_validity
from market_assets.core.validity.in_sample import in_sample_forecast, last_fold
from market_assets.experiments.spec import Experiment
from market_assets.partitions import SNAPSHOT
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
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
        code_version=version_of(code=VALIDITY_VERSION, spec=document["validity"], sizes=document["evaluation"]),
        description="Where the candidates hold and where they do not: coverage of conformal prediction sets by market "
        "regime and year, and the best candidate's net returns in stress windows, by regime, by year and by symbol. "
        "Second opinions on it: the selection statistics that the gate does not read, and its in-sample Sharpe ratio."
        "\n\n`coverage_gap` is how far the worst slice is from nominal coverage; the promotion gate reads it where the "
        "experiment file sets `max_coverage_gap`. Sharpe ratios are annual, with bootstrap intervals. Second opinions "
        "and `sample_drop`, the share of the in-sample Sharpe ratio that is lost out of sample, are never gated.",
    )
    def validity(
        context: dg.AssetExecutionContext,
        warehouse: Warehouse,
        artifacts: Artifacts,
        governance: Governance,
        compute: ComputeResource,
    ) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            data = load_training_set(warehouse, artifacts, snapshot_id, experiment.name)
            panel = load_panel(warehouse, warehouse.snapshots.get(snapshot_id))
            plan = load_fold_plan(warehouse, snapshot_id, experiment.name)
            returns = load_returns(warehouse, artifacts, snapshot_id, experiment.name)
            best, count, inside = best_candidate(returns), governance.ledger().count(snapshot_id), None
            if best is not None:
                settings = compute_for(experiment, compute)
                inside = _in_sample(warehouse, artifacts, experiment, snapshot_id, best, data, plan, settings)
            payload = assess_validity(
                to_grid(adjust(panel.select(data.symbols))),
                data,
                plan,
                load_out_of_fold(warehouse, artifacts, snapshot_id, experiment.name),
                experiment.portfolio,
                experiment.costs,
                experiment.validity,
                best=best,
                returns=returns,
                evaluation=experiment.evaluation,
                trials=count.configurations if experiment.evaluation.deflate_by == "configurations" else count.fits,
                seed=experiment.seed,
                in_sample=inside,
            )
            content_hash = warehouse.reports.put(KIND, snapshot_id, experiment.name, payload)
        worst = payload["coverage"].get(payload["best"] or "", {}).get("worst") or {}
        lost = (payload.get("sample_gap") or {}).get("drop")
        return dg.MaterializeResult(
            metadata={
                "best_family": payload["best"] or "none",
                "coverage": _coverage_table(payload["coverage"]),
                **(_best_tables(payload) if payload["best"] else {}),
                **numbers({"coverage_gap": worst.get("gap"), "sample_drop": lost}),
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return validity


def _in_sample(
    warehouse: Warehouse,
    artifacts: Artifacts,
    experiment: Experiment,
    snapshot_id: str,
    best: str,
    data: TrainingSet,
    plan: FoldPlan,
    compute: Compute,
) -> NDArray[np.float64] | None:
    """Forecasts of the best candidate's last walk-forward model on its own training rows; None = it is not stored."""
    fold = last_fold(plan)
    records = warehouse.fits.list(snapshot_id, experiment.name, best)
    record = current_fits(records, experiment, best, data, plan, compute).get(fold.key)
    if record is None:
        return None
    return in_sample_forecast(
        data,
        fold,
        experiment.calibration,
        family=best,
        payload=artifacts.store.get(record.artifact),
        curve=Calibrator.from_payload(record.calibrator),
        compute=compute,
    )


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


def _best_tables(payload: Mapping[str, Any]) -> dict[str, dg.TableMetadataValue]:
    """Tables of the best candidate: its cards, the second opinions on it, and the candidates as tests."""
    asked = payload["second_opinions"]
    opinions = [
        dg.TableRecord({"figure": name, "value": text(value), "cause": asked["causes"].get(name, "")})
        for name, value in asked["figures"].items()
    ]
    tests = [
        dg.TableRecord({key: value if isinstance(value, str) else _shown(value) for key, value in one.items()})
        for one in asked["tests"]["candidates"]
    ]
    return {
        "cards": _card_table(payload),
        "second_opinions": dg.MetadataValue.table(opinions),
        "candidate_tests": dg.MetadataValue.table(tests),
    }


def _shown(value: float | bool | None) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else text(value)


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
