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
)
from market_assets.core.features.rolling import rolling_var

BARS = Bars(
    open=np.array([100.0, 101.2, 102.5, 101.0, 99.8, 100.6, 103.0, 104.1]),
    high=np.array([102.0, 103.1, 103.0, 101.9, 101.4, 103.5, 105.2, 104.8]),
    low=np.array([99.2, 100.5, 100.3, 98.9, 99.1, 100.2, 102.4, 101.7]),
    close=np.array([101.5, 102.3, 100.9, 99.5, 101.1, 103.2, 104.4, 102.2]),
    volume=np.ones(8),
)
PER_BAR = {
    parkinson_bar: [
        0.0002794413858754841,
        0.00023529511258892262,
        0.0002544944885801558,
        0.0003220729593800082,
        0.00018986265899901427,
        0.00037870091659965353,
        0.00026247538194229547,
        0.00032517943368694355,
    ],
    garman_klass_bar: [
        0.0003017578443952985,
        0.00028103978395143433,
        0.00025718744383645595,
        0.0003600014259917315,
        0.00019850359177302386,
        0.00027347598470339843,
        0.00029345882676561227,
        0.00031972189042260064,
    ],
    rogers_satchell_bar: [
        0.0002814140777185868,
        0.00026811047053907375,
        0.00022964550498950388,
        0.0003385288629830001,
        0.00018776457148478524,
        0.00020002724025586154,
        0.0002743383302614955,
        0.0002827560909225859,
    ],
}
VARIANCE = {
    parkinson: (8, 0.0002809402922065597),
    garman_klass: (8, 0.00028564334897994447),
    rogers_satchell: (8, 0.0002578231436443616),
    yang_zhang: (7, 0.0002711834702141044),
}


@pytest.mark.parametrize("estimator", PER_BAR, ids=lambda f: f.__name__)
def test_published_bars(estimator) -> None:
    """The variance of each of the eight bars is the published one."""
    np.testing.assert_allclose(estimator(BARS), PER_BAR[estimator], rtol=1e-12)


@pytest.mark.parametrize("estimator", VARIANCE, ids=lambda f: f.__name__)
def test_published_windows(estimator) -> None:
    """The variance of the whole table is the published one; Yang-Zhang uses the 7 bars that have a night."""
    window, expected = VARIANCE[estimator]
    values = estimator(BARS, window)
    assert values[-1] == pytest.approx(expected, rel=1e-12)
    assert np.isnan(values[:-1]).all()


def test_published_volatility() -> None:
    """Square roots as printed: .016761274, .016900987, .016056872, .016467649."""
    roots = [np.sqrt(estimator(BARS, window)[-1]) for estimator, (window, _) in VARIANCE.items()]
    expected = [0.01676127358545763, 0.016900986627411563, 0.016056872162546528, 0.016467649201209758]
    np.testing.assert_allclose(roots, expected, rtol=1e-12)
    assert roots[0] * np.sqrt(252.0) == pytest.approx(0.2660769693830209, rel=1e-12)


def test_published_close_to_close() -> None:
    """The sample variance of the seven log returns is the published one."""
    assert rolling_var(BARS.ret, 7)[-1] == pytest.approx(0.0002840657505602097, rel=1e-12)


def test_single_bar() -> None:
    """Open 100, high 105, low 98, close 103: closed-form values."""
    bar = Bars(*(np.array([value]) for value in (100.0, 105.0, 98.0, 103.0, 1.0)))
    assert parkinson_bar(bar)[0] == pytest.approx(0.0017168129834163463, abs=1e-14)
    assert garman_klass_bar(bar)[0] == pytest.approx(0.0020424939710660455, abs=1e-14)
    assert rogers_satchell_bar(bar)[0] == pytest.approx(0.0019436185189631145, abs=1e-14)


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
