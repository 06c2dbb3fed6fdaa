"""The tier switchboard (C14): an optional feature family is used only where an ablation showed that it lifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from market_assets.core.features.base import Family
from market_assets.core.gates.verdict import Verdict, judge
from market_assets.core.validity.ablation import ABLATION_VERSION


def switchboard_gate(
    families: Sequence[Family], switched_on: Mapping[str, str], reports: Mapping[str, Mapping[str, Any]]
) -> Verdict:
    """One rule a family of tier ``optional``; with none of them the only rule holds.

    Parameters
    ----------
    families : those of the experiment's features.
    switched_on : family -> hash of the ablation report that the experiment names.
    reports : payloads of the named reports by hash, as far as they are stored.
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
    return Verdict.of(reasons)
