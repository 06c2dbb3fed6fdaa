"""The label gate: are these labels worth training on?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from market_assets.core.gates.verdict import Reason, Verdict, judge
from market_assets.core.labels.regimes import RegimeKind
from market_assets.core.spec import spec


@spec
class LabelQualityPolicy:
    """What labels of classes must show.

    Parameters
    ----------
    version : raised whenever somebody moves a threshold.
    regimes : kinds of regime (see ``regimes.REGIMES``) whose every regime needs labels.
    min_effective : labels after overlap, the sum of their average uniqueness.
    min_defined : share of the rows of traded symbols that have a label.
    min_class_share : smallest share of any class.
    max_persistence : largest kappa of a label with the next one that shares no session with it.
    min_regime_labels : labels in every regime.
    min_regime_class_share : smallest share of any class in any regime.
    """

    version: int = Field(default=1, ge=1)
    regimes: tuple[RegimeKind, ...] = Field(default=("behaviour", "market"), min_length=1)
    min_effective: float = Field(default=100.0, ge=1.0)
    min_defined: float = Field(default=0.5, ge=0.0, le=1.0)
    min_class_share: float = Field(default=0.05, ge=0.0, le=0.5)
    max_persistence: float = Field(default=0.5, gt=0.0, le=1.0)
    min_regime_labels: int = Field(default=30, ge=1)
    min_regime_class_share: float = Field(default=0.01, ge=0.0, le=0.5)


def label_quality(payload: Mapping[str, Any], policy: LabelQualityPolicy) -> Verdict:
    """Judge a ``label_distribution`` with classes and regimes on amount, balance, persistence and regime coverage.

    A payload that cannot be read, that lacks a figure or that was made without regimes, is refused.
    """
    try:
        classes = [(str(one["value"]), float(one["share"])) for one in payload["classes"]]
        regimes = dict(payload["regimes"])
        rare = min(classes, key=lambda one: one[1])
        few = min(regimes, key=lambda name: regimes[name]["count"])
        thin = [
            (min(share for share in one["shares"] if share is not None), name)
            for name, one in regimes.items()
            if one["count"]
        ]
        poorest = min(thin, default=(None, "no regime"))
        defined = payload["defined"] / payload["rows"]
        kappa, effective = payload["persistence"]["kappa"], payload["effective"]
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        text = f"The label distribution cannot be read ({type(error).__name__}: {error})."
        return Verdict.of([judge("label_distribution", None, ">=", policy.min_effective, text)])
    least = regimes[few]["count"]
    reasons: list[Reason] = [
        judge(
            "label_effective",
            effective,
            ">=",
            policy.min_effective,
            f"{payload['defined']} labels are worth {effective:.1f} after overlap.",
        ),
        judge("label_defined", defined, ">=", policy.min_defined, f"{defined:.1%} of the rows have a label."),
        judge(
            "label_balance", rare[1], ">=", policy.min_class_share, f"Class {rare[0]} has {rare[1]:.2%} of the labels."
        ),
        judge(
            "label_persistence",
            kappa,
            "<=",
            policy.max_persistence,
            "Agreement of labels with the next that shares no session, beyond chance (kappa).",
        ),
        judge("label_regimes", least, ">=", policy.min_regime_labels, f"Regime {few} has {least} labels."),
        judge(
            "label_regime_balance",
            poorest[0],
            ">=",
            policy.min_regime_class_share,
            f"The rarest class of a regime is in {poorest[1]}.",
        ),
    ]
    return Verdict.of(reasons)
