"""The fold plan: which sessions are tested, and which rows may be trained on for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.folds.blocks import Range, cut, merge
from market_assets.core.folds.intervals import FOREVER, meets
from market_assets.core.folds.paths import path_splits, split_groups
from market_assets.core.folds.spec import FoldSpec, combinatorial_keys, share_of, walk_forward_keys
from market_assets.core.folds.spec import fold_keys as fold_keys
from market_assets.core.folds.training_set import TrainingSet

Mask = NDArray[np.bool_]
Kind = Literal["walk_forward", "combinatorial"]


@dataclass(frozen=True)
class Fold:
    """One train/test split, stated in sessions.

    Parameters
    ----------
    key : ``wf00`` .. or ``cp00`` ..
    kind : ``walk_forward`` or ``combinatorial``.
    test : contiguous test blocks as (first, last) session, both included, in time order.
    train_from : first session a training row may stand in (rolling windows).
    embargo : sessions kept free after the last label of every test block.
    """

    key: str
    kind: Kind
    test: tuple[Range, ...]
    train_from: int = 0
    embargo: int = 0

    def test_rows(self, data: TrainingSet) -> Mask:
        """All rows in the test sessions, shape (n,): undefined labels are predicted and traded too."""
        inside = np.zeros(data.n_rows, dtype=np.bool_)
        for first, last in self.test:
            inside |= (data.t0 >= first) & (data.t0 <= last)
        return inside

    def train_rows(self, data: TrainingSet) -> Mask:
        """Trainable rows that share nothing with the test, shape (n,).

        Walk-forward: the label ended before the first test session. Combinatorial: for every test block with
        hull [min t0, max t1] over its rows, of all symbols, a row goes if its closed label interval meets the
        hull (purge) or if it starts within ``embargo`` sessions after the hull (embargo); together, it stays if
        its label ends before the hull begins or starts after hull and embargo.
        (Lopez de Prado 2018, sections 7.4 and 12.4, with closed intervals.)
        """
        allowed = data.trainable & (data.t0 >= self.train_from)
        for block in self.test:
            if self.kind == "walk_forward":
                allowed &= ~meets(data.t0, data.t1, block[0], FOREVER)
            elif (hull := _hull(data, block)) is not None:
                allowed &= ~meets(data.t0, data.t1, hull[0], hull[1] + self.embargo)
        return allowed


@dataclass(frozen=True)
class FoldPlan:
    """All folds of a training set.

    ``groups`` are the (first, last) sessions of the combinatorial groups; ``paths[p][g]`` is the key of the fold
    whose prediction of group g belongs to backtest path p.
    """

    spec: FoldSpec
    folds: tuple[Fold, ...]
    groups: tuple[Range, ...]
    paths: tuple[tuple[str, ...], ...]

    def fold(self, key: str) -> Fold:
        """The fold of a key; an unknown key is a KeyError."""
        for fold in self.folds:
            if fold.key == key:
                return fold
        raise KeyError(f"no fold {key} in this plan")

    def path_of(self, path: int) -> tuple[tuple[Range, str], ...]:
        """Session range of each group with the key of the fold that predicts it on backtest path ``path``."""
        return tuple(zip(self.groups, self.paths[path], strict=True))

    def to_payload(self) -> dict[str, Any]:
        """Plain JSON-able value."""
        return {
            "spec": asdict(self.spec),
            "folds": [{**asdict(fold), "test": [list(block) for block in fold.test]} for fold in self.folds],
            "groups": [list(group) for group in self.groups],
            "paths": [list(path) for path in self.paths],
        }

    @staticmethod
    def from_payload(payload: Mapping[str, Any]) -> FoldPlan:
        """Rebuild from ``to_payload``."""
        return FoldPlan(
            spec=FoldSpec(**payload["spec"]),
            folds=tuple(Fold(**{**fold, "test": _ranges(fold["test"])}) for fold in payload["folds"]),
            groups=_ranges(payload["groups"]),
            paths=tuple(tuple(path) for path in payload["paths"]),
        )


def make_plan(data: TrainingSet, spec: FoldSpec) -> FoldPlan:
    """Lay walk-forward and combinatorial folds over the sessions that hold rows.

    The span from the first to the last session with a row is divided; sessions before it (the warm-up) belong
    to no fold. Walk-forward: after the first ``min_train`` of the span, rounded up, the rest is cut into test
    blocks. Combinatorial: the span is cut into groups, neighbouring test groups form one block. Wherever a span
    does not divide evenly, the first parts are one session longer. The embargo is a share of all sessions of
    the panel, rounded up.

    Raises
    ------
    NotEnoughDataError
        if a block would hold no session or no row, or a fold no training row; says what is needed.
    """
    if not data.n_rows:
        raise NotEnoughDataError("a fold plan needs rows; the training set is empty")
    first, last = int(data.t0.min()), int(data.t0.max())
    groups = cut(first, last, spec.combinatorial.groups, "combinatorial groups")
    folds = (*_walk_forward(first, last, spec), *_combinatorial(groups, spec, data.sessions.size))
    for fold in folds:
        _check(fold, data)
    keys = combinatorial_keys(spec)
    table = path_splits(spec.combinatorial.groups, spec.combinatorial.test_groups)
    return FoldPlan(spec, folds, groups, tuple(tuple(keys[split] for split in path) for path in table))


def _walk_forward(first: int, last: int, spec: FoldSpec) -> tuple[Fold, ...]:
    kept = share_of(spec.walk_forward.min_train, last - first + 1)
    blocks = cut(first + kept, last, spec.walk_forward.folds, "walk-forward test blocks after the first training span")
    return tuple(
        Fold(key, "walk_forward", (block,), train_from=block[0] - kept if spec.walk_forward.rolling else 0)
        for key, block in zip(walk_forward_keys(spec), blocks, strict=True)
    )


def _combinatorial(groups: tuple[Range, ...], spec: FoldSpec, sessions: int) -> tuple[Fold, ...]:
    embargo = share_of(spec.embargo, sessions)
    chosen = split_groups(spec.combinatorial.groups, spec.combinatorial.test_groups)
    return tuple(
        Fold(key, "combinatorial", merge([groups[group] for group in tested]), embargo=embargo)
        for key, tested in zip(combinatorial_keys(spec), chosen, strict=True)
    )


def _hull(data: TrainingSet, block: Range) -> Range | None:
    """First start and last end of the labels that start in the block; None without rows."""
    reach = data.reach[block[0] : block[1] + 1]
    filled = np.flatnonzero(reach >= 0)
    return (block[0] + int(filled[0]), int(reach.max())) if filled.size else None


def _check(fold: Fold, data: TrainingSet) -> None:
    for block in fold.test:
        if _hull(data, block) is None:
            raise NotEnoughDataError(f"fold {fold.key}: test sessions {block[0]} to {block[1]} hold no row")
    if not fold.train_rows(data).any():
        longest = int((data.t1 - data.t0).max()) + 1
        raise NotEnoughDataError(
            f"fold {fold.key} keeps none of {int(data.trainable.sum())} trainable rows: its labels span up to "
            f"{longest} sessions and the embargo {fold.embargo}; use more sessions, fewer folds or a shorter label"
        )


def _ranges(pairs: Any) -> tuple[Range, ...]:
    return tuple((int(first), int(last)) for first, last in pairs)
