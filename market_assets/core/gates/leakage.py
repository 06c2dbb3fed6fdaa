"""The leakage gate: has every feature family been proven blind to the future?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from market_assets.core.gates.verdict import Reason, Verdict, judge


def leakage_gate(payload: Mapping[str, Any], required: Sequence[str] = ()) -> Verdict:
    """Judge the payload of a leakage proof.

    Passes only when at least one family is listed, every family in ``required`` is among them, and each was proven
    with at least one cut and without a violation. A payload that cannot be read is refused.

    Parameters
    ----------
    payload : ``{"families": [{"family", "cuts", "violations_count", ...}]}``; ``cuts`` is a number or a list. Payloads
        of ``CausalityResult`` fit: their ``count``, ``compared`` and ``passed`` are read too.
    required : names of the families the training set uses.
    """
    try:
        reasons, seen = [], set()
        for entry in payload["families"]:
            family = str(entry["family"])
            if family in seen:
                raise ValueError(f"family {family} is listed twice")
            seen.add(family)
            reasons += _family(family, entry)
    except (KeyError, TypeError, ValueError) as error:
        text = f"The leakage proof cannot be read ({type(error).__name__}: {error})."
        return Verdict.of([judge("leakage_report", None, "==", 0, text)])
    if not seen:
        reasons.append(judge("leakage_families", 0, ">=", 1, "No feature family has been proven free of leakage."))
    for family in required:
        if family not in seen:
            text = f"Family {family} is used but was never put to the leakage proof."
            reasons.append(judge(f"leakage_cuts[{family}]", None, ">=", 1, text))
    return Verdict.of(reasons)


def _family(family: str, entry: Mapping[str, Any]) -> list[Reason]:
    cuts = _count(entry["cuts"]) if entry.get("compared", 1) else 0  # comparing nothing proves nothing
    counted = entry["violations_count"] if "violations_count" in entry else entry["count"]
    violations = max(_count(counted), _count(entry.get("violations", 0)), _count(entry.get("leaks", 0)))
    if entry.get("passed", True) is not True and cuts and not violations:
        raise ValueError(f"family {family} is marked as failed, yet shows no violation")
    proof = f"Family {family} was recomputed with its future changed at {cuts} cuts; at least 1 is needed."
    outcome = f"{violations} past values of family {family} moved when the future was changed; none may."
    return [
        judge(f"leakage_cuts[{family}]", cuts, ">=", 1, proof),
        judge(f"leakage_violations[{family}]", violations, "==", 0, outcome),
    ]


def _count(value: Any) -> int:
    """Length of a list, or a whole number >= 0; anything else is malformed."""
    if isinstance(value, list | tuple):
        return len(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is not a count")
    return value
