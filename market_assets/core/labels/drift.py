"""Have the labels moved between two runs, or between two stretches of time?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from market_assets.core.drift.ks import ks_two_sample
from market_assets.core.drift.psi import psi, psi_of_proportions
from market_assets.core.errors import BadInputError
from market_assets.core.spec import spec

Floats = NDArray[np.float64]


@spec
class LabelDriftPolicy:
    """When labels count as moved.

    Parameters
    ----------
    max_psi : largest population stability index of the class shares, or of quantile bins of a quantity.
    max_ks : largest Kolmogorov-Smirnov distance of a quantity.
    min_labels : fewest labels of either side; below it there is a gap, not a figure. Count effective labels (see
        ``label_distribution``) when choosing it: overlapping labels say less than their number.
    bins, eps : quantile bins of a quantity, and the floor of a share.
    """

    max_psi: float = Field(default=0.25, gt=0.0)
    max_ks: float = Field(default=0.2, gt=0.0, lt=1.0)
    min_labels: int = Field(default=100, ge=2)
    bins: int = Field(default=10, ge=2, le=100)
    eps: float = Field(default=1e-4, gt=0.0, le=0.01)


def label_drift(
    reference: Floats, current: Floats, classes: tuple[int, ...], policy: LabelDriftPolicy
) -> dict[str, Any]:
    """Compare the values of defined labels.

    Parameters
    ----------
    reference, current : (n,) and (m,) values of labels, none missing.
    classes : the values a label can take; empty for a quantity.

    Returns
    -------
    A JSON-able payload: ``reference`` and ``current`` counts, ``psi``, ``ks`` (of a quantity, else None), ``gaps``,
    ``complete`` (no gap), ``exceeds``, ``reasons`` (sentences) and ``policy``. A gap is never drift and never calm.

    Raises
    ------
    BadInputError
        rule ``label_value``: a value that is missing or not one of the classes.
    """
    for values in (reference, current):
        if not np.isfinite(values).all() or (classes and not np.isin(values, classes).all()):
            raise BadInputError("label_value", f"label values must be defined and among {classes or 'the numbers'}")
    sizes = len(reference), len(current)
    payload: dict[str, Any] = {
        "reference": sizes[0],
        "current": sizes[1],
        "psi": None,
        "ks": None,
        "gaps": [],
        "reasons": [],
        "policy": asdict(policy),  # type: ignore[call-overload]
    }
    if min(sizes) < policy.min_labels:
        payload["gaps"] = [f"{sizes[0]} reference and {sizes[1]} current labels; {policy.min_labels} of each needed"]
    elif classes:
        before, now = ([float(np.mean(values == one)) for one in classes] for values in (reference, current))
        payload["psi"] = psi_of_proportions(before, now, policy.eps)
    else:
        payload["psi"] = psi(reference, current, policy.bins, policy.eps)
        payload["ks"] = ks_two_sample(reference, current).statistic
    for name, limit in (("psi", policy.max_psi), ("ks", policy.max_ks)):
        if payload[name] is not None and payload[name] > limit:
            payload["reasons"].append(f"The labels moved by a {name.upper()} of {payload[name]:.3f} > {limit:g}.")
    return {**payload, "complete": not payload["gaps"], "exceeds": bool(payload["reasons"])}
