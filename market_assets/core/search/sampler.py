"""Ask and tell with Optuna (Akiba et al. 2019): a seeded sampler, so that the same scores give the same trials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from market_assets.core.search.label_space import LabelSearchSpec, SearchLabel

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class Asked:
    """One trial: its number from 0, the label, and the way to give its score back (None where it has none)."""

    number: int
    label: SearchLabel
    tell: Callable[[float | None], None]


def proposals(space: LabelSearchSpec, trials: int, seed: int) -> Iterator[Asked]:
    """Labels to try, one after the other; each must be told before the next is asked.

    The sampler is the tree-structured Parzen estimator (Bergstra et al. 2011). It depends on the seed and on what was
    told, nothing else: a search that is told stored scores goes on where it stopped, and a longer one begins with the
    same trials. A label may be proposed twice.
    """
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
        for number in range(trials):
            trial = study.ask()

            def tell(value: float | None, trial: optuna.trial.Trial = trial) -> None:
                if value is None:
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)
                else:
                    study.tell(trial, value)

            yield Asked(number, _label(trial, space), tell)
    finally:
        optuna.logging.set_verbosity(level)


def _label(trial: optuna.trial.Trial, space: LabelSearchSpec) -> SearchLabel:
    """Every parameter is suggested in every trial, so that the estimator sees one space; unused ones are dropped."""
    kind = trial.suggest_categorical("kind", list(space.kinds))
    horizon = trial.suggest_int("horizon", *space.horizon)
    profit, stop = (
        trial.suggest_int(name, *(round(bound / space.step) for bound in bounds))
        for name, bounds in (("profit", space.profit), ("stop", space.stop))
    )
    if kind == "simple":
        return SearchLabel("simple", horizon)
    return SearchLabel("triple_barrier", horizon, round(profit * space.step, 9), round(stop * space.step, 9))
