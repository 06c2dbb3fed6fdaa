"""Range-based variance estimators against published reference values.

The numbers are for eight bars and a single bar; two independent implementations agree on them to 1e-12. Formulas:
Parkinson (1980); Garman & Klass (1980); Rogers & Satchell (1991); Yang & Zhang (2000) eq. 8-10.
"""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.features.bars import Bars
from market_assets.core.features.range_estimators import (
    bipower,
    garman_klass,
    garman_klass_bar,
    parkinson,
    parkinson_bar,
    realized,
    rogers_satchell,
    rogers_satchell_bar,
    yang_zhang,
    yang_zhang_weight,
)
from market_assets.core.features.rolling import rolling_var
from market_assets_tests.golden.cases import case

TABLE, BAR = case("range_volatility", "ohlc8"), case("range_volatility", "single_bar_handcheck")
EXPECTED, EXACT = TABLE["expected"], {"rtol": 0.0, "atol": TABLE["tolerance"]}
BARS = Bars(**{name: np.array(TABLE["inputs"][name]) for name in ("open", "high", "low", "close")}, volume=np.ones(8))
PER_BAR = {parkinson_bar: "parkinson", garman_klass_bar: "garman_klass", rogers_satchell_bar: "rogers_satchell"}
NIGHTS = EXPECTED["yang_zhang_n_returns"]
VARIANCE = {
    parkinson: (8, "parkinson_var_per_bar"),
    garman_klass: (8, "garman_klass_var"),
    rogers_satchell: (8, "rogers_satchell_var"),
    yang_zhang: (NIGHTS, "yang_zhang_var"),
}


@pytest.mark.parametrize("estimator", PER_BAR, ids=lambda f: f.__name__)
def test_published_bars(estimator) -> None:
    """The variance of each of the eight bars is the published one."""
    np.testing.assert_allclose(estimator(BARS), EXPECTED[f"per_bar_{PER_BAR[estimator]}"], **EXACT)


@pytest.mark.parametrize("estimator", VARIANCE, ids=lambda f: f.__name__)
def test_published_windows(estimator) -> None:
    """Variance and volatility of the whole table are the published ones; Yang-Zhang uses the bars with a night."""
    window, name = VARIANCE[estimator]
    values = estimator(BARS, window)
    np.testing.assert_allclose(values[-1], EXPECTED[name], **EXACT)
    np.testing.assert_allclose(np.sqrt(values[-1]), EXPECTED[f"{estimator.__name__}_vol"], **EXACT)
    assert np.isnan(values[:-1]).all()


def test_published_annual_volatility() -> None:
    """The Parkinson volatility times the root of 252."""
    annual = np.sqrt(252.0 * parkinson(BARS, 8)[-1])
    np.testing.assert_allclose(annual, EXPECTED["annualised_252_parkinson_vol"], **EXACT)


def test_published_yang_zhang_weight() -> None:
    """The weight for the seven bars that have a night."""
    np.testing.assert_allclose(yang_zhang_weight(NIGHTS), EXPECTED["yang_zhang_k"], **EXACT)


def test_published_close_to_close() -> None:
    """The sample variance of the seven log returns is the published one."""
    np.testing.assert_allclose(rolling_var(BARS.ret, NIGHTS)[-1], EXPECTED["close_to_close_var_ddof1"], **EXACT)


@pytest.mark.parametrize("estimator", PER_BAR, ids=lambda f: f.__name__)
def test_single_bar(estimator) -> None:
    """Open 100, high 105, low 98, close 103: closed-form values."""
    bar = Bars(**{name: np.array([float(value)]) for name, value in BAR["inputs"].items()}, volume=np.ones(1))
    expected = BAR["expected"][f"{PER_BAR[estimator]}_var"]
    np.testing.assert_allclose(estimator(bar)[0], expected, rtol=0.0, atol=BAR["tolerance"])


def test_yang_zhang_is_not_the_common_mistake() -> None:
    """Close over previous open, no demeaning and RS over n - 1 would give .018790."""
    assert np.sqrt(yang_zhang(BARS, 7)[-1]) == pytest.approx(0.016467649, abs=5e-10)


def test_bipower_ignores_one_jump() -> None:
    """One jump moves realised variance by its square, bipower variation by far less."""
    calm = np.where(np.arange(60) % 2 == 0, 0.01, -0.01)
    jump = calm.copy()
    jump[40] = 0.2
    assert realized(jump, 59)[-1] - realized(calm, 59)[-1] == pytest.approx((0.2**2 - 0.01**2) / 59)
    assert bipower(calm, 59)[-1] == pytest.approx(np.pi / 2 * 0.01**2)
    assert bipower(jump, 59)[-1] - bipower(calm, 59)[-1] == pytest.approx(np.pi / 2 * 2 * 0.01 * 0.19 / 59)
