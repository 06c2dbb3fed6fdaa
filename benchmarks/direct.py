"""The whole chain as plain function calls, in the order of the assets: the lower limit of a run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from market_assets.core.compute import Compute
from market_assets.core.diagnostics.family_importance import family_importance
from market_assets.core.diagnostics.feature_report import diagnose_features
from market_assets.core.diagnostics.importance_report import importance_report
from market_assets.core.execution.evaluate import evaluate
from market_assets.core.features.causality import default_cuts, prove_families
from market_assets.core.features.registry import FAMILIES
from market_assets.core.folds.out_of_fold import FoldPrediction, combine
from market_assets.core.folds.plan import make_plan
from market_assets.core.folds.training_set import Blocks, TrainingSet, assemble
from market_assets.core.folds.verify import violations
from market_assets.core.gates.collect import best_candidate, collect
from market_assets.core.gates.evidence import Evidence
from market_assets.core.gates.promotion import promotion_gate
from market_assets.core.gates.verdict import Verdict
from market_assets.core.labels.report import label_gate, label_report
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.leakage.fitted import prove_fitted
from market_assets.core.market.adjust import adjust
from market_assets.core.market.calendar import sessions_of
from market_assets.core.market.grid import to_grid
from market_assets.core.market.panel import Panel
from market_assets.core.models.fold_run import fit_folds
from market_assets.core.quality.policy import QualityPolicy
from market_assets.core.quality.report import assess
from market_assets.core.validity.assess import assess_validity, coverage_gaps
from market_assets.core.validity.in_sample import in_sample_forecast, last_fold
from market_assets.experiments.spec import Experiment
from market_assets.plots.feature_charts import feature_plots, importance_plots

CALENDAR = "XNYS"
"""Of every synthetic symbol."""


@dataclass
class Clocked:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of a block to a stage."""
        begin = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begin

    @property
    def total(self) -> float:
        """Seconds of all stages."""
        return sum(self.seconds.values())


@dataclass(frozen=True)
class Chain:
    """What a run of the chain leaves: the training set behind the verdict as well as the verdict."""

    data: TrainingSet
    evidence: Evidence
    verdict: Verdict
    clock: Clocked


def feature_blocks(experiment: Experiment, panel: Panel, clock: Clocked) -> Blocks:
    """Names and values of every feature family of the experiment."""
    blocks = {}
    for name in experiment.features:
        with clock.stage(f"features/{name}"):
            blocks[name] = (FAMILIES[name].names, FAMILIES[name].compute(adjust(panel)))
    return blocks


def training_set(experiment: Experiment, panel: Panel, blocks: Blocks, clock: Clocked) -> TrainingSet:
    """Labels beside the features."""
    with clock.stage("labels"):
        labels = triple_barrier(adjust(panel), experiment.label)
    with clock.stage("label_report"):
        label_gate(label_report(adjust(panel), labels), experiment.gates.labels)
    with clock.stage("training_set"):
        return assemble(panel, blocks, labels, experiment.weights, experiment.warmup, experiment.normalization)


def run_chain(
    experiment: Experiment, panel: Panel, compute: Compute, *, proof: bool = True, diagnostics: bool = True
) -> Chain:
    """Quality, features, proof, labels, training set, folds, fits, backtests, gate: no Dagster, no database.

    Without ``proof`` the leakage proof is left out, which judges the features, and without ``diagnostics`` what the
    features say and what the models make of them: nothing reads these results.
    """
    clock = Clocked()
    with clock.stage("quality"):
        first, last = (value.astype("datetime64[D]").item() for value in (panel.ts.min(), panel.ts.max()))
        assess(panel, sessions_of(CALENDAR, first, last), QualityPolicy())
    blocks = feature_blocks(experiment, panel, clock)
    if proof:
        with clock.stage("leakage"):
            prove_families(FAMILIES.values(), panel, default_cuts(panel, 3, 0), 0)
            prove_fitted(0)
    data = training_set(experiment, panel, blocks, clock)
    with clock.stage("fold_plan"):
        plan = make_plan(data, experiment.folds)
        assert not violations(plan, data)
    families_of = {feature: name for name in experiment.features for feature in FAMILIES[name].names}
    if diagnostics:
        with clock.stage("feature_diagnostics"):
            traded, spec = panel.select(data.symbols), experiment.diagnostics
            grid = to_grid(adjust(traded))
            found = diagnose_features(data, plan, grid, traded.sectors, spec, families_of, experiment.seed)
            feature_plots(found)
    masks = {fold.key: (fold.train_rows(data), fold.test_rows(data)) for fold in plan.folds}
    fold, predictions, last_fits, used = last_fold(plan), {}, {}, {}
    for family, params in experiment.models.items():
        with clock.stage(f"fold_models/{family}"):
            fits = fit_folds(
                data,
                masks,
                family=family,
                params=params,
                weights=experiment.weights,
                calibration=experiment.calibration,
                compute=compute,
                transforms=experiment.transforms,
            )
        if diagnostics and not experiment.transforms:
            with clock.stage("importance"):
                payloads, spec = {key: fit.payload for key, fit in fits.items()}, experiment.diagnostics
                used[family] = family_importance(family, data, plan, payloads, experiment.calibration, spec, compute)
        with clock.stage("out_of_fold"):
            parts = {key: FoldPrediction(fit.rows, fit.raw, fit.calibrated) for key, fit in fits.items()}
            predictions[family], last_fits[family] = combine(parts, plan, data), fits[fold.key]
    if diagnostics and not experiment.transforms:
        with clock.stage("importance"):
            importance_plots(importance_report(used, families_of, experiment.diagnostics))
    with clock.stage("backtest"):
        returns, _ = evaluate(panel, data, plan, predictions, experiment.portfolio, experiment.costs)
    families = len(experiment.models)
    with clock.stage("validity"):
        best, inside = best_candidate(returns), None
        if best is not None:
            fit, calibration = last_fits[best], experiment.calibration
            inside = in_sample_forecast(
                data, fold, calibration, family=best, payload=fit.payload, curve=fit.calibrator, compute=compute
            )
        validity = assess_validity(
            to_grid(adjust(panel.select(data.symbols))),
            data,
            plan,
            predictions,
            experiment.portfolio,
            experiment.costs,
            experiment.validity,
            best=best,
            returns=returns,
            evaluation=experiment.evaluation,
            trials=families if experiment.evaluation.deflate_by == "configurations" else families * len(masks),
            seed=experiment.seed,
            in_sample=inside,
        )
    with clock.stage("gate"):
        evidence = collect(
            returns,
            experiment.evaluation,
            trials=len(masks) * families,
            configurations=families,
            seed=experiment.seed,
            coverage=coverage_gaps(validity),
        )
        verdict = promotion_gate(evidence, experiment.gates.promotion)
    return Chain(data, evidence, verdict, clock)


def run_direct(experiment: Experiment, panel: Panel, compute: Compute) -> tuple[Evidence, Verdict, Clocked]:
    """Run the whole chain and return what it found and what it took."""
    chain = run_chain(experiment, panel, compute)
    return chain.evidence, chain.verdict, chain.clock
