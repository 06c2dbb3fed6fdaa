"""The sensitivity grid, its summary, and feature noise."""

import json

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.validity.noise import add_noise
from market_assets.core.validity.sensitivity import SensitivitySpec, Variation, sensitivity, variations

SPEC = SensitivitySpec(changes=(-0.2, 0.2), seeds=(7,), noise=(0.1,))


def test_grid_changes_one_thing_at_a_time():
    """Numbers move by a share, whole ones by at least one; names, flags and zeros are left alone."""
    grid = variations({"depth": 3, "rate": 0.1, "kind": "gbdt", "fast": True, "l1": 0.0}, SPEC)
    assert [one.key for one in grid] == [
        "parameter depth=2",
        "parameter depth=4",
        "parameter rate=0.08",
        "parameter rate=0.12",
        "seed seed=7",
        "noise features=0.1",
    ]
    assert isinstance(grid[0].value, int)
    assert [one.value for one in variations({"share": 0.7}, SPEC)[:2]] == [0.56, 0.84]
    assert {one.value for one in variations({"n": -10}, SPEC) if one.kind == "parameter"} == {-8, -12}
    assert {one.value for one in variations({"n": -1}, SPEC) if one.kind == "parameter"} == {-2, 0}


def test_a_value_reached_twice_is_tried_once():
    """Small changes of a whole number end on its neighbours, and no change is no variation."""
    spec = SensitivitySpec(changes=(-0.2, -0.1, 0.0, 0.1), seeds=(), noise=())
    assert [one.value for one in variations({"depth": 3}, spec)] == [2, 4]


def test_summary_is_of_the_runs():
    """Minimum, median, maximum, share below zero and the drop from the unvaried figure, with the run it happened in."""
    grid = [Variation("seed", "seed", k) for k in range(4)]
    figures = {0: 0.8, 1: -0.2, 2: 1.2, 3: 0.4}
    found = sensitivity({"sharpe": 1.0}, grid, lambda one: {"sharpe": figures[one.value]}, ("sharpe",))
    (spread,) = found.spreads
    assert (spread.minimum, spread.maximum, spread.below_zero) == (-0.2, 1.2, 0.25)
    assert spread.median == pytest.approx(0.6)
    assert spread.worst_drop == pytest.approx(1.2)
    assert spread.worst == "seed seed=1"
    assert found.complete
    payload = json.loads(json.dumps(found.to_payload()))
    assert payload["spreads"][0]["count"] == 4
    assert [run["name"] for run in payload["runs"]] == [one.key for one in grid]


def test_runs_without_data_are_gaps():
    """A failed fit is named and counted as missing, never as a number; other errors are not swallowed."""
    grid = [Variation("seed", "seed", k) for k in range(3)]

    def evaluate(one):
        if one.value == 1:
            raise NotEnoughDataError("one class only")
        return {"sharpe": None if one.value == 2 else 0.5}

    found = sensitivity({"sharpe": None}, grid, evaluate, ("sharpe", "mean"))
    assert found.runs[1].cause == "one class only"
    assert [(spread.count, spread.missing) for spread in found.spreads] == [(1, 2), (0, 3)]
    assert found.spreads[0].worst_drop is None
    assert not found.complete
    with pytest.raises(ZeroDivisionError):
        sensitivity({}, grid, lambda one: {"sharpe": 1 / 0}, ("sharpe",))


def test_empty_or_doubled_grids_are_refused():
    """Nothing varied shows nothing."""
    one = Variation("seed", "seed", 1)
    for grid in ([], [one, one]):
        with pytest.raises(BadInputError, match="variations"):
            sensitivity({}, grid, lambda _: {}, ("sharpe",))


def test_noise_has_the_share_of_each_feature():
    """Columns of any scale get noise of a tenth of their deviation; NaN and constant columns stay."""
    generator = np.random.default_rng(0)
    x = (generator.normal(size=(20_000, 4)) * [1.0, 100.0, 0.001, 0.0]).astype(np.float32)
    x[::5, 1] = np.nan
    noisy = add_noise(x, 0.1, seed=3)
    assert noisy.dtype == np.float32
    assert np.array_equal(np.isnan(noisy), np.isnan(x))
    moved = np.nanstd(noisy.astype(float) - x, axis=0) / np.array([1.0, 100.0, 0.001, 1.0])
    assert moved == pytest.approx([0.1, 0.1, 0.1, 0.0], abs=0.003)
    assert np.array_equal(noisy, add_noise(x, 0.1, seed=3), equal_nan=True)
    assert not np.array_equal(noisy, add_noise(x, 0.1, seed=4), equal_nan=True)
    assert np.array_equal(add_noise(x, 0.0, seed=3), x, equal_nan=True)


def test_noise_of_early_rows_ignores_later_ones():
    """With the deviations of training rows, rows that follow change no byte of those before."""
    x = np.random.default_rng(1).normal(size=(50, 3))
    other = np.vstack([x, np.full((10, 3), 1e6)])
    train, wider = np.arange(50) < 30, np.arange(60) < 30
    assert add_noise(x, 0.2, 5, train).tobytes() == add_noise(other, 0.2, 5, wider)[:50].tobytes()
    assert add_noise(x, 0.2, 5).tobytes() != add_noise(other, 0.2, 5)[:50].tobytes()


@pytest.mark.parametrize(("shape", "share", "rows"), [((5,), 0.1, None), ((5, 2), -0.1, None), ((5, 2), 0.1, 4)])
def test_senseless_noise_is_refused(shape, share, rows):
    """Vectors, negative shares, masks of another length."""
    with pytest.raises(BadInputError, match="feature_noise"):
        add_noise(np.zeros(shape), share, 0, None if rows is None else np.ones(rows, bool))
