"""The tier switchboard (C14): an optional feature family is used only where an ablation showed that it lifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from market_assets.core.features.base import Family
from market_assets.core.gates.verdict import Verdict, judge
from market_assets.core.validity.ablation import ABLATION_VERSION, shaping


def switchboard_gate(
    families: Sequence[Family],
    switched_on: Mapping[str, str],
    reports: Mapping[str, Mapping[str, Any]],
    document: Mapping[str, Any],
) -> Verdict:
    """Two rules a family of tier ``optional``; with none of them the only rule holds.

    The report must show the lift of today's family, and be of an experiment like this one: a lift under another label,
    other folds or another account says nothing here.

    Parameters
    ----------
    families : those of the experiment's features.
    switched_on : family -> hash of the ablation report that the experiment names.
    reports : payloads of the named reports by hash, as far as they are stored.
    document : of the experiment.
    """
    reasons = [judge("switchboard", 0, "==", 0, "Families of tier core need no ablation.")]
    for family in families:
        if family.tier != "optional":
            continue
        digest = switched_on.get(family.name)
        payload = reports.get(digest) if digest else None
        lifts = payload["lifts"] if payload and payload.get("version") == ABLATION_VERSION else []
        own = [one for one in lifts if one["family"] == family.name and one["family_version"] == family.version]
        if digest is None:
            text = f"Family {family.name} is optional; switched_on names no ablation report for it."
        elif not own:
            text = f"No ablation of today's {family.name} stands in a stored report {digest}."
        else:
            text = f"The ablation report {digest[:12]} must show lift of {family.name}."
        reasons.append(judge(f"lift[{family.name}]", float(own[0]["shown"]) if own else None, "==", 1, text))
        if digest and payload and own:
            differ = _differ(payload["document"], shaping(document))
            text = f"The ablation report {digest[:12]} of {family.name} must be of an experiment like this one"
            text += f"; they differ in {', '.join(differ)}." if differ else "."
            reasons.append(judge(f"same_experiment[{family.name}]", len(differ), "==", 0, text))
    return Verdict.of(reasons)


def _differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Names of the parts that are not equal, also where one of both has none."""
    gone = object()
    return [name for name in sorted({*one, *other}) if one.get(name, gone) != other.get(name, gone)]
