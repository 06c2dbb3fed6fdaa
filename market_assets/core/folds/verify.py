"""Does a fold plan leak? The answer from the definition, by sets of sessions, not by the code that made it."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from market_assets.core.folds.plan import Fold, FoldPlan, Mask
from market_assets.core.folds.training_set import TrainingSet


def violations(plan: FoldPlan, data: TrainingSet) -> list[str]:
    """Everything in which a plan departs from its definition on this data; empty = none.

    For every fold: the test rows are all rows of the test sessions; no row is trained and tested; only
    trainable rows are trained on; no session belongs to a training label and to the hull of a test block
    (contiguous test sessions, whatever symbol); no training row starts in the embargo after a hull; and no
    other row is held back. For the plan: every pair of split and test group lies on exactly one path.

    Sessions are marked in arrays and counted, so nothing here rests on the interval comparisons of the planner.
    """
    found: list[str] = []
    for fold in plan.folds:
        found += [f"{fold.key}: {text}" for text in _fold_violations(fold, plan, data)]
    return found + _path_violations(plan)


def _fold_violations(fold: Fold, plan: FoldPlan, data: TrainingSet) -> list[str]:
    tested = _marked(data.sessions.size, [range(first, last + 1) for first, last in fold.test])
    test, train = fold.test_rows(data), fold.train_rows(data)
    in_test = tested[data.t0]
    if fold.kind == "walk_forward":
        start = int(np.flatnonzero(tested)[0])
        closed = _marked(data.sessions.size, [range(start, data.sessions.size)])
        after = np.zeros_like(closed)
        kept = math.ceil(Decimal(repr(plan.spec.walk_forward.min_train)) * _span(data))
        early = data.t0 < start - kept if plan.spec.walk_forward.rolling else np.zeros_like(test)
    else:
        closed, after = _protected(tested, data, math.ceil(Decimal(repr(plan.spec.embargo)) * data.sessions.size))
        early = np.zeros_like(test)
    shares, embargoed = _shares(closed, data), after[data.t0]
    held_back = shares | embargoed | early | in_test | ~data.trainable
    facts = {
        "rows of the test sessions are not tested, or others are": test != in_test,
        "rows are trained and tested": train & test,
        "training rows are not trainable": train & ~data.trainable,
        "training labels share a session with the test": train & shares,
        "training rows start in an embargo": train & embargoed,
        "training rows stand before the rolling window": train & early,
        "rows are held back without a reason": ~train & ~held_back,
    }
    return [_text(text, rows, data) for text, rows in facts.items() if rows.any()]


def _protected(tested: Mask, data: TrainingSet, embargo: int) -> tuple[Mask, Mask]:
    """Sessions inside the hull of a test block, and sessions in the embargo after one."""
    hulls: list[range] = []
    gaps: list[range] = []
    for block in _runs(tested):
        inside = np.zeros_like(tested)
        inside[block] = True
        rows = inside[data.t0]
        if rows.any():
            last = int(data.t1[rows].max())
            hulls.append(range(int(data.t0[rows].min()), last + 1))
            gaps.append(range(last + 1, min(last + 1 + embargo, tested.size)))
    return _marked(tested.size, hulls), _marked(tested.size, gaps)


def _runs(tested: Mask) -> list[NDArray[np.intp]]:
    """Contiguous runs of tested sessions."""
    sessions = np.flatnonzero(tested)
    return np.split(sessions, np.flatnonzero(np.diff(sessions) > 1) + 1)


def _shares(closed: Mask, data: TrainingSet) -> Mask:
    """Rows with at least one closed session among the sessions t0, ..., t1 of their label."""
    counted = np.concatenate([[0], np.cumsum(closed)])
    return counted[data.t1 + 1] - counted[data.t0] > 0


def _marked(size: int, ranges: list[range]) -> Mask:
    mask = np.zeros(size, dtype=np.bool_)
    for sessions in ranges:
        mask[sessions.start : sessions.stop] = True
    return mask


def _span(data: TrainingSet) -> int:
    return int(data.t0.max()) - int(data.t0.min()) + 1


def _text(text: str, rows: Mask, data: TrainingSet) -> str:
    row = int(np.flatnonzero(rows)[0])
    example = f"{data.symbols[data.code[row]]}, sessions {data.t0[row]} to {data.t1[row]}"
    return f"{int(rows.sum())} {text}; the first is row {row} ({example})"


def _path_violations(plan: FoldPlan) -> list[str]:
    tested: list[tuple[str, int]] = []
    for fold in plan.folds:
        if fold.kind == "combinatorial":
            sessions = {session for first, last in fold.test for session in range(first, last + 1)}
            tested += [(fold.key, number) for number, (first, _) in enumerate(plan.groups) if first in sessions]
    used = [(key, group) for path in plan.paths for group, key in enumerate(path)]
    if sorted(used) == sorted(tested):
        return []
    return ["paths: some pair of split and test group lies on no path, or on more than one"]
