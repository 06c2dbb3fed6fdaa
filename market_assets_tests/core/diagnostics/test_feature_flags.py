"""Every flag from the facts that raise it, with its reason, and none from a sound feature."""

from dataclasses import replace

import pytest

from market_assets.core.diagnostics.feature_flags import MEANINGS, Facts, flags_of, stable_share
from market_assets.core.diagnostics.spec import DiagnosticsSpec

SOUND = Facts(
    missing=0.0, varies=True, gaps=0.01, standing=None, vif=1.5, ic=0.05, p=1e-6, p_adjusted=1e-3, tests=9,
    signs=(1, 1, 1, -1),
)  # fmt: skip

CASES = {
    "mostly missing": ({"missing": 0.7}, "70% of the rows"),
    "constant": ({"varies": False}, "one value"),
    "market-wide": ({"gaps": 0.9}, "90% of the sessions"),
    "redundant": ({"standing": ("twin", -0.97)}, "-0.97 with twin"),
    "collinear": ({"vif": float("inf")}, "no bound"),
    "no information": ({"p": 0.03, "p_adjusted": 0.6}, "0.6 corrected for 9 features"),
    "unstable": ({"signs": (1, -1, -1, 0)}, "1 of 3"),
}


def test_every_flag_is_tested():
    """A new flag needs a case here."""
    assert list(CASES) == list(MEANINGS)


def test_a_sound_feature_has_none():
    """No flag without a reason."""
    assert flags_of(SOUND, DiagnosticsSpec()) == {}


@pytest.mark.parametrize("flag", CASES)
def test_each_fact_raises_its_flag_alone(flag):
    """One changed fact, one flag, in words that hold the figure."""
    change, words = CASES[flag]
    found = flags_of(replace(SOUND, **change), DiagnosticsSpec())
    assert list(found) == [flag]
    assert words in found[flag]


def test_the_share_of_blocks_needs_two():
    """Signs are held against that of the whole; blocks without one do not count."""
    assert stable_share(-0.1, (-1, -1, 1, 0)) == pytest.approx(2 / 3)
    assert stable_share(0.1, (1, 0)) is None
    assert stable_share(None, (1, 1)) is None
