"""Parameters of the fold plan, and the fold keys that follow from them alone."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Annotated, Self

from pydantic import Field, model_validator

from market_assets.core.spec import spec

MAX_SPLITS = 1000


@spec
class WalkForwardSpec:
    """Consecutive test blocks, each predicted from what came before.

    Parameters
    ----------
    folds : number of test blocks.
    min_train : share of the sessions kept before the first test block.
    rolling : train on that many sessions before each block instead of on all of them.
    """

    folds: Annotated[int, Field(ge=1, le=99)] = 6
    min_train: Annotated[float, Field(gt=0, lt=1)] = 0.3
    rolling: bool = False


@spec
class CombinatorialSpec:
    """Every choice of ``test_groups`` out of ``groups`` contiguous groups is one split."""

    groups: Annotated[int, Field(ge=2, le=20)] = 6
    test_groups: Annotated[int, Field(ge=1, le=19)] = 2

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.test_groups >= self.groups:
            raise ValueError("test_groups must be smaller than groups, or nothing is left to train on")
        if self.splits > MAX_SPLITS:
            raise ValueError(f"{self.groups} choose {self.test_groups} is more than {MAX_SPLITS} splits")
        return self

    @property
    def splits(self) -> int:
        """Number of splits, C(groups, test_groups)."""
        return math.comb(self.groups, self.test_groups)

    @property
    def paths(self) -> int:
        """Number of full backtest paths, C(groups - 1, test_groups - 1)."""
        return math.comb(self.groups - 1, self.test_groups - 1)


@spec
class FoldSpec:
    """The whole plan; ``embargo`` is a share of all sessions, kept free after every test block."""

    walk_forward: WalkForwardSpec = WalkForwardSpec()
    combinatorial: CombinatorialSpec = CombinatorialSpec()
    embargo: Annotated[float, Field(ge=0, le=0.5)] = 0.01


def walk_forward_keys(spec: FoldSpec) -> tuple[str, ...]:
    """Keys of the walk-forward folds, in time order."""
    return _numbered("wf", spec.walk_forward.folds)


def combinatorial_keys(spec: FoldSpec) -> tuple[str, ...]:
    """Keys of the combinatorial folds, in lexicographic order of their test groups."""
    return _numbered("cp", spec.combinatorial.splits)


def fold_keys(spec: FoldSpec) -> tuple[str, ...]:
    """All fold keys of a spec, known without data: ``("wf00", ..., "cp14")``."""
    return walk_forward_keys(spec) + combinatorial_keys(spec)


def share_of(share: float, count: int) -> int:
    """Smallest whole number at or above ``share * count``, free of binary rounding (0.07 of 100 is 7)."""
    return math.ceil(Fraction(repr(float(share))) * count)


def _numbered(prefix: str, count: int) -> tuple[str, ...]:
    width = max(2, len(str(count - 1)))
    return tuple(f"{prefix}{index:0{width}d}" for index in range(count))
