"""Sharpe inference against published values, and the mistakes commonly made."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.statistics.sharpe import (
    min_track_record_length,
    moments,
    probabilistic_sharpe,
    se_bailey_lopez_de_prado,
    se_lo_iid,
    se_mertens,
    sharpe_ratio,
    sharpe_ratios,
)
from market_assets_tests.golden.cases import case, cases


@pytest.mark.parametrize("item", cases("sharpe_ratio"))
def test_sharpe_ratio_and_moments_are_the_published_ones(item):
    """Sharpe ratio with ddof 1, population skewness, raw population kurtosis."""
    given_, want, tol = item["inputs"], item["expected"], item["tolerance"]
    found = moments(given_["returns"])
    assert sharpe_ratio(given_["returns"], given_["rf_per_period"]) == pytest.approx(want["sharpe_ddof1"], abs=tol)
    assert found.mean == pytest.approx(want["mean"], abs=tol)
    assert found.std == pytest.approx(want["std_ddof1"], abs=tol)
    assert found.skew == pytest.approx(want["skew_biased"], abs=tol)
    assert found.kurtosis == pytest.approx(want["kurtosis_raw_biased"], abs=tol)


@pytest.mark.parametrize("item", cases("sharpe_full_chain"))
def test_the_whole_chain_from_returns_to_track_record(item):
    """Every link from 24 monthly returns to MinTRL agrees at 1e-9."""
    want, tol = item["expected"], item["tolerance"]
    found = moments(item["inputs"]["returns"])
    sr, shape = found.mean / found.std, (found.skew, found.kurtosis)
    chain = {
        "sharpe": sr,
        "se_mertens_Tminus1": se_bailey_lopez_de_prado(sr, found.n, *shape),
        "se_mertens_T": se_mertens(sr, found.n, *shape),
        "se_lo_normal_T": se_lo_iid(sr, found.n),
        "psr_vs_0": probabilistic_sharpe(sr, found.n, *shape),
        "psr_vs_0p1": probabilistic_sharpe(sr, found.n, *shape, benchmark=0.1),
        "mintrl_95_vs_0": min_track_record_length(sr, *shape),
    }
    assert chain == pytest.approx({name: want[name] for name in chain}, abs=tol)


@pytest.mark.parametrize("item", cases("sharpe_se_lo_iid"))
def test_standard_error_of_lo(item):
    """Iid normal standard error divides by T."""
    assert se_lo_iid(item["inputs"]["sr"], item["inputs"]["T"]) == pytest.approx(
        item["expected"]["se"], abs=item["tolerance"]
    )


@pytest.mark.parametrize("item", cases("sharpe_se_mertens"))
def test_the_two_non_normal_standard_errors_are_not_mixed_up(item):
    """Mertens divides by T, Bailey & Lopez de Prado by T - 1."""
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    arguments = (i["sr"], i["T"], i["skew"], i["kurtosis_raw"])
    assert se_mertens(*arguments) == pytest.approx(want["se_T"], abs=tol)
    assert se_bailey_lopez_de_prado(*arguments) == pytest.approx(want["se_Tminus1"], abs=tol)


@pytest.mark.parametrize("item", cases("probabilistic_sharpe_ratio"))
def test_probabilistic_sharpe(item):
    """PSR of Bailey & Lopez de Prado 2012."""
    i = item["inputs"]
    found = probabilistic_sharpe(i["sr"], i["T"], i["skew"], i["kurtosis_raw"], i["sr_benchmark"])
    assert found == pytest.approx(item["expected"]["psr"], abs=item["tolerance"])


@pytest.mark.parametrize("item", cases("min_track_record_length"))
def test_minimum_track_record(item):
    """MinTRL in periods, annual Sharpe ratios converted by the caller."""
    i = item["inputs"]
    root = math.sqrt(i.get("periods_per_year", 1))
    sr = i.get("sr", i.get("sr_annual", 0) / root)
    benchmark = i.get("benchmark", i.get("benchmark_annual", 0) / root)
    found = min_track_record_length(sr, i["skew"], i["kurtosis_raw"], benchmark, i["confidence"])
    assert found == pytest.approx(item["expected"]["min_trl_periods"], abs=item["tolerance"])


@given(sr=st.floats(-1, 1), gap=st.floats(0, 1))
def test_no_track_record_shows_what_is_not_there(sr, gap):
    """SR <= SR*: infinite, where the raw formula gives a finite number."""
    assert min_track_record_length(sr, 0.0, 3.0, benchmark=sr + gap) == math.inf


def test_bias_corrected_moments_would_be_noticed():
    """Bias-corrected moments give PSR .999933164 on the 24 returns; ours must not be that."""
    item = case("sharpe_full_chain", "returns24")
    found = moments(item["inputs"]["returns"])
    psr = probabilistic_sharpe(found.mean / found.std, found.n, found.skew, found.kurtosis)
    assert abs(psr - 0.999933164) > 5e-6


@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0], [0.001] * 7, [0.5]])
def test_no_variation_is_not_a_number(values):
    """A Sharpe ratio of constant or single returns is a typed gap, not 1e16."""
    with pytest.raises(NotEnoughDataError):
        sharpe_ratio(values)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_non_finite_returns_are_named(bad):
    """The refusal names the row."""
    with pytest.raises(BadInputError, match="row 1"):
        sharpe_ratio([0.1, bad, 0.2])


def test_impossible_moments_are_refused():
    """Excess kurtosis passed as raw is caught where it cannot be a kurtosis."""
    with pytest.raises(BadInputError, match="possible_moments"):
        probabilistic_sharpe(0.1, 100, skew=0.5, kurtosis=0.2)


def test_columns_equal_the_single_series():
    """The matrix form is the vector form column by column, and marks flat columns with NaN."""
    matrix = np.random.default_rng(3).normal(0.001, 0.01, (60, 4))
    matrix[:, 2] = 0.0
    found = sharpe_ratios(matrix)
    assert np.isnan(found[2])
    for column in (0, 1, 3):
        assert found[column] == pytest.approx(sharpe_ratio(matrix[:, column]), rel=1e-12)
