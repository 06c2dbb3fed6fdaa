"""The refit on the whole training set: named by the gate report, done by the champion, repeated by replay."""

from __future__ import annotations

from market_assets.assets.fold_models import configuration, machine_of
from market_assets.core.compute import Compute
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.identity import fingerprint
from market_assets.core.models.fold_fit import FOLD_FIT_VERSION, FoldFit, refit
from market_assets.experiments.spec import Experiment
from market_assets.governance.ledger import REFIT


def refit_fingerprint(experiment: Experiment, family: str, data_hash: str, compute: Compute) -> str:
    """Identity of the refit on the whole training set; the model version is named by it."""
    return fingerprint(
        configuration=configuration(experiment, family),
        code=FOLD_FIT_VERSION,
        data=data_hash,
        fold=REFIT,
        machine=machine_of(family, compute),
    )


def refit_family(experiment: Experiment, family: str, data: TrainingSet, compute: Compute) -> FoldFit:
    """Fit the chosen family on the whole training set; replay calls this very function."""
    return refit(
        data,
        data.trainable,
        family=family,
        params=dict(experiment.models[family]),
        weights=experiment.weights,
        calibration=experiment.calibration,
        compute=compute,
        transforms=experiment.transforms,
    )
