"""Ablation (C14): what a feature family brings to a candidate, family by family, corrected for their number.

Every arm is a refit that touched the data: the caller records each as a trial, as it does any other fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from market_assets.core.errors import BadInputError, Location, NotEnoughDataError
from market_assets.core.execution.evaluate import walk_forward_account
from market_assets.core.features.base import Family
from market_assets.core.features.normalization import NormalizationSpec, normalize_family
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.panel import Floats, Panel
from market_assets.core.statistics.multiplicity import holm
from market_assets.core.validity.paired import Paired, forecast_lift, returns_lift
from market_assets.core.validity.refits import Candidate

ABLATION_VERSION = "2"
ALPHA = 0.05
GATED = "sharpe"
"""The figure that decides whether a family shows lift; the others are reported."""
NOT_SHAPING = frozenset(
    {
        *("name", "version", "description", "owner", "features", "switched_on"),
        *("validity", "sensitivity", "label_search", "second_stage", "gates", "drift", "diagnostics"),
    }
)
"""Parts of an experiment's document that may differ between a report and who relies on it. A new part may not."""


def shaping(document: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of an experiment's document that shape a lift: data asked for, label, weights, folds, models, account.

    ``features`` are none of them: the report of an experiment without a family is what lets the family in.
    """
    return {name: value for name, value in document.items() if name not in NOT_SHAPING}


@dataclass(frozen=True)
class Arm:
    """One refit: the experiment's features with ``family`` added, or without it."""

    family: str
    way: Literal["added", "left out"]
    features: tuple[str, ...]


def arms(features: Sequence[str], families: Sequence[str]) -> tuple[Arm, ...]:
    """A family that stands in the features is left out, any other is added.

    Raises
    ------
    BadInputError
        rule ``ablation_families``: none, one twice, or nothing would be left.
    """
    bare = len(features) == 1 and features[0] in families
    if not families or len(set(families)) != len(families) or bare:
        raise BadInputError("ablation_families", f"cannot ablate {list(families)} of the features {list(features)}")
    return tuple(
        Arm(name, "left out", tuple(kept for kept in features if kept != name))
        if name in features
        else Arm(name, "added", (*features, name))
        for name in families
    )


def with_features(
    data: TrainingSet,
    panel: Panel,
    wanted: Sequence[Family],
    known: Sequence[Family],
    normalization: NormalizationSpec | None = None,
) -> TrainingSet:
    """The same rows with the columns of other families, in the order that ``assemble`` gives them.

    Columns that are there are kept; missing ones are computed from the panel, nothing needs to be stored.

    Parameters
    ----------
    panel : adjusted bars of the snapshot, of which the rows are a part.
    wanted, known : families of the new set, and of ``data``.
    normalization : that of ``data``, for the columns that are added.

    Raises
    ------
    BadInputError
        rule ``feature_finite``, for an infinite value in an added family.
    """
    there = {name: column for column, name in enumerate(data.feature_names)}
    have = {family.name for family in known}
    rows: np.ndarray | None = None
    names, blocks = [], []
    for family in sorted(wanted, key=lambda one: one.name):
        names += family.names
        if family.name in have:
            blocks.append(data.x[:, [there[name] for name in family.names]])
        else:
            rows = _rows(data, panel) if rows is None else rows
            blocks.append(_computed(family, panel, normalization)[rows])
    return replace(data, feature_names=tuple(names), x=np.ascontiguousarray(np.column_stack(blocks)))


def _computed(family: Family, panel: Panel, normalization: NormalizationSpec | None) -> np.ndarray:
    """Values of a family at every row of the panel, float32, as ``assemble`` would take them over."""
    values = family.compute(panel)
    if normalization is not None:
        values = normalize_family(family.name, family.names, values, panel.offsets, normalization)
    with np.errstate(over="ignore"):  # an overflow becomes infinite and is refused below
        values = values.astype(np.float32)
    if (infinite := np.isinf(values).any(axis=0)).any():
        where = Location(column=family.names[int(infinite.argmax())])
        raise BadInputError("feature_finite", f"family {family.name} holds an infinite value", where)
    return values


def _rows(data: TrainingSet, panel: Panel) -> np.ndarray:
    """Row of the panel of every row of the training set."""
    number = {name: index for index, name in enumerate(panel.symbols)}
    of_panel = np.array([number[name] for name in data.symbols])[data.code]
    rows = np.empty(data.n_rows, np.int64)
    for index in np.unique(of_panel):
        own, part = of_panel == index, panel.rows(int(index))
        rows[own] = part.start + np.searchsorted(panel.ts[part], data.ts[own])
    return rows


@dataclass(frozen=True)
class Lift:
    """What one family brings; ``pvalue`` is that of the gated figure by Holm over all families of the report."""

    arm: Arm
    figures: tuple[Paired, ...]
    pvalue: float | None
    cause: str = ""

    @property
    def shown(self) -> bool:
        """True when the gated figure is better with the family, beyond chance and the number of families."""
        return self.pvalue is not None and self.pvalue <= ALPHA and all(one.low > 0.0 for one in self._gated())

    def _gated(self) -> list[Paired]:
        return [one for one in self.figures if one.figure == GATED]

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form."""
        return {
            "family": self.arm.family,
            "way": self.arm.way,
            "features": list(self.arm.features),
            "figures": {one.figure: one.to_payload() for one in self.figures},
            "pvalue": self.pvalue,
            "shown": self.shown,
            "cause": self.cause,
        }


def ablate(
    candidate: Candidate,
    base: Floats,
    wanted: Sequence[Arm],
    refit: Callable[[Arm], Floats],
    sizes: Mapping[str, Any],
) -> tuple[Lift, ...]:
    """Refit every arm and hold it against the candidate as it stands, always "with" less "without" the family.

    Parameters
    ----------
    base : walk-forward probabilities (n,) of the candidate; ``refit`` gives those of an arm. One that raises
        ``NotEnoughDataError`` is a gap with its cause.
    sizes : ``reps``, ``mean_block`` and ``seed`` of the bootstrap.
    """
    found: list[tuple[Arm, tuple[Paired, ...], str]] = []
    for arm in wanted:
        try:
            other = refit(arm)
            pair = (other, base) if arm.way == "added" else (base, other)
            found.append((arm, _compare(candidate, *pair, sizes), ""))
        except NotEnoughDataError as error:
            found.append((arm, (), str(error)))
    raw = [one.pvalue for _, figures, _ in found for one in figures if one.figure == GATED]
    adjusted = iter(holm(raw).tolist() if raw else [])
    return tuple(Lift(arm, figures, next(adjusted) if figures else None, cause) for arm, figures, cause in found)


def _compare(candidate: Candidate, one: Floats, other: Floats, sizes: Mapping[str, Any]) -> tuple[Paired, ...]:
    data = candidate.data
    books = [
        walk_forward_account(candidate.grid, data, candidate.plan, part, candidate.portfolio, candidate.costs).net
        for part in (one, other)
    ]
    scored = data.trainable & np.isfinite(one) & np.isfinite(other)
    return (
        *returns_lift(*books, periods=candidate.periods_per_year, **sizes),
        *forecast_lift(one[scored], other[scored], data.y[scored], data.t0[scored], **sizes),
    )
