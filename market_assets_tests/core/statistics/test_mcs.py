"""Model confidence set against published eliminations, arch and its definition."""

import numpy as np
import pytest
from arch.bootstrap import MCS
from arch.bootstrap.base import StationaryBootstrap

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.statistics.mcs import model_confidence_set
from market_assets_tests.golden.cases import case

KINDS = {"range": "R", "max": "max"}


@pytest.mark.parametrize("kind", KINDS)
def test_published_eliminations(kind):
    """Order, statistics, p-values and the set, exact on given resamples."""
    item = case("model_confidence_set", "explicit_T40_K4_B100")
    i, want, tol = item["inputs"], item["expected"][KINDS[kind]], item["tolerance"]
    found = model_confidence_set(
        i["losses"], mean_block=5, size=i["size"], statistic=kind, indices=i["bootstrap_indices"]
    )
    assert found.eliminated.tolist() == want["elimination_order"]
    assert found.step_statistics == pytest.approx(np.array(want["step_statistics"][:-1]), abs=tol)
    assert found.step_pvalues.tolist() == want["step_pvalues"][:-1]
    assert found.pvalues[found.eliminated].tolist() == want["mcs_pvalues"]
    assert list(found.included) == want["included_at_0p10"]


def race(seed, n=80, m=6):
    """Losses of models that differ a little, with a shared shock."""
    generator = np.random.default_rng(seed)
    return generator.normal(np.linspace(0.0, 0.5, m), 1.0, (n, m)) + generator.normal(size=(n, 1))


def plain(losses, indices, kind):
    """Eliminate one model at a time with loops over the set that is left."""
    left, order, steps = list(range(losses.shape[1])), [], []
    centred = np.array([losses[row].mean(axis=0) for row in indices]) - losses.mean(axis=0)
    while len(left) > 1:
        mean, z = losses[:, left].mean(axis=0), centred[:, left]
        if kind == "max":
            z = z - z.mean(axis=1, keepdims=True)
            ratio, tops = (mean - mean.mean()) / np.sqrt((z**2).mean(axis=0)), z / np.sqrt((z**2).mean(axis=0))
            worst, tops = int(np.argmax(ratio)), tops.max(axis=1)
            top = ratio[worst]
        else:
            gap = z[:, :, None] - z[:, None, :]
            error = np.sqrt((gap**2).mean(axis=0)) + np.eye(len(left))
            ratio = (mean[:, None] - mean[None, :]) / error
            top, worst = ratio.max(), int(np.unravel_index(np.argmax(ratio), ratio.shape)[0])
            tops = np.abs(gap / error).max(axis=(1, 2))
        steps.append((top, np.mean(tops > top)))
        order.append(left.pop(worst))
    return [*order, left[0]], np.array(steps)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_equal_to_the_definition(kind, seed):
    """The backward running maximum and the settled order change nothing."""
    losses = race(seed)
    indices = np.random.default_rng(seed).integers(0, 80, (150, 80))
    order, steps = plain(losses, indices, kind)
    found = model_confidence_set(losses, mean_block=1, statistic=kind, indices=indices)
    assert found.eliminated.tolist() == order
    assert found.step_statistics == pytest.approx(steps[:, 0], rel=1e-9)
    assert found.step_pvalues.tolist() == steps[:, 1].tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_equal_to_arch_on_the_same_resamples(kind):
    """p-values and order of elimination of arch's MCS."""
    losses = race(11)
    bootstrap = StationaryBootstrap(4, np.arange(80), seed=2)
    indices = np.array([data[0][0] for data in bootstrap.bootstrap(200)])
    test = MCS(losses, size=0.1, block_size=4, reps=200, bootstrap="stationary", method=KINDS[kind], seed=2)
    test.compute()
    found = model_confidence_set(losses, mean_block=4, statistic=kind, indices=indices)
    assert test.pvalues.index.tolist() == found.eliminated.tolist()
    assert test.pvalues["Pvalue"].to_numpy() == pytest.approx(found.pvalues[found.eliminated], abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_properties(kind):
    """The best is last and included, p-values rise along the elimination, a smaller size keeps more."""
    for seed in range(8):
        losses = race(seed, m=9)
        small, large = (
            model_confidence_set(losses, mean_block=3, size=s, statistic=kind, reps=200, seed=seed) for s in (0.05, 0.4)
        )
        best = int(np.argmin(losses.mean(axis=0)))
        assert best == small.eliminated[-1]
        assert best in large.included
        assert set(large.included) <= set(small.included)
        assert (np.diff(small.pvalues[small.eliminated]) >= 0).all()
        assert small.pvalues[best] == 1.0
        assert sorted(small.eliminated.tolist()) == list(range(9))


@pytest.mark.parametrize("kind", KINDS)
def test_coverage_of_equal_models(kind):
    """Five equal models: the set holds all of them in about 90 % of 60 draws."""
    generator = np.random.default_rng(4)
    whole = sum(
        len(model_confidence_set(generator.normal(size=(100, 5)), mean_block=1, statistic=kind, reps=200).included) == 5
        for _ in range(60)
    )
    assert whole / 60 >= 0.75


@pytest.mark.parametrize("kind", KINDS)
def test_copies_stay_together_and_constants_are_gaps(kind):
    """Equal losses are never told apart; losses that differ by a constant have no standard error."""
    generator = np.random.default_rng(0)
    losses = generator.normal(size=(60, 1)) @ np.ones((1, 2))
    same = model_confidence_set(losses, mean_block=3, statistic=kind, reps=100)
    assert same.included == (0, 1)
    assert same.step_pvalues.tolist() == [1.0]
    losses[:, 1] += 0.5
    with pytest.raises(NotEnoughDataError, match="constant"):
        model_confidence_set(losses, mean_block=3, statistic=kind, reps=100)


def test_bad_requests():
    """One model, a size outside (0, 1), foreign indices."""
    with pytest.raises(NotEnoughDataError):
        model_confidence_set(np.zeros((9, 1)), mean_block=2)
    with pytest.raises(BadInputError, match="confidence_range"):
        model_confidence_set(race(0), mean_block=2, size=1.0)
    with pytest.raises(BadInputError, match="bootstrap_indices"):
        model_confidence_set(race(0), mean_block=2, indices=np.zeros((5, 79), int))
