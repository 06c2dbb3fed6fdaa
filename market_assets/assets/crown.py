"""The present champion of a slot, as its verified bundle."""

from __future__ import annotations

import dagster as dg

from market_assets.governance.bundle import Bundle, read_bundle
from market_assets.governance.signing import key_ring, load_public_key, public_key_path
from market_assets.resources.governance import Governance


def champion_bundle(governance: Governance, experiment: str) -> Bundle:
    """The verified bundle of the present champion, or a failure that says there is none."""
    step = governance.registry().champion(experiment)
    if step is None:
        raise dg.Failure(f"{experiment} has no champion yet: there is nothing to drift from", allow_retries=False)
    public = load_public_key(public_key_path(governance.key_path))
    return read_bundle(governance.bundles / step.model_version, key_ring([public]))
