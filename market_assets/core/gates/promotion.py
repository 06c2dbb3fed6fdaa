"""The promotion gate: every threshold must hold, and every figure must exist."""

from __future__ import annotations

import math
from collections.abc import Sequence

from market_assets.core.gates.evidence import Evidence
from market_assets.core.gates.policy import PromotionPolicy
from market_assets.core.gates.verdict import Reason, Verdict, judge


def promotion_gate(evidence: Evidence, policy: PromotionPolicy) -> Verdict:
    """Hold the evidence on the best candidate against the policy: one reason a threshold, and one for completeness.

    A figure that is missing, not finite or out of its possible range fails its reason; any recorded gap fails
    ``complete``, whatever the figures say.
    """
    name = evidence.best or "no candidate"
    reasons = [
        _complete(evidence),
        judge(
            "observations",
            evidence.observations,
            ">=",
            policy.min_observations,
            f"{evidence.observations} walk-forward periods; at least {policy.min_observations} are needed.",
        ),
        judge(
            "net_sharpe",
            evidence.sharpe,
            ">=",
            policy.min_net_sharpe,
            f"Annual Sharpe ratio of {name} net of costs: {_show(evidence.sharpe)}; "
            f"at least {policy.min_net_sharpe:.2f}.",
        ),
        _range(
            "sharpe_interval_low",
            evidence.sharpe_low,
            ">=",
            policy.min_sharpe_interval_low,
            f"Lower end of the 95 % bootstrap interval of that Sharpe ratio: {_show(evidence.sharpe_low)}; "
            f"at least {policy.min_sharpe_interval_low:.2f}.",
        ),
        _range(
            "deflated_sharpe",
            evidence.deflated_sharpe,
            ">=",
            policy.min_deflated_sharpe,
            f"Probability that {name} is better than the best expected of {evidence.deflation_trials} worthless ones "
            f"(annual Sharpe {_show(evidence.hurdle)}): {_show(evidence.deflated_sharpe, 3)}; "
            f"at least {policy.min_deflated_sharpe:.2f}.",
            (0.0, 1.0),
        ),
        _range(
            "pbo",
            evidence.pbo,
            "<=",
            policy.max_pbo,
            f"Probability that choosing the best of {len(evidence.pbo_columns)} in sample picks one of the worse half "
            f"out of sample: {_show(evidence.pbo, 3)}; at most {policy.max_pbo:.2f}.",
            (0.0, 1.0),
        ),
        _range(
            "spa_pvalue",
            evidence.spa_consistent,
            "<=",
            policy.max_spa_pvalue,
            f'p-value of "no candidate beats cash" (SPA, consistent): {_show(evidence.spa_consistent, 4)}; '
            f"at most {policy.max_spa_pvalue:.2f}.",
            (0.0, 1.0),
        ),
        _drawdown(evidence, policy),
        _positive("positive_paths", "combinatorial paths", evidence.path_sharpes, policy.min_positive_paths, name),
        _positive("positive_folds", "walk-forward folds", evidence.fold_sharpes, policy.min_positive_folds, name),
    ]
    if policy.max_coverage_gap is not None:
        reasons.append(_coverage(evidence, policy.max_coverage_gap))
    return Verdict.of(reasons)


def _coverage(evidence: Evidence, limit: float) -> Reason:
    text = (
        f"Conformal intervals of {evidence.best or 'no candidate'}, worst slice: {_show(evidence.coverage_gap, 3)} "
        f"from nominal coverage; at most {limit:.3f}."
    )
    return _range("conformal_coverage", evidence.coverage_gap, "<=", limit, text, (0.0, 1.0))


def _show(value: float | None, digits: int = 2) -> str:
    return "not available" if value is None else f"{value:.{digits}f}"


def _range(
    gate: str,
    value: float | None,
    comparison: str,
    threshold: float,
    text: str,
    allowed: tuple[float, float] = (-math.inf, math.inf),
) -> Reason:
    """Judge a figure that must lie in ``allowed``; outside of it the figure is no evidence."""
    if value is not None and not allowed[0] <= value <= allowed[1]:
        text, value = f"{text} A value outside {allowed[0]:g}..{allowed[1]:g} is no evidence.", None
    return judge(gate, value, ">=" if comparison == ">=" else "<=", threshold, text)


def _complete(evidence: Evidence) -> Reason:
    causes = "; ".join(f"{gap.figure}: {gap.cause}" for gap in evidence.gaps)
    text = f"Figures that could not be computed: {causes}." if causes else "Every figure could be computed."
    missing = len(evidence.gaps) + (evidence.best is None and not evidence.gaps)
    return judge("complete", missing, "==", 0, text)


def _drawdown(evidence: Evidence, policy: PromotionPolicy) -> Reason:
    """Depth of the drawdown; the evidence carries it as a loss <= 0."""
    depth = None if evidence.max_drawdown is None else -evidence.max_drawdown
    shown = "not available" if depth is None else f"{depth:.1%}"
    text = f"Deepest drawdown of the walk-forward equity: {shown}; at most {policy.max_drawdown:.1%}."
    return _range("max_drawdown", depth, "<=", policy.max_drawdown, text, (0.0, math.inf))


def _positive(gate: str, what: str, sharpes: Sequence[float | None], threshold: float, name: str) -> Reason:
    """Share of the Sharpe ratios above zero; undefined as soon as one of them is."""
    missing = sum(value is None or not math.isfinite(value) for value in sharpes)
    if missing or not sharpes:
        text = f"{missing} of {len(sharpes)} {what} of {name} have no Sharpe ratio; {threshold:.0%} must be above zero."
        return judge(gate, None, ">=", threshold, text)
    good = sum(value > 0.0 for value in sharpes if value is not None)
    text = f"{good} of {len(sharpes)} {what} of {name} have a Sharpe ratio above zero; at least {threshold:.0%} must."
    return judge(gate, good / len(sharpes), ">=", threshold, text)
