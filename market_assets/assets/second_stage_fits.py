"""The books of a second stage: the trial of each fit before it begins."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from market_assets.assets.fold_models import FoldWork, configuration, machine_of
from market_assets.assets.recording import recorded
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.identity import fingerprint
from market_assets.core.market.panel import Floats
from market_assets.core.models.fold_fit import FOLD_FIT_VERSION, Mask, fit_fold, split_calibration
from market_assets.core.models.registry import family as model_family
from market_assets.core.validity.second_stage import SECOND_STAGE_VERSION, Block, SecondStageSpec
from market_assets.experiments.spec import Experiment
from market_assets.governance.ledger import Trial
from market_assets.resources.clock import Clock
from market_assets.resources.governance import Governance

KIND = "second_stage"


@dataclass(frozen=True)
class StageBook:
    """The fits of a second stage: the trial of each before it begins.

    Parameters
    ----------
    work : walk-forward folds of the primary as it was judged. actor : who stands in the audit log.
    """

    work: FoldWork
    asked: TrainingSet
    governance: Governance
    clock: Clock
    actor: str

    @property
    def spec(self) -> SecondStageSpec:
        return self.work.experiment.second_stage

    def trial(self, block: Block) -> Trial:
        """The fit of one block; what it learns from is in its fingerprint."""
        tried = fingerprint(
            code=SECOND_STAGE_VERSION,
            primary=configuration(self.work.experiment, self.work.family),
            second=second_document(self.work.experiment),
        )
        return Trial(
            snapshot_id=self.work.snapshot_id,
            experiment=self.work.experiment.name,
            family=self.spec.family,
            fold=block.key,
            configuration=tried,
            fingerprint=fingerprint(
                configuration=tried,
                code=FOLD_FIT_VERSION,
                data=self.asked.content_hash(),
                block=asdict(block),
                machine=machine_of(self.spec.family, self.work.compute),
            ),
            params=dict(self.spec.params),
            seed=self.work.compute.seed,
            origin=KIND,
        )

    def fit(self, block: Block, taught: Mask, judged: Mask) -> Floats:
        """P(worth it) of the judged rows, calibrated on the last part of the taught ones.

        Raises
        ------
        NotEnoughDataError
            when there is too little to learn from, before anything is recorded.
        """
        experiment = self.work.experiment
        split_calibration(self.asked, taught, experiment.calibration)
        with recorded([self.trial(block)], self.governance, self.clock, self.actor, primary=self.work.family):
            return fit_fold(
                self.asked,
                taught,
                judged,
                family=self.spec.family,
                params=self.spec.params,
                weights=experiment.weights,
                calibration=experiment.calibration,
                compute=self.work.compute,
                key=f"{KIND}/{block.key}",
                transforms=experiment.transforms,
            ).calibrated


def second_document(experiment: Experiment) -> dict[str, Any]:
    """What shapes the second model, defaults written out, with the version of its family."""
    given = experiment.second_stage
    model = model_family(given.family)
    return {"family": given.family, "version": model.version, "params": model.resolve(given.params)} | {
        "threshold": given.threshold
    }
