"""StepM against published steps, arch and its definition."""

import math

import numpy as np
import pytest
from arch.bootstrap import StepM
from arch.bootstrap.base import StationaryBootstrap

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.statistics.reality_check import reality_check
from market_assets.core.statistics.stepm import stepm
from market_assets_tests.golden.cases import case


@pytest.mark.parametrize("kind", ["unstudentised", "studentised"])
def test_published_steps(kind):
    """Every critical value and every rejection, more than one step; published per root T."""
    item = case("romano_wolf_stepm", "explicit_T60_K6_B200")
    i, want = item["inputs"], item["expected"][kind]
    found = stepm(
        i["loss_differentials"],
        mean_block=1 / i["kernel_q"],
        alpha=i["alpha"],
        indices=i["bootstrap_indices"],
        studentise=kind == "studentised",
        recentring="consistent",
    )
    root = math.sqrt(len(i["loss_differentials"]))
    assert list(found.rejected) == want["rejected"]
    assert [list(step.rejected) for step in found.steps] == [step["newly_rejected"] for step in want["steps"]]
    critical = [step.critical / root for step in found.steps]
    assert critical == pytest.approx([step["crit"] for step in want["steps"]], abs=item["tolerance"])


def planted(seed, n=120, k=12):
    """Differentials with good, neutral and bad models of different volatility."""
    generator = np.random.default_rng(seed)
    skill = generator.choice([-0.2, 0.0, 0.25, 0.6], k)
    return generator.normal(skill, 1.0, (n, k)) * generator.uniform(0.5, 3.0, k)


def test_equal_to_arch_on_the_same_resamples():
    """arch's StepM does not studentise and re-centres consistently; its superior set is ours."""
    for seed in range(6):
        d = planted(seed)
        bootstrap = StationaryBootstrap(5, np.arange(len(d)), seed=seed)
        indices = np.array([data[0][0] for data in bootstrap.bootstrap(200)])
        test = StepM(np.zeros(len(d)), -d, size=0.05, block_size=5, reps=200, bootstrap="stationary", seed=seed)
        test.compute()
        found = stepm(d, mean_block=5, indices=indices, studentise=False, recentring="consistent")
        assert sorted(found.rejected) == sorted(test.superior_models)


@pytest.mark.parametrize("recentring", ["mean", "consistent"])
@pytest.mark.parametrize("studentise", [True, False])
def test_rejections_contain_those_of_one_step(studentise, recentring):
    """Later steps only add; critical values fall; adjusted p-values order as the statistics do."""
    more = 0
    for seed in range(10):
        found = stepm(
            planted(seed), mean_block=3, alpha=0.1, reps=300, seed=seed, studentise=studentise, recentring=recentring
        )
        assert set(found.steps[0].rejected) <= set(found.rejected)
        assert all(a.critical >= b.critical for a, b in zip(found.steps[:-1], found.steps[1:], strict=True))
        order = np.argsort(-found.statistics)
        assert (np.diff(found.pvalues[order]) >= 0).all()
        assert ((found.pvalues >= 0) & (found.pvalues <= 1)).all()
        assert found.pvalues[list(found.rejected)].max(initial=0) <= 0.1 + 1 / 300
        more += len(found.steps[0].rejected) < len(found.rejected)
    assert more > 0


def test_the_first_step_is_the_reality_check():
    """Unstudentised and re-centred by the mean: same maxima, and the best model's p-value is the check's."""
    d = planted(3)
    check = reality_check(d, mean_block=3, reps=400, seed=5)
    found = stepm(d, mean_block=3, reps=400, seed=5, studentise=False)
    assert found.steps[0].critical == pytest.approx(np.quantile(check.maxima, 0.95), rel=1e-12)
    assert found.pvalues[check.best] == check.pvalue


def test_adjusted_p_values_are_the_stepdown_definition():
    """For each place, the maximum over that and all weaker models; then the running maximum."""
    d, n = planted(4, n=40, k=5), 40
    indices = np.random.default_rng(0).integers(0, n, (120, n))
    found = stepm(d, mean_block=1, indices=indices, studentise=False)
    statistic = math.sqrt(n) * d.mean(axis=0)
    order, worst = np.argsort(-statistic), 0.0
    for place, column in enumerate(order):
        rest = order[place:]
        tops = [max(math.sqrt(n) * (d[row][:, rest].mean(axis=0) - d[:, rest].mean(axis=0))) for row in indices]
        worst = max(worst, float(np.mean(np.array(tops) > statistic[column])))
        assert found.pvalues[column] == worst


def test_family_wise_error():
    """No skill anywhere: some model is rejected in about 10 % of 150 draws, not in most of them."""
    generator = np.random.default_rng(8)
    hits = sum(
        bool(stepm(generator.normal(size=(80, 10)), mean_block=1, alpha=0.1, reps=200, seed=k).rejected)
        for k in range(150)
    )
    assert hits / 150 <= 0.2


def test_idle_models_and_bad_requests():
    """A model equal to its benchmark is never rejected; a constant edge is a gap; levels are within (0, 1)."""
    d = np.random.default_rng(0).normal(-1, 1, (50, 3))
    d[:, 1] = 0.0
    assert stepm(d, mean_block=5, reps=100, alpha=0.9).rejected == ()
    d[:, 1] = 0.01
    with pytest.raises(NotEnoughDataError, match="constant"):
        stepm(d, mean_block=5, reps=100)
    with pytest.raises(BadInputError, match="confidence_range"):
        stepm(d, mean_block=5, alpha=0.0)
