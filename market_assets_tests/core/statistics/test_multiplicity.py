"""Adjusted p-values against published families and their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_assets.core.errors import BadInputError
from market_assets.core.statistics import multiplicity
from market_assets_tests.golden.cases import case, cases

GATES = ["bonferroni", "sidak", "holm", "benjamini_hochberg", "benjamini_yekutieli"]
ADJUSTED = {**{name: getattr(multiplicity, name) for name in GATES}, "harvey_liu_bhy": multiplicity.harvey_liu_bhy}
FAMILY = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@pytest.mark.parametrize("item", cases("multiple_testing_pvalues"))
def test_published_families(item):
    """Every method's adjusted values, the counts rejected, and what the paper prints."""
    p, alpha, want = item["inputs"]["pvalues"], item["inputs"]["alpha"], item["expected"]
    for name, adjust in ADJUSTED.items():
        key = "harvey_liu_bhy_variant" if name == "harvey_liu_bhy" else name
        assert adjust(p) == pytest.approx(np.array(want[key]), abs=item["tolerance"])
        if f"n_reject_5pct_{name}" in want:
            assert (adjust(p) <= alpha).sum() == want[f"n_reject_5pct_{name}"]
        if key in want.get("paper_rounded", {}):
            assert adjust(p) == pytest.approx(np.array(want["paper_rounded"][key]), abs=6e-5)
    assert multiplicity.benjamini_yekutieli([1e-9, 1.0])[0] == pytest.approx(2e-9 * 1.5, rel=1e-12)
    single = np.r_[1e-12, np.ones(len(p) - 1)]  # one tiny p among ones shows c(M) alone
    factor = multiplicity.benjamini_yekutieli(single)[0] / multiplicity.benjamini_hochberg(single)[0]
    assert factor == pytest.approx(want["c_M"], rel=1e-12)


def plain(name, p):
    """Adjusted p-values by the textbook sentence, for each test on its own."""
    m, order = len(p), sorted(range(len(p)), key=lambda i: p[i])
    out = [0.0] * m
    for place, index in enumerate(order):
        if name == "holm":
            out[index] = min(1.0, max((m - j) * p[order[j]] for j in range(place + 1)))
        else:
            c = sum(1 / i for i in range(1, m + 1)) if name == "benjamini_yekutieli" else 1.0
            out[index] = min(1.0, min(c * m / (j + 1) * p[order[j]] for j in range(place, m)))
    return out


@given(FAMILY)
def test_equal_to_the_definitions(p):
    """Running maxima and minima are the stepwise rules, in the order given."""
    for name in ("holm", "benjamini_hochberg", "benjamini_yekutieli"):
        assert ADJUSTED[name](p) == pytest.approx(np.array(plain(name, p)), rel=1e-9, abs=1e-300)


@given(FAMILY)
def test_order_of_strictness(p):
    """Raw <= BH <= BY and BH <= Holm <= Bonferroni, Sidak <= Bonferroni, all within [0, 1] and monotone in p."""
    found = {name: adjust(p) for name, adjust in ADJUSTED.items()}
    slack, order = 1e-12, np.argsort(p)
    assert (found["benjamini_hochberg"] >= np.array(p) - slack).all()
    for weaker, stronger in [
        ("benjamini_hochberg", "benjamini_yekutieli"),
        ("benjamini_hochberg", "holm"),
        ("holm", "bonferroni"),
        ("sidak", "bonferroni"),
        ("harvey_liu_bhy", "benjamini_yekutieli"),
    ]:
        assert (found[weaker] <= found[stronger] + slack).all()
    for values in found.values():
        assert ((values >= 0) & (values <= 1)).all()
        assert (np.diff(values[order]) >= -slack).all()


def test_order_of_the_tests_does_not_matter():
    """Each p-value keeps its place."""
    p = case("multiple_testing_pvalues", "bh1995_fifteen")["inputs"]["pvalues"]
    shuffle = np.random.default_rng(0).permutation(len(p))
    for adjust in ADJUSTED.values():
        assert adjust(np.array(p)[shuffle]) == pytest.approx(adjust(p)[shuffle], rel=1e-14)


def test_missing_running_maximum_would_be_noticed():
    """Holm without it is not monotone on the six tests: .045 after .0512 is not what ours gives."""
    p = np.array(case("multiple_testing_pvalues", "harvey_liu_six_tests")["inputs"]["pvalues"])
    wrong = np.arange(6, 0, -1) * p
    assert np.abs(wrong - multiplicity.holm(p)).max() > 1e-3


def test_the_printed_recursion_is_not_for_gates():
    """Thirty useless tests at .05 and the variant rejects them all; Benjamini-Yekutieli rejects none."""
    p = np.full(30, 0.05)
    assert (multiplicity.harvey_liu_bhy(p) <= 0.05).all()
    assert (multiplicity.benjamini_yekutieli(p) > 0.05).all()


@pytest.mark.parametrize("bad", [[], [0.5, np.nan], [-0.1], [1.1], [[0.1]]])
def test_what_is_no_family_is_refused(bad):
    """Empty, missing, out of range or nested p-values."""
    for adjust in ADJUSTED.values():
        with pytest.raises(BadInputError, match="pvalues"):
            adjust(bad)
