"""What features say by themselves, and what the fold models make of them. Read by people: no asset waits for it."""

from collections.abc import Mapping
from dataclasses import asdict

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.diagnostics_display import describe_features, describe_importance
from market_assets.assets.fold_models import configuration, current_fits
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.seeding import compute_for
from market_assets.assets.training import load_fold_plan, load_training_set
from market_assets.assets.versions import version_of
from market_assets.core.diagnostics.family_importance import family_importance
from market_assets.core.diagnostics.feature_report import FEATURE_DIAGNOSTICS_VERSION, diagnose_features
from market_assets.core.diagnostics.importance_report import (
    IMPORTANCE_VERSION,
    columns_of,
    importance_arrays,
    importance_report,
)
from market_assets.core.diagnostics.seen import CLUSTERS
from market_assets.core.features.registry import FAMILIES
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import to_grid
from market_assets.core.models import arrays
from market_assets.experiments.spec import Experiment
from market_assets.partitions import SNAPSHOT, from_snapshot
from market_assets.plots.feature_charts import feature_plots, importance_plots
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.compute import ComputeResource
from market_assets.resources.warehouse import Warehouse

FEATURES_KIND = "feature_diagnostics"
IMPORTANCE_KIND = "importance"


def feature_families(experiment: Experiment) -> dict[str, str]:
    """Family of every feature of the experiment."""
    return {feature: name for name in experiment.features for feature in FAMILIES[name].names}


def build_diagnostics(experiment: Experiment) -> list[dg.AssetsDefinition]:
    """Feature diagnostics and importance of one experiment."""
    spec = asdict(experiment.diagnostics)

    @dg.asset(
        key=keys.feature_diagnostics(experiment.name),
        deps=[dg.AssetDep(keys.training_set(experiment.name)), dg.AssetDep(keys.fold_plan(experiment.name))],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "postgres"},
        owners=[experiment.owner],
        code_version=version_of(code=FEATURE_DIAGNOSTICS_VERSION, spec=spec, seed=experiment.seed),
        description="What each feature says of the return by itself: rank information coefficient with overlap-"
        "corrected t, corrected for all features, by state of the market, over 1 to 20 sessions, and in parts of the "
        "universe that share no symbol. What repeats: clusters of rank correlation and variance inflation. Features "
        "that are redundant, unstable, mostly missing or without information are flagged with the reason."
        "\n\nRows of the training set only; a sealed holdout is not among them. Outcomes of test blocks are: features "
        "chosen by these figures must be judged on later data. Nothing waits for this report.",
    )
    def feature_diagnostics(
        context: dg.AssetExecutionContext, warehouse: Warehouse, artifacts: Artifacts
    ) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            data = load_training_set(warehouse, artifacts, snapshot_id, experiment.name)
            panel = load_panel(warehouse, warehouse.snapshots.get(snapshot_id)).select(data.symbols)
            payload = diagnose_features(
                data,
                load_fold_plan(warehouse, snapshot_id, experiment.name),
                to_grid(adjust(panel)),
                panel.sectors,
                experiment.diagnostics,
                feature_families(experiment),
                experiment.seed,
            )
            payload["plots"] = _store_plots(artifacts, feature_plots(payload))
            content_hash = warehouse.reports.put(FEATURES_KIND, snapshot_id, experiment.name, payload)
        return dg.MaterializeResult(
            metadata={**describe_features(payload), **_links(artifacts, payload["plots"]), **figures},
            data_version=dg.DataVersion(content_hash),
        )

    @dg.asset(
        key=keys.importance(experiment.name),
        deps=[
            dg.AssetDep(keys.fold_plan(experiment.name)),
            *(
                dg.AssetDep(keys.fold_models(experiment.name, family), partition_mapping=from_snapshot())
                for family in experiment.models
            ),
        ],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "postgres"},
        owners=[experiment.owner],
        code_version=version_of(
            code=IMPORTANCE_VERSION,
            spec=spec,
            models=[configuration(experiment, name) for name in experiment.models],
        ),
        description="What the fold models use: gain in every fold, loss on walk-forward test rows when a feature is "
        "shuffled, and exact additive contributions (SHAP). How far the folds agree on it, beyond chance."
        "\n\n`stability` is the index of Nogueira et al. (2018) of the first features by gain: 1 for equal sets, 0 for "
        "random ones. Folds share training rows, so it is high by construction. Behind fitted transforms the columns "
        "are those that the models see: what selection drops in a fold has no gain there, and clusters, whose numbers "
        "mean nothing from fold to fold, stand together. Nothing waits for this report.",
    )
    def importance(
        context: dg.AssetExecutionContext, warehouse: Warehouse, artifacts: Artifacts, compute: ComputeResource
    ) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            data = load_training_set(warehouse, artifacts, snapshot_id, experiment.name)
            plan, settings = load_fold_plan(warehouse, snapshot_id, experiment.name), compute_for(experiment, compute)
            records = warehouse.fits.list(snapshot_id, experiment.name)
            found = {}
            for family in experiment.models:
                fits = current_fits(records, experiment, family, data, plan, settings)
                if missing := sorted({fold.key for fold in plan.folds} - set(fits)):
                    raise dg.Failure(
                        f"{family} fits of {', '.join(missing)} are missing or older than the code or spec; "
                        "materialize its fold models",
                        allow_retries=False,
                    )
                payloads = {fold: artifacts.store.get(record.artifact) for fold, record in fits.items()}
                found[family] = family_importance(
                    family, data, plan, payloads, experiment.calibration, experiment.diagnostics, settings
                )
            groups = {**feature_families(experiment), CLUSTERS: "clusters"}
            payload = importance_report(found, groups, experiment.diagnostics)
            tables = arrays.encode({"features": list(columns_of(found))}, importance_arrays(found))
            payload["tables"] = artifacts.store.put(tables, ".arrays")
            payload["plots"] = _store_plots(artifacts, importance_plots(payload))
            content_hash = warehouse.reports.put(IMPORTANCE_KIND, snapshot_id, experiment.name, payload)
        return dg.MaterializeResult(
            metadata={**describe_importance(payload), **_links(artifacts, payload["plots"]), **figures},
            data_version=dg.DataVersion(content_hash),
        )

    return [feature_diagnostics, importance]


def _store_plots(artifacts: Artifacts, plots: Mapping[str, str]) -> dict[str, str]:
    """Digest of every plot by name."""
    return {name: artifacts.store.put(plot.encode(), ".svg") for name, plot in plots.items()}


def _links(artifacts: Artifacts, plots: Mapping[str, str]) -> dict[str, dg.PathMetadataValue]:
    return {name: dg.MetadataValue.path(str(artifacts.store.path(digest))) for name, digest in plots.items()}
