"""Limits of Kelly positions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from market_assets.core.errors import BadInputError
from market_assets.core.risk.sizing import KellySpec, kelly_positions

BOOKS = arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 12)), elements=st.floats(-5, 5))


def plain_positions(exposure, sizing):
    """The same rule in words, one book at a time."""
    books = []
    for book in exposure:
        held = []
        for full in book:
            wanted = max(full * sizing.fraction, 0.0) if sizing.long_only else full * sizing.fraction
            held.append(min(max(wanted, -sizing.position), sizing.position))
        gross = sum(abs(one) for one in held)
        books.append([one * sizing.cap / gross if gross > sizing.cap else one for one in held])
    return np.array(books)


@given(BOOKS, st.floats(0.1, 1.0), st.floats(0.05, 1.0), st.floats(0.01, 0.5), st.booleans())
def test_equal_to_the_plain_rule(exposure, fraction, cap, position, long_only):
    """Every book is that of the plain rule, within both limits, never larger than the fraction, never of other sign."""
    sizing = KellySpec(fraction=fraction, cap=cap, position=position, long_only=long_only)
    found = kelly_positions(exposure, sizing)
    assert found == pytest.approx(plain_positions(exposure, sizing), abs=1e-12)
    assert np.abs(found).max() <= position * (1 + 1e-12)
    assert np.abs(found).sum(axis=1).max() <= cap * (1 + 1e-12)
    assert np.all(np.abs(found) <= fraction * np.abs(exposure) * (1 + 1e-12))
    assert np.all(found * exposure >= 0.0)


def test_the_default_limits():
    """A quarter of the equity in all, a twentieth in one name."""
    full = np.array([0.02, -3.0, 0.5, 0.5, 0.5, 0.5, 0.5])
    found = kelly_positions(full, KellySpec())
    assert np.abs(found).sum() == pytest.approx(0.25, abs=1e-15)
    assert found[1] == -found[2]
    assert found[0] / found[2] == pytest.approx(0.01 / 0.05, abs=1e-12)
    assert kelly_positions(full[:2], KellySpec()).tolist() == [0.01, -0.05]
    assert kelly_positions(full[:2], KellySpec(long_only=True)).tolist() == [0.01, 0.0]


def test_what_is_not_a_number_is_refused():
    """A missing exposure is never a position; impossible limits are no spec."""
    with pytest.raises(BadInputError, match="kelly_exposure"):
        kelly_positions([0.1, np.nan], KellySpec())
    for wrong in ({"fraction": 0.0}, {"fraction": 1.5}, {"cap": 0.0}, {"position": -0.1}):
        with pytest.raises(ValidationError):
            KellySpec(**wrong)
