"""CSCV against published matrices and against its definition."""

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import linregress, rankdata

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.statistics.pbo import cscv
from market_assets_tests.golden.cases import case, cases

FORMULAS = {
    "A_S4_T40_N5": lambda t, n, N: 0.01 * np.sin(0.7 * t * n) + 0.004 * np.cos(0.3 * t**2 + n) + 0.0005 * (n - 1) / N,
    "C_S16_T160_N10": lambda t, n, N: (
        0.01 * np.sin(0.413 * t * n) + 0.004 * np.cos(0.31 * t**2 + n) + 0.0009 * (n - 1) / N
    ),
    "E_persistent_PBO0": lambda t, n, N: 0.01 * np.where(t % 2 == 0, 1.0, -1.0) + 0.001 * n,
    "G_S4_oddN_median": lambda t, n, N: 0.01 * np.sin(1.1 * t * n) + 0.004 * np.cos(0.2 * t**2 + n),
}


def published_matrix(item):
    """Rebuild the closed-form matrix and check its two sums."""
    i = item["inputs"]
    t, n = np.arange(1, i["T"] + 1)[:, None], np.arange(1, i["N"] + 1)[None, :]
    matrix = FORMULAS[item["id"]](t, n, i["N"])
    assert matrix.sum() == pytest.approx(i["checksum_sum"], abs=1e-9)
    assert (matrix**2).sum() == pytest.approx(i["checksum_sumsq"], abs=1e-9)
    return matrix


def plain_cscv(matrix, blocks):
    """The definition, one in-sample set at a time, on the joined rows."""
    size = len(matrix) // blocks
    parts = np.split(matrix[len(matrix) - size * blocks :], blocks)
    logits, winners, inside, outside = [], [], [], []
    for chosen in combinations(range(blocks), blocks // 2):
        seen = np.vstack([parts[b] for b in chosen])
        unseen = np.vstack([parts[b] for b in range(blocks) if b not in chosen])
        a, b = (half.mean(axis=0) / half.std(axis=0, ddof=1) for half in (seen, unseen))
        best = int(np.argmax(a))
        w = rankdata(b)[best] / (matrix.shape[1] + 1)
        logits.append(np.log(w / (1 - w)))
        winners.append(best)
        inside.append(a[best])
        outside.append(b[best])
    return SimpleNamespace(
        logits=np.array(logits), winners=winners, in_sample=np.array(inside), out_of_sample=np.array(outside)
    )


@pytest.mark.parametrize("item", cases("pbo_cscv"))
def test_published_cases(item):
    """PBO, logits, winners, degradation and loss probability at 1e-9."""
    want, tol = item["expected"], item["tolerance"]
    found = cscv(published_matrix(item), item["inputs"]["S"])
    assert len(found.logits) == want["n_combinations"]
    assert found.pbo == pytest.approx(want["pbo_lambda_le_0"], abs=tol)
    assert np.mean(found.logits < 0) == pytest.approx(want["pbo_lambda_lt_0"], abs=tol)
    assert found.logits.mean() == pytest.approx(want["logit_mean"], abs=tol)
    assert found.logits.std() == pytest.approx(want["logit_std_ddof0"], abs=tol)
    assert found.loss_probability == pytest.approx(want["prob_oos_loss"], abs=tol)
    assert found.in_sample.mean() == pytest.approx(want["mean_is_star"], abs=tol)
    assert found.out_of_sample.mean() == pytest.approx(want["mean_oos_star"], abs=tol)
    assert np.bincount(found.winners, minlength=item["inputs"]["N"]).tolist() == want["winner_counts"]
    regression = {"slope": found.slope, "intercept": found.intercept, "r2": found.r2}
    for name, value in regression.items():
        published = want[f"degradation_{name}"]
        assert value is None if published == "NaN" else value == pytest.approx(published, abs=tol)
    if "logits_in_lexicographic_order" in want:
        assert found.logits == pytest.approx(np.array(want["logits_in_lexicographic_order"]), abs=tol)
        assert found.winners.tolist() == want["winner_in_order"]
        assert found.in_sample == pytest.approx(np.array(want["is_star"]), abs=tol)
        assert found.out_of_sample == pytest.approx(np.array(want["oos_star"]), abs=tol)


@pytest.mark.parametrize("shape", [(60, 4, 6), (83, 7, 8), (45, 2, 4), (50, 3, 2)])
def test_equal_to_the_definition(shape):
    """Block sums and complement reuse give what the joined rows give, remainders dropped from the front."""
    n_rows, n_columns, blocks = shape
    matrix = np.random.default_rng(n_rows).standard_t(4, (n_rows, n_columns)) * 0.01
    found, want = cscv(matrix, blocks), plain_cscv(matrix, blocks)
    assert found.dropped == n_rows % blocks
    assert found.logits == pytest.approx(want.logits, abs=1e-12)
    assert found.winners.tolist() == want.winners
    assert found.in_sample == pytest.approx(want.in_sample, abs=1e-12)
    fit = linregress(want.in_sample, want.out_of_sample)
    assert found.slope == pytest.approx(fit.slope, abs=1e-10)
    assert found.intercept == pytest.approx(fit.intercept, abs=1e-10)
    assert found.r2 == pytest.approx(fit.rvalue**2, abs=1e-10)


def test_a_large_common_mean_costs_no_digits():
    """Columns far from zero keep their Sharpe ratios: sums of squares are centred first."""
    matrix = 1e4 + np.random.default_rng(0).normal(0, 1, (64, 3))
    assert cscv(matrix, 4).in_sample == pytest.approx(plain_cscv(matrix, 4).in_sample, rel=1e-9)


def test_averaging_block_sharpes_would_be_noticed():
    """The metric of a half is not the mean of its blocks' metrics: the planted shortcut gives another PBO."""
    matrix = published_matrix(case("pbo_cscv", "C_S16_T160_N10"))
    parts = matrix.reshape(16, 10, 10)
    blockwise = parts.mean(axis=1) / parts.std(axis=1, ddof=1)
    logits = []
    for chosen in combinations(range(16), 8):
        mask = np.isin(np.arange(16), chosen)
        unseen = blockwise[~mask].mean(axis=0)
        logits.append(rankdata(unseen)[np.argmax(blockwise[mask].mean(axis=0))] / 11 - 0.5)
    assert abs(np.mean(np.array(logits) <= 0) - cscv(matrix, 16).pbo) > 1e-3


def test_ties_take_average_ranks():
    """Duplicated columns share their rank: two identical columns are both in the middle, so PBO is 1."""
    column = np.random.default_rng(1).normal(0.001, 0.01, (32, 1))
    found = cscv(np.hstack([column, column]), 4)
    assert (found.logits == 0.0).all()
    assert found.pbo == 1.0


def test_ordinal_ranks_would_be_noticed():
    """Every column has a twin: ordinal ranks give other logits than the average ranks of the definition."""
    matrix = np.random.default_rng(7).normal(0, 0.01, (40, 3))[:, [0, 0, 1, 1, 2, 2]]
    found, ordinal = cscv(matrix, 4), []
    assert found.logits == pytest.approx(plain_cscv(matrix, 4).logits, abs=1e-12)
    parts = np.split(matrix, 4)
    for half, chosen in enumerate(combinations(range(4), 2)):
        unseen = np.vstack([parts[b] for b in range(4) if b not in chosen])
        rank = rankdata(unseen.mean(axis=0) / unseen.std(axis=0, ddof=1), method="ordinal")[found.winners[half]]
        ordinal.append(np.log(rank / (7 - rank)))
    assert np.abs(np.array(ordinal) - found.logits).max() > 0.1


def test_an_idle_column_counts_as_zero():
    """A column without positions ranks as zero performance; a constant one has no Sharpe ratio at all."""
    matrix = np.random.default_rng(2).normal(-0.02, 0.01, (64, 3))
    matrix[:, 1] = 0.0
    found = cscv(matrix, 8)
    assert (found.winners == 1).all()
    assert (found.in_sample == 0.0).all()
    assert found.slope is None
    assert found.pbo == 0.0
    with pytest.raises(NotEnoughDataError, match="column 1 is constant"):
        cscv(np.where(np.arange(3) == 1, 0.01, matrix), 8)


def test_noise_overfits_half_the_time():
    """Over many matrices of noise the mean PBO is about one half; with one real edge it is near zero."""
    generator = np.random.default_rng(11)
    pbos = [cscv(generator.normal(0, 0.01, (160, 10)), 8).pbo for _ in range(60)]
    assert np.mean(pbos) == pytest.approx(0.5, abs=0.1)
    edge = generator.normal(0, 0.01, (160, 10)) + np.where(np.arange(10) == 3, 0.005, 0.0)
    assert cscv(edge, 8).pbo < 0.01


@pytest.mark.parametrize("blocks", [3, 0, 22])
def test_odd_or_absurd_block_counts_are_refused(blocks):
    """Only an even number of blocks has halves, and 2 to 20 of them can be enumerated."""
    with pytest.raises(BadInputError, match="block_count"):
        cscv(np.ones((100, 2)), blocks)


@pytest.mark.parametrize("shape", [(31, 5), (100, 1)])
def test_too_little_data_is_a_gap(shape):
    """Two rows a block and two columns are the least."""
    with pytest.raises(NotEnoughDataError):
        cscv(np.random.default_rng(0).normal(size=shape), 16)
