"""What an experiment does to the feature columns before a model sees them, as parts of an identity."""

from __future__ import annotations

from typing import Any

from market_assets.core.features.normalization import NORMALIZATION_VERSION
from market_assets.core.transforms.registry import TRANSFORMS
from market_assets.experiments.spec import Experiment


def normalized_by(experiment: Experiment) -> dict[str, Any]:
    """Normalization and its version; empty where there is none, so that identities from before it stay."""
    if experiment.normalization is None:
        return {}
    return {"normalization": {**experiment.document()["normalization"], "version": NORMALIZATION_VERSION}}


def changed_by(experiment: Experiment) -> dict[str, Any]:
    """The same, and the fitted transforms with their versions."""
    found = normalized_by(experiment)
    if experiment.transforms:
        document = experiment.document()["transforms"]
        found["transforms"] = [{**one, "version": TRANSFORMS[one["kind"]].version} for one in document]
    return found
