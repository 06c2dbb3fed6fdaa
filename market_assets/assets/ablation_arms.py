"""The books of an ablation: the trials of an arm before it begins, its probabilities after, and nothing done twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from market_assets.assets.fold_models import FoldWork, fit_fingerprint
from market_assets.assets.recording import recorded
from market_assets.core.errors import NotEnoughDataError
from market_assets.core.features.registry import FAMILIES
from market_assets.core.folds import arrow
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.identity import fingerprint
from market_assets.core.market.panel import Floats, Panel
from market_assets.core.validity.ablation import Arm, with_features
from market_assets.core.validity.refits import Candidate, Setting
from market_assets.governance.ledger import Trial
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse

ORIGIN = "ablation"
KEPT = "ablation_arm"
ARM_VERSION = "1"
"""Change with any change of what an arm's probabilities are made of; a new report over stored arms needs no refit."""


@dataclass(frozen=True)
class ArmBook:
    """Refits of one candidate on one snapshot with other feature families.

    Parameters
    ----------
    work : walk-forward folds of the candidate as it was judged; ``panel`` is the adjusted snapshot.
    actor : who stands in the audit log.
    """

    work: FoldWork
    candidate: Candidate
    panel: Panel
    warehouse: Warehouse
    artifacts: Artifacts
    governance: Governance
    clock: Clock
    actor: str

    def refit(self, arm: Arm) -> Floats:
        """Walk-forward probabilities (n,) of an arm, stored or fitted; fits are trials before they begin.

        Raises
        ------
        NotEnoughDataError
            when the arm cannot be fitted; that is stored, too.
        """
        identity = self._identity(arm)
        kept, name = f"{KEPT}/{identity[:24].upper()}", self.work.experiment.name
        stored = self.warehouse.reports.latest(kept, self.work.snapshot_id, name)
        if stored is None or stored.payload["fingerprint"] != identity:
            payload = {"fingerprint": identity, "features": list(arm.features), **self._fitted(arm)}
            self.warehouse.reports.put(kept, self.work.snapshot_id, name, payload)
        else:
            payload = stored.payload
        if payload["artifact"] is None:
            raise NotEnoughDataError(payload["cause"])
        columns, _ = arrow.decode(self.artifacts.store.get(payload["artifact"]))
        return np.array(columns["probability"])

    def trials(self, arm: Arm, data: TrainingSet) -> list[Trial]:
        """The trials of an arm, under the identity they would have if the experiment file named these features."""
        experiment, digest = replace(self.work.experiment, features=arm.features), data.content_hash()
        wanted = {
            name: fit_fingerprint(experiment, self.work.family, digest, fold, self.work.compute)
            for name, fold in self.work.folds.items()
        }
        varied = replace(self.work, experiment=experiment, data=data, wanted=wanted)
        return [replace(trial, origin=ORIGIN) for trial in varied.trials()]

    def _fitted(self, arm: Arm) -> dict[str, Any]:
        experiment = self.work.experiment
        data = with_features(
            self.candidate.data,
            self.panel,
            [FAMILIES[name] for name in arm.features],
            [FAMILIES[name] for name in experiment.features],
            experiment.normalization,
        )
        trials, setting = self.trials(arm, data), Setting(self.candidate.params, self.work.compute.seed)
        try:
            with recorded(trials, self.governance, self.clock, self.actor, features=list(arm.features)):
                found = replace(self.candidate, data=data).refit(setting)
        except NotEnoughDataError as error:
            return {"artifact": None, "cause": str(error)}
        return {"artifact": self.artifacts.store.put(arrow.encode({"probability": found}, {}), ".arrow"), "cause": ""}

    def _identity(self, arm: Arm) -> str:
        """What the probabilities of an arm are made from."""
        return fingerprint(
            code=ARM_VERSION,
            fits=self.work.wanted,
            features=list(arm.features),
            family=arm.family,
            version=FAMILIES[arm.family].version,
        )
