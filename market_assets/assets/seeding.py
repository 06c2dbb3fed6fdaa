"""Compute settings of one experiment: the machine from the resource, the seed from the experiment file."""

from __future__ import annotations

from dataclasses import replace

from market_assets.core.compute import Compute
from market_assets.experiments.spec import Experiment
from market_assets.resources.compute import ComputeResource


def compute_for(experiment: Experiment, resource: ComputeResource) -> Compute:
    """Resolve the resource and give it the experiment's seed."""
    return replace(resource.resolve(), seed=experiment.seed)
