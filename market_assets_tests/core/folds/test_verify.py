"""Independent verification: no violations in random plans, and planted bugs are seen."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.folds.plan import Fold, make_plan
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec
from market_assets.core.folds.verify import violations
from market_assets_tests.core.folds.sets import random_set, table15
from market_assets_tests.core.folds.test_plan import spec_of

CASES = 4_000


def random_spec(rng):
    """Folds, groups, embargo and window at random."""
    groups = int(rng.integers(2, 7))
    return FoldSpec(
        walk_forward=WalkForwardSpec(
            folds=int(rng.integers(1, 6)), min_train=float(rng.uniform(0.2, 0.7)), rolling=bool(rng.random() < 0.5)
        ),
        combinatorial=CombinatorialSpec(groups=groups, test_groups=int(rng.integers(1, min(groups, 4)))),
        embargo=float(rng.choice([0.0, 0.01, 0.03, rng.uniform(0, 0.08)])),
    )


def planned(count, first_seed=0):
    """Random data with its plan, ``count`` times; draws with too little data are skipped."""
    made = skipped = 0
    while made < count:
        rng = np.random.default_rng(first_seed + made + skipped)
        data, spec = random_set(rng), random_spec(rng)
        try:
            plan = make_plan(data, spec)
        except NotEnoughDataError:
            skipped += 1
            assert skipped < max(count, 20)
            continue
        made += 1
        yield data, plan


def test_random_plans_have_no_violations():
    """Thousands of plans over irregular sessions, holes, several symbols and variable horizons: none leaks."""
    folds = purging = 0
    for data, plan in planned(CASES):
        assert violations(plan, data) == []
        folds += len(plan.folds)
        purging += sum(
            fold.kind == "combinatorial" and np.any(data.trainable & ~fold.train_rows(data) & ~fold.test_rows(data))
            for fold in plan.folds
        )
    assert folds > 8 * CASES
    assert purging > folds // 2


def test_random_plans_stand_a_pairwise_comparison():
    """No label of a training row meets a label of a test row, pair by pair."""
    for data, plan in planned(100, first_seed=10**6):
        for fold in plan.folds:
            tested = fold.test_rows(data)
            for row in np.flatnonzero(fold.train_rows(data)):
                apart = (data.t1[row] < data.t0[tested]) | (data.t0[row] > data.t1[tested])
                assert apart.all()


def hulls(fold, data):
    """(rows, first start, last end) of every test block."""
    for first, last in fold.test:
        rows = np.flatnonzero((data.t0 >= first) & (data.t0 <= last))
        yield rows, int(data.t0[rows].min()), int(data.t1[rows].max())


class EmbargoFromTestRows(Fold):
    """Bug: the embargo starts at the last test row, not at the last test label."""

    def train_rows(self, data):
        allowed = data.trainable.copy()
        for rows, low, high in hulls(self, data):
            allowed &= (data.t1 < low) | ((data.t0 > high) & (data.t0 > data.t0[rows].max() + self.embargo))
        return allowed


class HullFromLastLabel(Fold):
    """Bug: the hull ends with the label of the last test row, not with the longest label."""

    def train_rows(self, data):
        allowed = data.trainable & ~self.test_rows(data)
        for rows, low, _ in hulls(self, data):
            last = rows[np.argmax(data.t0[rows])]
            allowed &= (data.t1 < low) | (data.t0 > data.t1[last] + self.embargo)
        return allowed


class HalfOpen(Fold):
    """Bug: labels that only touch the hull at its ends are kept."""

    def train_rows(self, data):
        allowed = data.trainable & ~self.test_rows(data)
        for _, low, high in hulls(self, data):
            allowed &= (data.t1 <= low) | (data.t0 >= high + self.embargo)
        return allowed


class PurgeOwnSymbol(Fold):
    """Bug: only rows of the first symbol are purged."""

    def train_rows(self, data):
        return super().train_rows(data) | (data.trainable & (data.code > 0) & ~self.test_rows(data))


class TrainOnEverything(Fold):
    """Bug: rows without a usable label are trained on."""

    def train_rows(self, data):
        return super().train_rows(replace(data, trainable=np.ones_like(data.trainable)))


class HoldBack(Fold):
    """Bug: half of the training rows are dropped for no reason."""

    def train_rows(self, data):
        kept = super().train_rows(data)
        kept[np.flatnonzero(kept)[::2]] = False
        return kept


class SkipTestRows(Fold):
    """Bug: rows without a label are not tested."""

    def test_rows(self, data):
        return super().test_rows(data) & data.trainable


def planted(plan, bug):
    """The plan with its combinatorial folds replaced by buggy ones."""
    swapped = tuple(
        bug(**{field.name: getattr(fold, field.name) for field in fields(fold)})
        if fold.kind == "combinatorial"
        else fold
        for fold in plan.folds
    )
    return replace(plan, folds=swapped)


@pytest.mark.parametrize(
    ("bug", "text"),
    [
        (EmbargoFromTestRows, "cp00: 1 training rows start in an embargo"),
        (HullFromLastLabel, "cp00: 3 training labels share a session with the test"),
        (HalfOpen, "cp01: 1 training labels share a session with the test"),
    ],
)
def test_published_mistakes_are_seen_on_the_worked_table(bug, text):
    """The leaks of known implementations are named with fold and row count."""
    data = table15()
    plan = make_plan(data, spec_of(embargo=1 / 16))
    assert violations(plan, data) == []
    assert any(found.startswith(text) for found in violations(planted(plan, bug), data))


@pytest.mark.parametrize(
    "bug",
    [EmbargoFromTestRows, HullFromLastLabel, HalfOpen, PurgeOwnSymbol, TrainOnEverything, HoldBack, SkipTestRows],
)
def test_planted_bugs_are_seen_on_random_data(bug):
    """Whenever a bug changes a mask, verification says so."""
    changed = 0
    for seed in range(60):
        data = random_set(np.random.default_rng(seed))
        plan = make_plan(data, spec_of(groups=4, tested=1, embargo=0.04, folds=2, min_train=0.6))
        wrong = planted(plan, bug)
        differs = any(
            np.any(good.train_rows(data) != bad.train_rows(data)) or np.any(good.test_rows(data) != bad.test_rows(data))
            for good, bad in zip(plan.folds, wrong.folds, strict=True)
        )
        assert bool(violations(wrong, data)) is differs
        changed += differs
    assert changed >= 10


def test_a_window_that_starts_too_early_is_seen():
    """A rolling window that starts too early is named."""
    data = table15()
    plan = make_plan(data, spec_of(folds=2, min_train=0.4, rolling=True))
    first, second, *rest = plan.folds
    assert violations(plan, data) == []
    early = replace(plan, folds=(first, replace(second, train_from=0), *rest))
    assert any("before the rolling window" in text for text in violations(early, data))


def test_walk_forward_training_on_the_future_is_seen():
    """A fold that keeps rows after its test is named."""

    class Future(Fold):
        def train_rows(self, data):
            return data.trainable & ~self.test_rows(data)

    data = table15()
    plan = make_plan(data, spec_of(folds=2, min_train=0.4))
    fold = plan.folds[0]
    wrong = replace(plan, folds=(Future(fold.key, fold.kind, fold.test), *plan.folds[1:]))
    assert any(text.startswith("wf00") and "share a session" in text for text in violations(wrong, data))


def test_broken_paths_are_seen():
    """A path that uses one prediction twice is named."""
    data = table15()
    plan = make_plan(data, spec_of(groups=5, tested=2))
    twice = (plan.paths[0], plan.paths[0], *plan.paths[2:])
    assert violations(replace(plan, paths=twice), data) == [
        "paths: some pair of split and test group lies on no path, or on more than one"
    ]
