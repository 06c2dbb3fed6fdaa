"""Out-of-fold predictions: path assembly against a plain definition, gaps, wrong rows, round trip."""

from itertools import combinations

import numpy as np
import pytest

from market_assets.core.errors import IntegrityError, NotEnoughDataError
from market_assets.core.folds import arrow
from market_assets.core.folds.out_of_fold import FoldPrediction, OutOfFold, combine
from market_assets.core.folds.plan import FoldPlan, make_plan
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec
from market_assets.core.folds.training_set import TrainingSet
from market_assets_tests.core.folds.sets import intervals, random_set

SPEC = FoldSpec(
    walk_forward=WalkForwardSpec(folds=3, min_train=0.4),
    combinatorial=CombinatorialSpec(groups=4, test_groups=2),
    embargo=0.0,
)


def daily(sessions: int = 40, symbols: int = 3) -> TrainingSet:
    """Every symbol on every session, labels of two sessions."""
    t0 = np.repeat(np.arange(sessions), symbols)
    code = np.tile(np.arange(symbols), sessions)
    return intervals(t0, np.minimum(t0 + 1, sessions - 1), code, sessions=sessions)


def predict(plan: FoldPlan, data: TrainingSet, seed: int = 0) -> dict[str, FoldPrediction]:
    """Different random numbers for every fold and row, so that each shows where it came from."""
    generator = np.random.default_rng(seed)
    found = {}
    for fold in plan.folds:
        rows = np.flatnonzero(fold.test_rows(data)).astype(np.int32)
        found[fold.key] = FoldPrediction(rows, generator.random(rows.size), generator.random(rows.size))
    return found


def lookup(prediction: FoldPrediction, row: int, what: str = "calibrated") -> float:
    return float(getattr(prediction, what)[list(prediction.rows).index(row)])


def group_of(plan: FoldPlan, session: int) -> int:
    return next(number for number, (first, last) in enumerate(plan.groups) if first <= session <= last)


def test_paths_follow_the_plain_definition() -> None:
    """Path j takes, for each group, the j-th split that tests it, split by split in lexicographic order."""
    data = daily()
    plan = make_plan(data, SPEC)
    parts = predict(plan, data)
    result = combine(parts, plan, data)
    splits = list(combinations(range(4), 2))
    assert result.paths.shape == (3, data.n_rows)
    for path in range(3):
        for row in range(data.n_rows):
            group = group_of(plan, int(data.t0[row]))
            split = [number for number, tested in enumerate(splits) if group in tested][path]
            assert result.paths[path, row] == lookup(parts[f"cp{split:02d}"], row)


def test_walk_forward_takes_each_block_from_its_own_fold() -> None:
    """Rows of a test block carry that fold's raw and calibrated prediction; rows before the first block none."""
    data = daily()
    plan = make_plan(data, SPEC)
    parts = predict(plan, data)
    result = combine(parts, plan, data)
    walk = [fold for fold in plan.folds if fold.kind == "walk_forward"]
    for row in range(data.n_rows):
        owners = [fold.key for fold in walk if fold.test[0][0] <= data.t0[row] <= fold.test[0][1]]
        if not owners:
            assert np.isnan(result.walk_forward[row])
            assert np.isnan(result.walk_forward_raw[row])
            continue
        (owner,) = owners
        assert result.walk_forward[row] == lookup(parts[owner], row)
        assert result.walk_forward_raw[row] == lookup(parts[owner], row, "raw")


@pytest.mark.parametrize("seed", range(4))
def test_every_prediction_is_used_exactly_once(seed: int) -> None:
    """On ragged sets the paths hold each combinatorial prediction once, and nothing else."""
    data = random_set(np.random.default_rng(seed))
    plan = make_plan(data, SPEC)
    parts = predict(plan, data, seed)
    result = combine(parts, plan, data)
    combinatorial = [fold.key for fold in plan.folds if fold.kind == "combinatorial"]
    offered = np.sort(np.concatenate([parts[key].calibrated for key in combinatorial]))
    taken = np.sort(result.paths[~np.isnan(result.paths)])
    assert np.array_equal(offered, taken)
    assert not np.isnan(result.paths).any(), "every row lies in a group"


def test_a_missing_fold_is_a_gap() -> None:
    """Folds without predictions are named; no path is made without them."""
    data = daily()
    plan = make_plan(data, SPEC)
    parts = predict(plan, data)
    del parts["cp03"], parts["wf01"]
    with pytest.raises(NotEnoughDataError, match="no prediction of folds wf01, cp03"):
        combine(parts, plan, data)


def test_rows_that_are_not_the_test_rows_are_refused() -> None:
    """One row too few, too many or shifted: the fold is named."""
    data = daily()
    plan = make_plan(data, SPEC)
    good = predict(plan, data)
    rows = good["cp02"].rows
    for wrong in (rows[:-1], np.append(rows, rows[-1] + 1).astype(np.int32), (rows + 1).astype(np.int32)):
        values = np.full(wrong.size, 0.5)
        with pytest.raises(IntegrityError, match="fold cp02 are not those of its test rows"):
            combine({**good, "cp02": FoldPrediction(wrong, values, values)}, plan, data)


@pytest.mark.parametrize("value", [-0.01, 1.01, np.nan, np.inf])
def test_a_prediction_that_is_no_probability_is_refused(value: float) -> None:
    """Calibrated values lie in [0, 1]; NaN does not."""
    data = daily()
    plan = make_plan(data, SPEC)
    parts = predict(plan, data)
    parts["wf02"].calibrated[3] = value
    with pytest.raises(IntegrityError, match="wf02 holds a calibrated prediction outside"):
        combine(parts, plan, data)


def test_bytes_survive_a_round_trip() -> None:
    """Equal content, equal bytes; NaN and the order of more than ten paths stay."""
    generator = np.random.default_rng(5)
    series = generator.random(50)
    series[:7] = np.nan
    original = OutOfFold(series, series / 2, generator.random((12, 50)))
    again = OutOfFold.from_bytes(original.to_bytes())
    for name in ("walk_forward", "walk_forward_raw", "paths"):
        assert np.array_equal(getattr(original, name), getattr(again, name), equal_nan=True)
    assert again.to_bytes() == original.to_bytes()


def test_other_bytes_are_refused() -> None:
    """Noise, a cut stream and a stream of another kind are integrity errors."""
    data = OutOfFold(np.zeros(3), np.zeros(3), np.zeros((1, 3))).to_bytes()
    for wrong in (b"noise", data[: len(data) // 2], arrow.encode({"x": np.zeros(3)}, {"format": "returns/1"})):
        with pytest.raises(IntegrityError):
            OutOfFold.from_bytes(wrong)
