"""The leakage gate: is everything that is computed or fitted proven blind to what it may not know?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from market_assets.core.gates.verdict import Reason, Verdict, judge


def leakage_gate(
    payload: Mapping[str, Any],
    required: Sequence[str] = (),
    fitted: Sequence[str] = (),
    max_late_share: float | None = None,
) -> Verdict:
    """Judge the payload of a leakage proof.

    Passes only when at least one family is listed, every family in ``required`` and every fitted object in ``fitted``
    is among them, each was proven on something and without a violation, and the bars are those that were known. A
    family that says ``no data``, as the snapshot holds none of its side series, is not proven: it counts for nothing,
    and is refused where it is required. A payload that cannot be read is refused.

    Parameters
    ----------
    payload : ``{"families": [{"family", "cuts", "violations_count", ...}], "fitted": [{"name", "compared",
        "violations_count"}], "known_at": {"rows", "late_rows", "compared", "violations_count"}}``; ``cuts`` is a number
        or a list. Payloads of ``CausalityResult``, ``FittedResult`` and ``KnownResult`` fit.
    required : names of the families the training set uses.
    fitted : names of the fitted objects that must have been proven.
    max_late_share : largest share of bars learned after the decision they are used for; None = not asked.
    """
    try:
        reasons, seen, proven = [], set(), 0
        for entry in payload["families"]:
            family = str(entry["family"])
            if family in seen:
                raise ValueError(f"family {family} is listed twice")
            seen.add(family)
            if _no_data(family, entry) and family not in required:
                continue
            proven += 1
            reasons += _family(family, entry)
        reasons += _fitted({str(entry["name"]): entry for entry in payload.get("fitted", ())}, fitted)
        reasons += _known_at(payload.get("known_at"), max_late_share)
    except (KeyError, TypeError, ValueError) as error:
        text = f"The leakage proof cannot be read ({type(error).__name__}: {error})."
        return Verdict.of([judge("leakage_report", None, "==", 0, text)])
    if not proven:
        reasons.append(judge("leakage_families", 0, ">=", 1, "No feature family has been proven free of leakage."))
    for family in required:
        if family not in seen:
            text = f"Family {family} is used but was never put to the leakage proof."
            reasons.append(judge(f"leakage_cuts[{family}]", None, ">=", 1, text))
    return Verdict.of(reasons)


def _no_data(family: str, entry: Mapping[str, Any]) -> bool:
    """True for an entry that says so, and shows nothing to the contrary."""
    if entry.get("state") != "no data":
        return False
    if _count(entry["compared"]) or _count(entry["violations_count"]) or entry.get("passed", False) is not False:
        raise ValueError(f"family {family} is marked as without data, yet something was compared")
    return True


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


def _fitted(entries: Mapping[str, Mapping[str, Any]], required: Sequence[str]) -> list[Reason]:
    reasons = []
    for name, entry in entries.items():
        compared, violations = _count(entry["compared"]), _count(entry["violations_count"])
        proof = f"{compared} values of the fitted {name} were compared; at least 1 is needed."
        outcome = f"{violations} values of the fitted {name} moved with rows outside its training part; none may."
        reasons += [
            judge(f"leakage_fitted[{name}]", compared, ">=", 1, proof),
            judge(f"leakage_fitted_violations[{name}]", violations, "==", 0, outcome),
        ]
    missing = [name for name in required if name not in entries]
    text = "The fitted {} was never put to the leakage proof."
    return reasons + [judge(f"leakage_fitted[{name}]", None, ">=", 1, text.format(name)) for name in missing]


def _known_at(entry: Mapping[str, Any] | None, max_late_share: float | None) -> list[Reason]:
    if entry is None:
        if max_late_share is None:
            return []
        text = "When the bars were known was never put to the leakage proof."
        return [judge("leakage_late_share", None, "<=", max_late_share, text)]
    rows, late, violations = (_count(entry[name]) for name in ("rows", "late_rows", "violations_count"))
    outcome = f"{violations} bars read as of an earlier time are not those that were known by then; none may."
    reasons = [judge("leakage_as_of", violations, "==", 0, outcome)]
    if max_late_share is not None:
        share = late / rows if rows else None
        text = f"{late} of {rows} bars were learned after the decision they are used for; {max_late_share:.0%} may be."
        reasons.append(judge("leakage_late_share", share, "<=", max_late_share, text))
    return reasons


def _count(value: Any) -> int:
    """Length of a list, or a whole number >= 0; anything else is malformed."""
    if isinstance(value, list | tuple):
        return len(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is not a count")
    return value
