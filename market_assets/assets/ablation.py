"""Ablation of feature families: on demand only, because every refit is a trial that the gate counts."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from pydantic import Field

from market_assets.assets import keys
from market_assets.assets.ablation_arms import ArmBook
from market_assets.assets.candidate import candidate_of, judged_work
from market_assets.assets.display import text
from market_assets.assets.fold_models import FoldWork
from market_assets.assets.locks import ABLATION as KIND
from market_assets.assets.locks import leakage_verdict, require
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.predictions import load_out_of_fold
from market_assets.assets.progress import say
from market_assets.assets.seeding import compute_for
from market_assets.assets.versions import version_of
from market_assets.core.errors import BadInputError
from market_assets.core.features.registry import FAMILIES
from market_assets.core.identity import fingerprint
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Floats
from market_assets.core.transforms.spec import ClusterSpec
from market_assets.core.validity.ablation import ABLATION_VERSION, Arm, Lift, ablate, arms, shaping
from market_assets.experiments.spec import DataPolicy, Experiment
from market_assets.partitions import SNAPSHOT
from market_assets.plots.ablation_charts import lift_intervals
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse


class FamilySets(dg.Config):
    """Which families are tried; those a stored report names stay in it, and count in its correction."""

    sets: list[str] = Field(default=[], description="feature families; empty = all but optional ones")


def families_of(experiment: Experiment, sets: Sequence[str] = ()) -> tuple[str, ...]:
    """The families an ablation tries, in the order of the registry.

    Without ``sets`` each of the experiment is left out and each other core one added. A family stays where it is the
    only one, and where fitted transforms name its columns.

    Raises
    ------
    BadInputError
        ``unknown_family``; ``ablation_families`` for one of ``sets`` that must stay.
    """
    if unknown := [name for name in sets if name not in FAMILIES]:
        raise BadInputError("unknown_family", f"unknown feature family {unknown[0]!r}; known: {', '.join(FAMILIES)}")
    own = experiment.features
    named = {name for one in experiment.transforms if isinstance(one, ClusterSpec) for name in one.columns}
    stays = {name for name in own if len(own) == 1 or named & set(FAMILIES[name].names)}
    if fixed := [name for name in sets if name in stays]:
        raise BadInputError("ablation_families", f"{fixed[0]!r} cannot be left out: the experiment needs its columns")
    core = {name for name, family in FAMILIES.items() if family.tier == "core"}
    wanted = set(sets) or (core | set(own)) - stays
    return tuple(name for name in FAMILIES if name in wanted)


def build_ablation(experiment: Experiment, policy: DataPolicy) -> dg.AssetsDefinition:
    """The ablation asset of one experiment."""
    upstream = (keys.backtest, keys.out_of_fold, keys.fold_plan)

    @dg.asset(
        key=keys.ablation(experiment.name),
        deps=[*(dg.AssetDep(key(experiment.name)) for key in upstream), dg.AssetDep(keys.LEAKAGE_REPORT)],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "postgres"},
        owners=[experiment.owner],
        code_version=version_of(code=ABLATION_VERSION),
        pool="gpu",
        description="What each feature family brings to the best candidate: its walk-forward folds are refitted "
        "without a family it has, or with one it has not, and both books and forecasts are resampled in pairs. The "
        "p-value of the Sharpe ratio is corrected by Holm over all families of the report; only a family below 5 % "
        "shows lift, and an optional one may stand in an experiment that names such a report under `switched_on`."
        "\n\n**On demand only**, by hand or with `market-assets ablate`: every refit is a trial in the ledger and "
        "every family a configuration. A gate report judged afterwards deflates by the larger number. Stored refits "
        "are not done again; families of an earlier report stay. Sharpe ratios and means are annual.",
    )
    def ablation(
        context: dg.AssetExecutionContext,
        config: FamilySets,
        warehouse: Warehouse,
        artifacts: Artifacts,
        governance: Governance,
        compute: ComputeResource,
        clock: Clock,
    ) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            wanted = families_of(experiment, config.sets)
            used = (*experiment.features, *wanted)
            require("leakage", snapshot_id, leakage_verdict(warehouse, snapshot_id, policy, used))
            work = judged_work(warehouse, artifacts, experiment, snapshot_id, compute_for(experiment, compute))
            known = warehouse.reports.latest(KIND, snapshot_id, experiment.name)
            if known is not None and known.payload["base"] == _base(work):
                wanted = tuple(name for name in FAMILIES if name in {*known.payload["sets"], *wanted})
            if known is not None and known.payload["fingerprint"] == _identity(work, wanted):
                context.log.info("%s: the ablation of these fits is stored already", work.family)
                payload, content_hash = known.payload, known.content_hash
            else:
                panel = adjust(load_panel(warehouse, warehouse.snapshots.get(snapshot_id)))
                book = ArmBook(
                    work=work,
                    candidate=candidate_of(warehouse, work),
                    panel=panel,
                    warehouse=warehouse,
                    artifacts=artifacts,
                    governance=governance,
                    clock=clock,
                    actor=context.run.run_id,
                )

                tried = arms(experiment.features, wanted)

                def refit(arm: Arm) -> Floats:
                    at = f"family {tried.index(arm) + 1} of {len(tried)}"
                    say(context, f"{at}: {arm.family} {arm.way}, {len(work.folds)} folds of {work.family}")
                    return book.refit(arm)

                base = load_out_of_fold(warehouse, artifacts, snapshot_id, experiment.name)[work.family].walk_forward
                lifts = ablate(book.candidate, base, tried, refit, _sizes(experiment))
                payload = _payload(work, wanted, lifts)
                content_hash = warehouse.reports.put(KIND, snapshot_id, experiment.name, payload)
        shown = [one["family"] for one in payload["lifts"] if one["shown"]]
        plot = artifacts.store.put(lift_intervals(payload).encode(), ".svg")
        return dg.MaterializeResult(
            metadata={
                "best_family": work.family,
                "lift": _table(payload),
                "lift_shown": ", ".join(shown) or "none",
                "refits": payload["refits"],
                "plot_lift": dg.MetadataValue.path(str(artifacts.store.path(plot))),
                "report": content_hash,
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return ablation


def _sizes(experiment: Experiment) -> dict[str, Any]:
    """Resampling as the gate's."""
    given = experiment.evaluation
    return {"reps": given.bootstrap_reps, "mean_block": given.mean_block, "seed": experiment.seed}


def _base(work: FoldWork) -> str:
    """What every family is held against: the stored fits and the account."""
    return fingerprint(code=ABLATION_VERSION, fits=work.wanted, document=shaping(work.experiment.document()))


def _identity(work: FoldWork, wanted: Sequence[str]) -> str:
    return fingerprint(base=_base(work), sets={name: FAMILIES[name].version for name in wanted})


def _payload(work: FoldWork, wanted: Sequence[str], lifts: Sequence[Lift]) -> dict[str, Any]:
    return {
        "version": ABLATION_VERSION,
        "fingerprint": _identity(work, wanted),
        "base": _base(work),
        "best": work.family,
        "seed": work.compute.seed,
        "document": shaping(work.experiment.document()),
        "features": list(work.experiment.features),
        "sets": list(wanted),
        "refits": len(lifts) * len(work.folds),
        "lifts": [{**one.to_payload(), "family_version": FAMILIES[one.arm.family].version} for one in lifts],
    }


def _table(payload: Mapping[str, Any]) -> dg.TableMetadataValue:
    """One row a family: the Sharpe ratio with and without it, and the lift of every figure."""
    rows = []
    for one in payload["lifts"]:
        found = one["figures"]
        sharpe = found.get("sharpe", {})
        rows.append(
            dg.TableRecord(
                {
                    "family": one["family"],
                    "way": one["way"],
                    **{name: text(sharpe.get(name)) for name in ("with_it", "without", "lift", "low", "high")},
                    **{f"lift_{name}": text(found.get(name, {}).get("lift")) for name in ("mean", "auc", "log_loss")},
                    "pvalue": text(one["pvalue"]),
                    "shown": one["shown"],
                    "cause": one["cause"] or "-",
                }
            )
        )
    return dg.MetadataValue.table(rows)
