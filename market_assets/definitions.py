"""The only place where everything meets: assets, checks, jobs, automation and resources."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.ablation import build_ablation
from market_assets.assets.backtest import build_backtest
from market_assets.assets.bars import bars
from market_assets.assets.champion import build_champion
from market_assets.assets.diagnostics import build_diagnostics
from market_assets.assets.drift import build_drift
from market_assets.assets.features import build_features
from market_assets.assets.fold_models import build_fold_models
from market_assets.assets.gate import build_gate
from market_assets.assets.label_report import build_label_report
from market_assets.assets.label_search import build_label_search
from market_assets.assets.labels import build_labels
from market_assets.assets.leakage import build_leakage
from market_assets.assets.meta_labels import build_meta_labels
from market_assets.assets.predictions import build_predictions
from market_assets.assets.quality import build_quality
from market_assets.assets.second_stage import build_second_stage
from market_assets.assets.sensitivity import build_sensitivity
from market_assets.assets.side_series import side_series
from market_assets.assets.snapshot import snapshot
from market_assets.assets.targets import build_targets
from market_assets.assets.training import build_training
from market_assets.assets.validity import build_validity
from market_assets.automation.conditions import ready
from market_assets.automation.jobs import WHOLE_RUN, build_jobs
from market_assets.automation.schedules import build_schedules
from market_assets.automation.sensors import build_condition_sensor, build_sensors
from market_assets.checks.gates import build_label_check, build_promotion_checks, build_shared_checks
from market_assets.core.features.registry import FAMILIES
from market_assets.experiments.loader import load_data_policy, load_experiments
from market_assets.experiments.spec import DataPolicy, Experiment
from market_assets.resources.wiring import build_executor, build_resources
from market_assets.services.embedded import Endpoints
from market_assets.settings import Settings


def by_hand(experiments: Mapping[str, Experiment]) -> set[dg.AssetKey]:
    """Assets the daemon never requests.

    Fetching is scheduled, sensitivity, ablation, second stage and label search add trials, and no chain reads targets
    and meta-labels; a person starts them.
    """
    targets = {keys.target(name, one) for name, experiment in experiments.items() for one in experiment.targets}
    alone = (keys.sensitivity, keys.ablation, keys.label_search, keys.meta_labels, keys.second_stage)
    own = {key(name) for name in experiments for key in alone}
    return {keys.BARS, keys.SIDE_SERIES} | own | targets


def _chain(experiment: Experiment, policy: DataPolicy) -> list[dg.AssetsDefinition]:
    return [
        build_labels(experiment),
        *build_targets(experiment),
        build_label_report(experiment),
        *build_training(experiment, policy),
        *(build_fold_models(experiment, family) for family in experiment.models),
        *build_diagnostics(experiment),
        *build_predictions(experiment),
        build_meta_labels(experiment),
        build_backtest(experiment),
        build_validity(experiment),
        build_sensitivity(experiment),
        build_ablation(experiment, policy),
        build_second_stage(experiment, policy),
        build_label_search(experiment, policy),
        build_gate(experiment),
        build_champion(experiment, policy),
        build_drift(experiment),
    ]


def _automated(asset: dg.AssetsDefinition, manual: set[dg.AssetKey]) -> dg.AssetsDefinition:
    return asset.map_asset_specs(
        lambda spec: spec if spec.key in manual else spec.replace_attributes(automation_condition=ready())
    )


def build(settings: Settings, endpoints: Endpoints | None = None) -> dg.Definitions:
    """The whole code location for one environment; reading experiment files is all the I/O there is."""
    experiments = load_experiments(settings.experiments)
    policy = load_data_policy(settings.experiments)
    used = [name for name in FAMILIES if any(name in experiment.features for experiment in experiments.values())]
    shared = [
        bars,
        side_series,
        snapshot,
        *build_quality(policy),
        *build_features(),
        build_leakage(policy.leakage, used),
    ]
    chains = [asset for experiment in experiments.values() for asset in _chain(experiment, policy)]
    jobs = build_jobs(experiments)
    whole = next(job for job in jobs if job.name == WHOLE_RUN)
    return dg.Definitions(
        assets=[_automated(asset, by_hand(experiments)) for asset in (*shared, *chains)],
        asset_checks=[
            *build_shared_checks(policy),
            *(build_label_check(experiment) for experiment in experiments.values()),
            *(check for experiment in experiments.values() for check in build_promotion_checks(experiment)),
        ],
        jobs=jobs,
        schedules=build_schedules(experiments, whole),
        sensors=[build_condition_sensor(), *build_sensors(experiments, whole)],
        resources=build_resources(settings, endpoints),
        executor=build_executor(settings),
    )


defs = build(Settings.from_environment())
