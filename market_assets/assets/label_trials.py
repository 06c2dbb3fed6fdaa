"""The books of a label search: a trial before it begins, its figures after, and nothing done twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from market_assets.assets.recording import recorded
from market_assets.core.errors import NotEnoughDataError
from market_assets.core.identity import fingerprint
from market_assets.core.labels.horizon import DirectionSpec
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.labels.triple_barrier import LABEL_VERSION
from market_assets.core.search.bets import Window, bets
from market_assets.core.search.label_score import LabelFigures, ScoreSpec, score
from market_assets.core.search.label_search import LABEL_SEARCH_VERSION
from market_assets.core.search.label_space import LabelSearchSpec, SearchLabel
from market_assets.experiments.spec import Experiment
from market_assets.governance.ledger import Trial
from market_assets.resources.clock import Clock
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse

ORIGIN = "label_search"
KEPT = "label_trial"


@dataclass(frozen=True)
class LabelBook:
    """Trials of one signal on one snapshot.

    Parameters
    ----------
    family : who gives the signal; ``signal`` is the identity of its configuration.
    data : hash of bars and signal.
    """

    experiment: Experiment
    snapshot_id: str
    family: str
    signal: str
    data: str
    warehouse: Warehouse
    governance: Governance
    clock: Clock
    actor: str

    @property
    def side_bp(self) -> float:
        """Cost of one side of a trade in basis points: fee and slippage of the smallest order."""
        return 1e4 * self.experiment.costs.fee_rate + self.experiment.costs.slippage[0][1]

    @property
    def sizes(self) -> ScoreSpec:
        """Resampling as the gate's."""
        given = self.experiment.evaluation
        return ScoreSpec(reps=given.bootstrap_reps, mean_block=given.mean_block)

    def identity(self, trials: int) -> str:
        """What a report was made from."""
        space = TypeAdapter(LabelSearchSpec).dump_python(self.experiment.label_search, mode="json")
        return fingerprint(trials=trials, scored=self._scored(), space=space)

    def stated(self, label: SearchLabel) -> dict[str, Any]:
        """The label as the ``label`` block of an experiment file would state it."""
        entry = self.experiment.label.entry
        if label.kind == "simple":
            return TypeAdapter(DirectionSpec).dump_python(label.direction(entry), mode="json")
        return TypeAdapter(LabelSpec).dump_python(label.barriers(entry, 0.0), mode="json")

    def figures(self, label: SearchLabel, part: str, window: Window) -> LabelFigures:
        """Figures of a label on a window, stored or computed; computed ones are a trial before they begin.

        Raises
        ------
        NotEnoughDataError
            when the label cannot be scored there; that is stored, too.
        """
        trial = self._trial(label, part)
        kept = f"{KEPT}/{trial.fingerprint[:24].upper()}"
        stored = self.warehouse.reports.latest(kept, self.snapshot_id, self.experiment.name)
        if stored is None or stored.payload["fingerprint"] != trial.fingerprint:
            payload = {
                "fingerprint": trial.fingerprint,
                "label": label.document(),
                **self._computed(trial, label, window),
            }
            self.warehouse.reports.put(kept, self.snapshot_id, self.experiment.name, payload)
        else:
            payload = stored.payload
        if payload["figures"] is None:
            raise NotEnoughDataError(payload["cause"])
        return LabelFigures(**payload["figures"])

    def _computed(self, trial: Trial, label: SearchLabel, window: Window) -> dict[str, Any]:
        entry, costs = self.experiment.label.entry, self.experiment.costs
        try:
            with recorded([trial], self.governance, self.clock, self.actor, label=label.name):
                found = bets(window.panel, label, entry, costs)
                figures = score(window, found, label.horizon, self.sizes, self.experiment.seed)
        except NotEnoughDataError as error:
            return {"figures": None, "cause": str(error)}
        return {"figures": figures.to_payload(), "cause": ""}

    def _scored(self) -> dict[str, Any]:
        """Everything that shapes the figures of a trial, but the label and the window."""
        document, space = self.experiment.document(), self.experiment.label_search
        return {
            "code": [LABEL_SEARCH_VERSION, LABEL_VERSION],
            "signal": self.signal,
            "data": self.data,
            "entry": self.experiment.label.entry,
            "costs": document["costs"],
            "sizes": [self.sizes.reps, self.sizes.mean_block, self.experiment.seed],
            "windows": [space.share, space.selection, space.horizon[1]],
        }

    def _trial(self, label: SearchLabel, part: str) -> Trial:
        """The same label is one configuration, whatever the window it is looked at in."""
        space = self.experiment.label_search
        tried = fingerprint(signal=self.signal, share=space.share, label=self.stated(label))
        return Trial(
            snapshot_id=self.snapshot_id,
            experiment=self.experiment.name,
            family=self.family,
            fold=part,
            configuration=tried,
            fingerprint=fingerprint(configuration=tried, scored=self._scored(), window=part),
            params=label.document(),
            seed=self.experiment.seed,
            origin=ORIGIN,
        )
