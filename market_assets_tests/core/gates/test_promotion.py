"""The promotion gate: every threshold alone, every gap, null worlds and strong ones."""

import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_assets.core.gates.evidence import Evidence, Gap
from market_assets.core.gates.policy import PromotionPolicy
from market_assets.core.gates.promotion import promotion_gate
from market_assets.core.gates.verdict import Verdict
from market_assets_tests.core.gates.worlds import evidence_of

POLICY = PromotionPolicy()
STRONG = evidence_of(1, edge=4.0)

BROKEN = {
    "complete": {"gaps": (Gap("pbo", "a fold failed"),)},
    "observations": {"observations": 249},
    "net_sharpe": {"sharpe": 0.49},
    "sharpe_interval_low": {"sharpe_low": -0.01},
    "deflated_sharpe": {"deflated_sharpe": 0.949},
    "pbo": {"pbo": 0.201},
    "spa_pvalue": {"spa_consistent": 0.051},
    "max_drawdown": {"max_drawdown": -0.201},
    "positive_paths": {"path_sharpes": (1.0, 1.0, 1.0, -0.1, 0.0)},
    "positive_folds": {"fold_sharpes": (1.0, 1.0, 1.0, -1.0, -1.0, -1.0)},
    "conformal_coverage": {"coverage_gap": 0.031},
}
DECISIVE = {
    "sharpe": "net_sharpe",
    "sharpe_low": "sharpe_interval_low",
    "deflated_sharpe": "deflated_sharpe",
    "pbo": "pbo",
    "spa_consistent": "spa_pvalue",
    "max_drawdown": "max_drawdown",
    "coverage_gap": "conformal_coverage",
}


def failed(evidence, policy=POLICY):
    return [reason.gate for reason in promotion_gate(evidence, policy).failures]


def test_a_strong_world_is_promoted_with_every_reason_shown():
    """All thresholds hold, each with value, threshold and a sentence; the verdict survives JSON."""
    verdict = promotion_gate(STRONG, POLICY)
    assert verdict.passed
    assert [reason.gate for reason in verdict.reasons] == list(BROKEN)
    assert all(reason.value is not None and reason.text.endswith(".") for reason in verdict.reasons)
    assert Verdict.from_payload(verdict.to_payload()) == verdict


@pytest.mark.parametrize("gate", BROKEN)
def test_each_threshold_alone_refuses(gate):
    """One broken threshold refuses, and only its own reason fails."""
    assert failed(replace(STRONG, **BROKEN[gate])) == [gate]


@pytest.mark.parametrize("gap", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("field", "gate"), DECISIVE.items())
def test_a_missing_figure_refuses(field, gate, gap):
    """None, NaN and infinity fail their reason, whatever the direction of the comparison."""
    assert failed(replace(STRONG, **{field: gap})) == [gate]


@pytest.mark.parametrize("gap", [None, math.nan])
@pytest.mark.parametrize(("field", "gate"), [("path_sharpes", "positive_paths"), ("fold_sharpes", "positive_folds")])
def test_one_missing_path_or_fold_refuses(field, gate, gap):
    """Nineteen good ones do not make up for a failed one, and none at all is not all."""
    assert failed(replace(STRONG, **{field: (*[1.0] * 19, gap)})) == [gate]
    assert failed(replace(STRONG, **{field: ()})) == [gate]


@pytest.mark.parametrize(
    ("field", "value"), [("deflated_sharpe", 1.2), ("pbo", -0.1), ("spa_consistent", -1.0), ("max_drawdown", 0.1)]
)
def test_impossible_figures_are_no_evidence(field, value):
    """A probability above one or a positive drawdown cannot pass by being impossible."""
    assert failed(replace(STRONG, **{field: value})) == [DECISIVE[field]]


def test_without_a_best_candidate_nothing_is_promoted():
    """No candidate is incomplete evidence, even without a recorded gap."""
    assert "complete" in failed(replace(STRONG, best=None))


@given(
    st.fixed_dictionaries(
        {
            "sharpe": st.floats(-3, 5),
            "sharpe_low": st.floats(-3, 5),
            "deflated_sharpe": st.floats(0, 1),
            "pbo": st.floats(0, 1),
            "spa_consistent": st.floats(0, 1),
            "max_drawdown": st.floats(-1, 0),
            "observations": st.integers(0, 1000),
        }
    )
)
def test_promotion_requires_everything(figures):
    """Promoted exactly when all hold, and a stricter policy never promotes more."""
    evidence = replace(STRONG, **figures)
    want = (
        figures["sharpe"] >= 0.5
        and figures["sharpe_low"] >= 0
        and figures["deflated_sharpe"] >= 0.95
        and figures["pbo"] <= 0.2
        and figures["spa_consistent"] <= 0.05
        and figures["max_drawdown"] >= -0.2
        and figures["observations"] >= 250
    )
    assert promotion_gate(evidence, POLICY).passed == want
    strict = PromotionPolicy(min_deflated_sharpe=0.99, max_pbo=0.1, max_drawdown=0.1, min_observations=500)
    assert want or not promotion_gate(evidence, strict).passed


def test_evidence_read_back_gives_the_same_verdict():
    """The gate decides the same on the stored record."""
    again = Evidence.from_payload(STRONG.to_payload())
    assert {field.name for field in fields(Evidence)} == set(STRONG.to_payload())
    assert promotion_gate(again, POLICY) == promotion_gate(STRONG, POLICY)


def test_noise_is_not_promoted():
    """Of 200 worlds of five correlated worthless candidates at most one is promoted."""
    promoted = [seed for seed in range(200) if promotion_gate(evidence_of(seed, reps=100), POLICY).passed]
    assert len(promoted) <= 1


def test_a_real_edge_is_promoted():
    """Of 20 worlds with a true annual Sharpe ratio of 4 all but one at most are promoted."""
    promoted = sum(promotion_gate(evidence_of(seed, edge=4.0, reps=100), POLICY).passed for seed in range(20))
    assert promoted >= 19
