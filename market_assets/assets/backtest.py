"""Backtest: out-of-fold predictions as traded books, net of every cost."""

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.locks import stored_report
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.predictions import load_out_of_fold
from market_assets.assets.training import load_fold_plan, load_training_set
from market_assets.assets.versions import version_of
from market_assets.core.execution.evaluate import EVALUATION_VERSION, evaluate
from market_assets.core.execution.returns import Returns
from market_assets.core.statistics.performance import Figures
from market_assets.experiments.spec import Experiment
from market_assets.partitions import SNAPSHOT
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.warehouse import Warehouse

KIND = "backtest"


def load_returns(warehouse: Warehouse, artifacts: Artifacts, snapshot_id: str, experiment: str) -> Returns:
    """Stored net returns of an experiment, verified by digest."""
    report = stored_report(warehouse, KIND, snapshot_id, experiment)
    return Returns.from_bytes(artifacts.store.get(report.payload["artifact"]))


def _shown(row: Figures) -> dict[str, str]:
    return {key: "-" if value is None else f"{value:.4g}" for key, value in row.items()}


def build_backtest(experiment: Experiment) -> dg.AssetsDefinition:
    """The backtest asset of one experiment."""
    document = experiment.document()

    @dg.asset(
        key=keys.backtest(experiment.name),
        deps=[dg.AssetDep(keys.out_of_fold(experiment.name)), dg.AssetDep(keys.training_set(experiment.name))],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numba"},
        owners=[experiment.owner],
        code_version=version_of(code=EVALUATION_VERSION, portfolio=document["portfolio"], costs=document["costs"]),
        description=f"Every family's walk-forward series and combinatorial paths as a {experiment.portfolio.mode} "
        "book, decided at the close, traded at the next open, net of fees, slippage and borrow, beside simple rules.",
    )
    def backtest(context: dg.AssetExecutionContext, warehouse: Warehouse, artifacts: Artifacts) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            returns, books = evaluate(
                load_panel(warehouse, warehouse.snapshots.get(snapshot_id)),
                load_training_set(warehouse, artifacts, snapshot_id, experiment.name),
                load_fold_plan(warehouse, snapshot_id, experiment.name),
                load_out_of_fold(warehouse, artifacts, snapshot_id, experiment.name),
                experiment.portfolio,
                experiment.costs,
            )
            summaries = {name: run.summary(experiment.evaluation.periods_per_year) for name, run in books.items()}
            payload = {"artifact": artifacts.store.put(returns.to_bytes(), ".arrow"), "summaries": summaries}
            content_hash = warehouse.reports.put(KIND, snapshot_id, experiment.name, payload)
        table = [dg.TableRecord({"name": name, **_shown(row)}) for name, row in summaries.items()]
        return dg.MaterializeResult(
            metadata={
                "sessions": len(returns.sessions) - returns.first,
                "books": dg.MetadataValue.table(table),
                **{
                    f"sharpe_{name}": sharpe for name, row in summaries.items() if (sharpe := row["sharpe"]) is not None
                },
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return backtest
