"""The second stage: which trades of the best candidate are worth taking. On demand only: every fit is a trial."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import numpy as np

from market_assets.assets import keys
from market_assets.assets.candidate import candidate_of, judged_work
from market_assets.assets.display import text
from market_assets.assets.fold_models import FoldWork, machine_of
from market_assets.assets.locks import leakage_verdict, require
from market_assets.assets.measure import measured
from market_assets.assets.meta_labels import side_cost_bp
from market_assets.assets.panel import load_panel
from market_assets.assets.predictions import load_out_of_fold
from market_assets.assets.second_stage_fits import KIND, StageBook, second_document
from market_assets.assets.seeding import compute_for
from market_assets.assets.versions import version_of
from market_assets.core.folds.primary import panel_rows, primary_predictions
from market_assets.core.identity import fingerprint
from market_assets.core.labels.meta import meta_labels
from market_assets.core.labels.triple_barrier import LABEL_VERSION
from market_assets.core.market.adjust import adjust
from market_assets.core.validity.second_stage import SECOND_STAGE_VERSION, asked_of, blocks_of, second_stage
from market_assets.core.validity.second_stage_report import second_stage_report
from market_assets.experiments.spec import DataPolicy, Experiment
from market_assets.partitions import SNAPSHOT
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse

LIFT = ("figure", "with_it", "without", "lift", "low", "high", "pvalue")
SHOWN = {
    "account": LIFT,
    "forecast": LIFT,
    "reliability": ("lower", "upper", "count", "mean_forecast", "frequency"),
    "blocks": ("key", "taught", "judged", "cause"),
}
"""Columns of every table, in order."""


def build_second_stage(experiment: Experiment, policy: DataPolicy) -> dg.AssetsDefinition:
    """The second-stage asset of one experiment."""
    given = experiment.second_stage
    upstream = (keys.backtest, keys.out_of_fold, keys.fold_plan, keys.training_set)

    @dg.asset(
        key=keys.second_stage(experiment.name),
        deps=[*(dg.AssetDep(key(experiment.name)) for key in upstream), dg.AssetDep(keys.LEAKAGE_REPORT)],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "postgres"},
        owners=[experiment.owner],
        code_version=version_of(code=SECOND_STAGE_VERSION, second=second_document(experiment)),
        description=f"A second model ({given.family}) of which trades of the best candidate are worth taking, net of "
        "costs. Block by block in time: the model that judges a walk-forward block was taught only by out-of-fold "
        "trades that were decided, embargo included, before the block begins. Blocks without enough of them take every "
        f"trade. A trade is taken where P(worth it) is at least {given.threshold:g}."
        "\n\nBoth accounts, with every trade and with those taken, are resampled in pairs; a lift is shown when the "
        "interval of the Sharpe ratio's lies above 0. **On demand only**, by hand or with `market-assets "
        "second-stage`: every fit is a trial in the ledger. Nothing of the chain reads it.",
    )
    def second_stage_asset(
        context: dg.AssetExecutionContext,
        warehouse: Warehouse,
        artifacts: Artifacts,
        governance: Governance,
        compute: ComputeResource,
        clock: Clock,
    ) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            require("leakage", snapshot_id, leakage_verdict(warehouse, snapshot_id, policy, experiment.features))
            work = judged_work(warehouse, artifacts, experiment, snapshot_id, compute_for(experiment, compute))
            known = warehouse.reports.latest(KIND, snapshot_id, experiment.name)
            if known is not None and known.payload["fingerprint"] == _identity(work):
                context.log.info("%s: the second stage of these fits is stored already", work.family)
                payload, content_hash = known.payload, known.content_hash
            else:
                panel = adjust(load_panel(warehouse, warehouse.snapshots.get(snapshot_id)))
                candidate = candidate_of(warehouse, work)
                forecasts = load_out_of_fold(warehouse, artifacts, snapshot_id, experiment.name)
                probability = forecasts[work.family].walk_forward
                primary = primary_predictions(panel, work.data, candidate.plan, probability)
                cost = np.full(panel.n_rows, side_cost_bp(experiment))
                labels = meta_labels(panel, experiment.label, primary, cost, past_only=True)
                asked = asked_of(work.data, probability, labels, panel_rows(panel, work.data))
                book = StageBook(work, asked, governance, clock, context.run.run_id)
                stage = second_stage(asked, blocks_of(candidate.plan, asked.sessions.size), book.fit)
                sizes = _sizes(experiment)
                found = second_stage_report(candidate, probability, asked, stage, given.threshold, sizes)
                payload = {**_head(work), **found, "fits": sum(1 for one in stage.blocks if not one.cause)}
                content_hash = warehouse.reports.put(KIND, snapshot_id, experiment.name, payload)
        return dg.MaterializeResult(
            metadata={
                "best_family": payload["best"],
                "verdict": "lift shown" if payload["shown"] else "no lift shown",
                "cause": payload["cause"] or "-",
                "fits": payload["fits"],
                **{name: _table(rows) for name, rows in rows_of(payload).items() if rows},
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return second_stage_asset


def _sizes(experiment: Experiment) -> dict[str, Any]:
    """Resampling as the gate's."""
    given = experiment.evaluation
    return {"reps": given.bootstrap_reps, "mean_block": given.mean_block, "seed": experiment.seed}


def _head(work: FoldWork) -> dict[str, Any]:
    given = second_document(work.experiment)
    facts = {name: given[name] for name in ("family", "params")}
    return {"version": SECOND_STAGE_VERSION, "fingerprint": _identity(work), "best": work.family, **facts}


def _identity(work: FoldWork) -> str:
    """What the report is made from: the primary's stored fits, the second model, labels and account."""
    document = work.experiment.document()
    return fingerprint(
        code=SECOND_STAGE_VERSION,
        labels=LABEL_VERSION,
        fits=work.wanted,
        second=second_document(work.experiment),
        machine=machine_of(work.experiment.second_stage.family, work.compute),
        **{name: document[name] for name in ("label", "portfolio", "costs", "evaluation", "seed")},
    )


def rows_of(payload: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The report as tables, one record a row: the account, the trades, the forecast, reliability and blocks."""
    given = {
        **{name: payload[name].values() for name in ("account", "forecast")},
        "reliability": payload["reliability"].get("bins", []),
        "blocks": [{**one, "cause": one["cause"] or "-"} for one in payload["blocks"]],
    }
    rows = {name: [{column: one[column] for column in SHOWN[name]} for one in found] for name, found in given.items()}
    return {"trades": [{"figure": name, "value": value} for name, value in payload["trades"].items()], **rows}


def _table(rows: list[dict[str, Any]]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table(
        [
            dg.TableRecord(
                {name: value if isinstance(value, str | int) else text(value) for name, value in row.items()}
            )
            for row in rows
        ]
    )
