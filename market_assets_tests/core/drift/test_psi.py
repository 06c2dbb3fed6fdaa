"""PSI against published values."""

import numpy as np
import pytest

from market_assets.core.drift.psi import bin_shares, psi, psi_of_proportions, quantile_edges
from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets_tests.golden.cases import cases


@pytest.mark.parametrize("item", cases("psi", only="expected_proportions"))
def test_published_proportions(item):
    """The sum over bins at 1e-12."""
    i = item["inputs"]
    found = psi_of_proportions(i["expected_proportions"], i["actual_proportions"])
    assert found == pytest.approx(item["expected"]["psi"], abs=item["tolerance"])


@pytest.mark.parametrize("item", cases("psi", only="expected_counts"))
def test_an_empty_bin_is_floored_at_the_stated_eps(item):
    """Floored, not renormalised; the value is a function of eps."""
    i = item["inputs"]
    e, a = (np.array(i[name]) / sum(i[name]) for name in ("expected_counts", "actual_counts"))
    assert psi_of_proportions(e, a, i["eps"]) == pytest.approx(item["expected"]["psi"], abs=item["tolerance"])
    assert abs(psi_of_proportions(e, a, 1e-3) - item["expected"]["psi"]) > 0.1


def test_bins_are_reference_deciles_with_open_ends():
    """Each reference bin holds a tenth; values beyond the reference fall into the outer bins."""
    reference = np.arange(1000.0)
    edges = quantile_edges(reference)
    assert bin_shares(reference, edges) == pytest.approx([0.1] * 10 + [0])
    assert bin_shares([-1e9, 1e9, np.inf, np.nan], edges)[[0, 9, 10]].tolist() == [0.25, 0.5, 0.25]


def test_no_move_no_psi_and_a_move_is_seen():
    """Identical samples have PSI 0; a shift by one standard deviation is major."""
    generator = np.random.default_rng(0)
    reference = generator.normal(size=5000)
    assert psi(reference, reference[::-1]) == 0.0
    assert psi(reference, generator.normal(size=5000)) < 0.02
    assert psi(reference, generator.normal(1.0, size=5000)) > 0.25


def test_discrete_features_merge_their_bins():
    """Nine tenths zeros give one edge: at most zero, and above."""
    reference = np.r_[np.zeros(900), np.ones(100)]
    assert quantile_edges(reference).tolist() == [0.0]
    assert psi(reference, np.r_[np.zeros(500), np.ones(500)]) == pytest.approx(
        psi_of_proportions([0.9, 0.1, 0], [0.5, 0.5, 0])
    )


def test_a_feature_that_vanishes_has_drifted():
    """Missing values are a bin of their own: all NaN now is major drift, not a gap."""
    assert psi(np.arange(200.0), np.full(200, np.nan)) > 1


def test_nothing_to_compare_is_a_gap():
    """No reference values or no current rows: no number."""
    for reference, current in ((np.full(50, np.nan), [1.0]), (np.arange(50.0), [])):
        with pytest.raises(NotEnoughDataError):
            psi(reference, current)
    with pytest.raises(BadInputError):
        psi_of_proportions([0.5, 0.5], [1.0])
