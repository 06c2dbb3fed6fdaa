"""How far a cost curve is from a line."""

import pytest

from benchmarks.linear import linearity

SIZES = (46, 92, 184)


def test_a_line_with_intercept_is_linear():
    """Fixed costs are no deviation."""
    found = linearity(SIZES, [20.0 + 0.5 * size for size in SIZES])
    assert found.ratio == pytest.approx(1.0)
    assert found.deviation == pytest.approx(0.0, abs=1e-12)
    assert found.residual == pytest.approx(0.0, abs=1e-12)
    assert (found.intercept, found.slope) == pytest.approx((20.0, 0.5))


def test_quadratic_cost_is_found():
    """n^2 gives marginal costs n1 + n0: (184 + 92) / (92 + 46) = 2."""
    found = linearity(SIZES, [size**2 for size in SIZES])
    assert found.marginal == pytest.approx((138.0, 276.0))
    assert found.ratio == pytest.approx(2.0)
    assert found.deviation == pytest.approx(1.0)
    assert found.residual > 0.2


def test_a_curve_that_bends_down_deviates_too():
    """Linear within 20 % is meant both ways."""
    found = linearity(SIZES, [size**0.5 for size in SIZES])
    assert found.ratio < 0.8
    assert found.deviation > 0.2


@pytest.mark.parametrize(
    ("sizes", "seconds"),
    [((46, 92), (1.0, 2.0)), ((46, 92, 92), (1.0, 2.0, 3.0)), (SIZES, (1.0, 2.0)), (SIZES, (2.0, 2.0, 3.0))],
)
def test_points_that_define_no_curve_are_refused(sizes, seconds):
    """Three increasing sizes, a time each, and a first marginal cost above zero."""
    with pytest.raises(ValueError, match=r"three increasing|not positive"):
        linearity(sizes, seconds)
