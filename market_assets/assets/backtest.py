"""Backtest: out-of-fold predictions as traded books, net of every cost."""

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.display import books, numbers
from market_assets.assets.locks import stored_report
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.predictions import load_out_of_fold
from market_assets.assets.training import load_fold_plan, load_training_set
from market_assets.assets.versions import version_of
from market_assets.core.execution.evaluate import EVALUATION_VERSION, evaluate
from market_assets.core.execution.returns import Returns
from market_assets.experiments.spec import Experiment
from market_assets.partitions import SNAPSHOT
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.warehouse import Warehouse

KIND = "backtest"
_BOOKS = {"neutral": "Market-neutral", "directional": "Directional"}


def load_returns(warehouse: Warehouse, artifacts: Artifacts, snapshot_id: str, experiment: str) -> Returns:
    """Stored net returns of an experiment, verified by digest."""
    report = stored_report(warehouse, KIND, snapshot_id, experiment)
    return Returns.from_bytes(artifacts.store.get(report.payload["artifact"]))


def build_backtest(experiment: Experiment) -> dg.AssetsDefinition:
    """The backtest asset of one experiment."""
    document = experiment.document()

    @dg.asset(
        key=keys.backtest(experiment.name),
        deps=[dg.AssetDep(keys.out_of_fold(experiment.name)), dg.AssetDep(keys.training_set(experiment.name))],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "arrow"},
        owners=[experiment.owner],
        code_version=version_of(code=EVALUATION_VERSION, portfolio=document["portfolio"], costs=document["costs"]),
        description=f"{_BOOKS[experiment.portfolio.mode]} book of every family's walk-forward series and combinatorial "
        "paths, decided at the close, traded at the next open, net of fees, slippage and borrow, beside simple rules."
        "\n\nReturns, drawdowns, turnover (a day) and costs (a year) are shares of capital; Sharpe ratios are annual.",
    )
    def backtest(context: dg.AssetExecutionContext, warehouse: Warehouse, artifacts: Artifacts) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            returns, runs = evaluate(
                load_panel(warehouse, warehouse.snapshots.get(snapshot_id)),
                load_training_set(warehouse, artifacts, snapshot_id, experiment.name),
                load_fold_plan(warehouse, snapshot_id, experiment.name),
                load_out_of_fold(warehouse, artifacts, snapshot_id, experiment.name),
                experiment.portfolio,
                experiment.costs,
            )
            summaries = {name: run.summary(experiment.evaluation.periods_per_year) for name, run in runs.items()}
            payload = {"artifact": artifacts.store.put(returns.to_bytes(), ".arrow"), "summaries": summaries}
            content_hash = warehouse.reports.put(KIND, snapshot_id, experiment.name, payload)
        return dg.MaterializeResult(
            metadata={
                "sessions": len(returns.sessions) - returns.first,
                "books": books(summaries),
                **numbers({f"sharpe_annual_{name}": row["sharpe"] for name, row in summaries.items()}),
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return backtest
