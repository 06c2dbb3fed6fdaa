"""The drift report: how far serving data and predictions have moved from what the champion was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from market_assets.core.drift.ks import ks_two_sample
from market_assets.core.drift.psi import psi
from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.spec import added, spec

DRIFT_VERSION = "2"


@spec
class DriftPolicy:
    """When drift asks for retraining.

    Parameters
    ----------
    bins, eps : quantile bins of the reference and the floor of a bin's share.
    max_psi : a feature above it has drifted.
    max_drifted_share : largest share of drifted features.
    max_ks : largest Kolmogorov-Smirnov distance of the predictions.
    min_rows : fewest rows of either sample; below it a figure is a gap.
    alpha, correction : level of the drift tests of all features together, and the correction for their number that
        decides (see ``corrected``).
    """

    bins: int = Field(default=10, ge=2, le=100)
    eps: float = Field(default=1e-4, gt=0.0, le=0.01)
    max_psi: float = Field(default=0.25, gt=0.0)
    max_drifted_share: float = Field(default=0.2, ge=0.0, lt=1.0)
    max_ks: float = Field(default=0.2, gt=0.0, lt=1.0)
    min_rows: int = Field(default=100, ge=2)
    alpha: float = added(0.05, gt=0.0, lt=1.0)
    correction: Literal["holm", "benjamini_hochberg", "benjamini_yekutieli"] = added("holm")


def drift_report(
    reference: Mapping[str, ArrayLike],
    current: Mapping[str, ArrayLike],
    reference_predictions: ArrayLike,
    current_predictions: ArrayLike,
    policy: DriftPolicy,
) -> dict[str, Any]:
    """Compare features by PSI and predictions by Kolmogorov-Smirnov.

    Parameters
    ----------
    reference, current : feature name -> values (n,), NaN allowed; the names must be the same.
    reference_predictions, current_predictions : calibrated probabilities, shape (n,).

    Returns
    -------
    A JSON-able payload: ``features`` (name, psi or None), ``worst`` (name, psi) or None, ``drifted`` names,
    ``drifted_share``, ``predictions`` (statistic, pvalue, n, m) or None, ``gaps`` (figure, cause), ``exceeds``,
    ``reasons`` (sentences) and ``policy``. A gap does not raise ``exceeds``; ``complete`` says whether there is one.

    Raises
    ------
    BadInputError
        rule ``feature_schema``: the two samples do not have the same features.
    """
    if set(reference) != set(current) or not reference:
        odd = sorted(set(reference) ^ set(current))
        raise BadInputError("feature_schema", f"reference and current must share their features; odd ones: {odd}")
    gaps: list[dict[str, str]] = []
    features: list[dict[str, Any]] = []
    for name in reference:
        value = None
        try:
            _enough(reference[name], current[name], policy.min_rows)
            value = psi(reference[name], current[name], policy.bins, policy.eps)
        except NotEnoughDataError as error:
            gaps.append({"figure": f"psi[{name}]", "cause": str(error)})
        features.append({"name": name, "psi": value})
    known = [entry for entry in features if entry["psi"] is not None]
    drifted = [entry["name"] for entry in known if entry["psi"] > policy.max_psi]
    share = len(drifted) / len(known) if known else None
    predictions = None
    try:
        _enough(reference_predictions, current_predictions, policy.min_rows)
        predictions = asdict(ks_two_sample(reference_predictions, current_predictions))
    except (NotEnoughDataError, BadInputError) as error:
        gaps.append({"figure": "ks[predictions]", "cause": str(error)})
    reasons = []
    if share is not None and share > policy.max_drifted_share:
        reasons.append(
            f"{len(drifted)} of {len(known)} features have a PSI above {policy.max_psi:g}: "
            f"{share:.1%}, more than {policy.max_drifted_share:.1%}."
        )
    if predictions is not None and predictions["statistic"] > policy.max_ks:
        reasons.append(f"The predictions moved by a KS distance of {predictions['statistic']:.3f} > {policy.max_ks:g}.")
    return {
        "features": features,
        "worst": max(known, key=lambda entry: entry["psi"]) if known else None,
        "drifted": drifted,
        "drifted_share": share,
        "predictions": predictions,
        "gaps": gaps,
        "complete": not gaps,
        "exceeds": bool(reasons),
        "reasons": reasons,
        "policy": asdict(policy),  # type: ignore[call-overload]
    }


def _enough(reference: ArrayLike, current: ArrayLike, minimum: int) -> None:
    rows = len(np.asarray(reference)), len(np.asarray(current))
    if min(rows) < minimum:
        raise NotEnoughDataError(f"{rows[0]} reference and {rows[1]} current rows; at least {minimum} of each needed")
