"""Verdicts cannot contradict themselves."""

import math
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_assets.core.errors import IntegrityError
from market_assets.core.gates.verdict import Reason, Verdict, judge
from market_assets.core.identity import canonical_json

REASONS = st.builds(
    judge,
    st.sampled_from(["sharpe", "pbo"]),
    st.one_of(st.none(), st.floats(), st.integers(-5, 5)),
    st.sampled_from([">=", "<=", "=="]),
    st.floats(-5, 5),
    st.just("A text."),
)


@given(st.lists(REASONS, max_size=5))
def test_passed_means_all_passed_and_there_was_something(reasons):
    """The verdict is the conjunction of its reasons; no reasons is no pass; the JSON form is the same verdict."""
    verdict = Verdict.of(reasons)
    assert verdict.passed == (len(reasons) > 0 and all(r.passed for r in reasons))
    assert len(verdict.failures) == sum(not r.passed for r in reasons)
    canonical_json(verdict.to_payload())
    assert Verdict.from_payload(verdict.to_payload()) == verdict


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("comparison", [">=", "<=", "=="])
def test_what_is_not_a_number_never_passes(value, comparison):
    """Missing, NaN and infinite figures are gaps, whatever the direction."""
    reason = judge("figure", value, comparison, 0.0, "Shown.")
    assert reason.value is None
    assert not reason.passed
    assert ("not a number" in reason.text) == (value is not None)


@pytest.mark.parametrize(("comparison", "passes"), [(">=", (False, True, True)), ("<=", (True, True, False))])
def test_thresholds_include_themselves(comparison, passes):
    """A figure equal to its threshold passes."""
    assert tuple(judge("f", value, comparison, 1.0, "").passed for value in (0.9, 1.0, 1.1)) == passes


def test_tampered_verdicts_are_refused():
    """A stored refusal cannot be turned into a pass by flipping flags."""
    payload = Verdict.of([judge("pbo", 0.6, "<=", 0.2, "PBO.")]).to_payload()
    flipped = {"passed": True, "reasons": [{**payload["reasons"][0], "passed": True}]}
    for bad in (
        {**payload, "passed": True},
        flipped,
        {"passed": True, "reasons": []},
        {"passed": 1, "reasons": []},
        {"reasons": []},
        {"passed": False, "reasons": [{"gate": "x"}]},
        {"passed": False, "reasons": [{**payload["reasons"][0], "comparison": "!="}]},
        {"passed": False, "reasons": [{**payload["reasons"][0], "value": math.nan}]},
    ):
        with pytest.raises(IntegrityError):
            Verdict.from_payload(bad)
    with pytest.raises(IntegrityError):
        Reason(**{**asdict(judge("f", 1.0, ">=", 2.0, "")), "passed": True})
