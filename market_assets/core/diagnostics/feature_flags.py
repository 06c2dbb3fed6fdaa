"""What is wrong with a feature, in words. A flag is advice to a person: nothing selects features by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from market_assets.core.diagnostics.spec import DiagnosticsSpec

MEANINGS = {
    "mostly missing": "most rows have no value",
    "constant": "one value on all rows",
    "market-wide": "the same for every symbol of a session, so it cannot order them",
    "redundant": "another feature of its cluster stands for it",
    "collinear": "a combination of other features",
    "no information": "its order alone says nothing of the return",
    "unstable": "what it says changes its sign over time",
}
"""Every flag, in the order they are looked for."""


@dataclass(frozen=True)
class Facts:
    """What the flags of one feature are read from; None = could not be computed.

    Parameters
    ----------
    missing : share of rows without a value. varies : whether it has two values anywhere.
    gaps : share of sessions without a coefficient, among those with enough symbols; None = no session has them.
    standing : feature that stands for it and their rank correlation; None = it stands for itself.
    vif : variance inflation. ic, p, p_adjusted : of its mean coefficient. tests : features corrected for.
    signs : sign of the mean coefficient in every walk-forward block, 0 = none.
    """

    missing: float
    varies: bool
    gaps: float | None
    standing: tuple[str, float] | None
    vif: float | None
    ic: float | None
    p: float | None
    p_adjusted: float | None
    tests: int
    signs: Sequence[int]


def stable_share(ic: float | None, signs: Sequence[int]) -> float | None:
    """Share of the blocks whose sign is that of the whole; None without a mean, or with fewer than two blocks."""
    known = [sign for sign in signs if sign]
    return None if ic is None or len(known) < 2 else float(np.mean([sign == np.sign(ic) for sign in known]))


def flags_of(facts: Facts, spec: DiagnosticsSpec) -> dict[str, str]:
    """Flags of one feature with the reason of each."""
    found: dict[str, str] = {}
    if facts.missing > spec.missing:
        found["mostly missing"] = f"{facts.missing:.0%} of the rows have no value"
    if not facts.varies:
        return {**found, "constant": "takes one value, or none, on all rows"}
    if facts.gaps is not None and facts.gaps > 0.5 and facts.missing <= spec.missing:
        found["market-wide"] = f"the same for every symbol on {facts.gaps:.0%} of the sessions"
    if facts.standing is not None:
        name, correlation = facts.standing
        found["redundant"] = f"rank correlation {correlation:+.2f} with {name}, which is kept"
    elif facts.vif is not None and facts.vif > spec.vif:
        size = "no bound" if np.isinf(facts.vif) else f"{facts.vif:.0f}"
        found["collinear"] = f"variance inflation {size}, beside one feature of every cluster"
    if facts.ic is not None and facts.p is not None and facts.p_adjusted is not None and facts.p_adjusted > spec.level:
        corrected = f"{facts.p_adjusted:.2g} corrected for {facts.tests} features"
        found["no information"] = f"mean coefficient {facts.ic:+.4f}, p {facts.p:.2g}, {corrected}"
    share = stable_share(facts.ic, facts.signs)
    if share is not None and share < spec.agreement:
        known = sum(sign != 0 for sign in facts.signs)
        found["unstable"] = f"{round(share * known)} of {known} walk-forward blocks have the sign of the whole"
    return found
