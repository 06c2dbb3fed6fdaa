"""How large a run is, and what of the shipped experiment it leaves out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.light import OPEN_GATES
from market_assets.experiments import loader
from market_assets.experiments.spec import Experiment

SHIPPED = Path(loader.__file__).with_name("direction_daily.yaml")


@dataclass(frozen=True)
class Size:
    """Size of one run.

    Parameters
    ----------
    symbols, years : of the market the chain sees.
    after : years the same market goes on, for the true Sharpe ratio.
    families : of the experiment's model families, by name; None = all of them.
    features : of the experiment's feature families, by name; None = all of them. The cost of a small fit is binning
        its columns, so one family of 90 features takes a third of the time of all four.
    rounds : upper bound of boosting rounds and of trees; everything else is the shipped experiment.
    truth_every : of the null runs that were not promoted, every n-th has its truth measured; 1 = all.
    proof_every : every n-th run repeats the leakage proof, which judges the features and not the market.
    open_gates : thresholds that let everything pass, to see that a broken gate is found.
    """

    symbols: int = 16
    years: float = 4.0
    after: float = 30.0
    families: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = ("technical",)
    rounds: int = 10
    truth_every: int = 5
    proof_every: int = 10
    open_gates: bool = False

    def to_payload(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def reduced(size: Size, seed: int) -> Experiment:
    """The shipped experiment with fewer rounds, trees and features; folds, families, costs and gates are kept."""
    shipped = loader.load_experiment(SHIPPED)
    models = {
        family: {
            name: min(int(value), size.rounds) if name in ("rounds", "trees") else value
            for name, value in given.items()
        }
        for family, given in shipped.models.items()
        if size.families is None or family in size.families
    }
    gates = shipped.gates
    if size.open_gates:
        gates = replace(gates, promotion=replace(gates.promotion, **OPEN_GATES))
    features = shipped.features if size.features is None else size.features
    return replace(shipped, models=models, features=features, gates=gates, seed=seed)
