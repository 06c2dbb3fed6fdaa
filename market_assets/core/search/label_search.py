"""The label search (B11): tried on earlier sessions, ranked, deflated by the number of trials, judged on later ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.search.label_score import LabelFigures
from market_assets.core.search.label_space import LabelSearchSpec, SearchLabel
from market_assets.core.search.sampler import proposals
from market_assets.core.statistics.deflated import expected_max
from market_assets.core.statistics.multiplicity import sidak

LABEL_SEARCH_VERSION = "1"


@dataclass(frozen=True)
class LabelTrial:
    """One trial; ``figures`` is None with the ``cause`` where the label could not be scored."""

    number: int
    label: SearchLabel
    figures: LabelFigures | None
    cause: str = ""


@dataclass(frozen=True)
class Deflated:
    """One label after the search.

    ``pvalue`` is that of its lift for so many independent trials (Sidak). ``probability`` that its lift exceeds the
    best one expected of so many worthless labels is the deflated Sharpe ratio (Bailey & Lopez de Prado 2014) with t
    for the ratio: Phi(t - E[max]). E[max] has variance 1, that of a worthless label's t: the spread between labels of
    different worth is skill and must not raise the hurdle.
    """

    hurdle: float
    pvalue: float
    probability: float


Evaluate = Callable[[int, SearchLabel], LabelFigures]


def search_labels(space: LabelSearchSpec, trials: int, seed: int, evaluate: Evaluate) -> tuple[LabelTrial, ...]:
    """Try so many labels; a ``NotEnoughDataError`` is a gap with its cause, any other error is not caught.

    ``evaluate`` is called once a label; one that is proposed again gets the figures it had.
    """
    known: dict[SearchLabel, tuple[LabelFigures | None, str]] = {}
    done = []
    for asked in proposals(space, trials, seed):
        if asked.label not in known:
            try:
                known[asked.label] = evaluate(asked.number, asked.label), ""
            except NotEnoughDataError as error:
                known[asked.label] = None, str(error)
        figures, cause = known[asked.label]
        asked.tell(None if figures is None else figures.lift)
        done.append(LabelTrial(asked.number, asked.label, figures, cause))
    return tuple(done)


def ranked(trials: Sequence[LabelTrial]) -> list[LabelTrial]:
    """Different labels that have a score, the best first: lift in order, but who earns nothing after costs comes after
    everybody who does, whatever its lift or share of wins.
    """
    different = {trial.label: trial for trial in reversed(trials) if trial.figures is not None}
    return sorted(different.values(), key=_standing)


def _standing(trial: LabelTrial) -> tuple[bool, float, int]:
    assert trial.figures is not None
    return trial.figures.expectancy <= 0.0, -trial.figures.lift, trial.number


def deflate(order: Sequence[LabelTrial], trials: int) -> list[Deflated]:
    """What the number of trials leaves of each label's significance, in the order given; ``trials`` >= their number."""
    hurdle = expected_max(trials, 1.0)
    figures = [trial.figures for trial in order if trial.figures is not None]
    adjusted = [float(sidak(np.full(trials, one.pvalue))[0]) for one in figures]  # as if every trial had its p-value
    return [Deflated(hurdle, p, float(ndtr(one.t - hurdle))) for one, p in zip(figures, adjusted, strict=True)]


def search_payload(trials: Sequence[LabelTrial], counted: int) -> dict[str, Any]:
    """JSON-able: every trial by number, and the ranking with what ``counted`` trials leave of it."""
    order = ranked(trials)
    return {
        "trials": [
            {
                "number": trial.number,
                "name": trial.label.name,
                "label": trial.label.document(),
                "driftless_win_rate": trial.label.driftless_win_rate,
                "figures": trial.figures.to_payload() if trial.figures else None,
                "cause": trial.cause,
            }
            for trial in trials
        ],
        "ranking": [
            {
                "number": trial.number,
                "name": trial.label.name,
                "hurdle": one.hurdle,
                "pvalue": one.pvalue,
                "probability": one.probability,
            }
            for trial, one in zip(order, deflate(order, counted), strict=True)
        ],
        "counted": counted,
    }
