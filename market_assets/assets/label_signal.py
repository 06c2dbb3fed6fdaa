"""What a label search enters by: stored scores of the best candidate, or a feature that was proven causal."""

from __future__ import annotations

from dataclasses import dataclass

from market_assets.assets.candidate import judged_work
from market_assets.assets.fold_models import configuration
from market_assets.assets.locks import leakage_verdict, require
from market_assets.assets.predictions import load_out_of_fold
from market_assets.assets.seeding import compute_for
from market_assets.core.identity import fingerprint
from market_assets.core.market.panel import Floats, Panel
from market_assets.core.search.label_space import OUT_OF_FOLD
from market_assets.core.search.signals import check_feature, feature_signal, score_signal
from market_assets.experiments.spec import DataPolicy, Experiment
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.compute import ComputeResource
from market_assets.resources.warehouse import Warehouse


@dataclass(frozen=True, eq=False)
class Signal:
    """Values at the rows of a panel, who gives them, and the identity of what gives them."""

    values: Floats
    family: str
    configuration: str


def load_signal(
    warehouse: Warehouse,
    artifacts: Artifacts,
    experiment: Experiment,
    policy: DataPolicy,
    snapshot_id: str,
    panel: Panel,
    compute: ComputeResource,
) -> Signal:
    """Walk-forward scores before calibration, which take many values, of the best candidate; or a proven feature."""
    source = experiment.label_search.signal
    if source != OUT_OF_FOLD:
        used = [check_feature(source)[0]]
        require("leakage", snapshot_id, leakage_verdict(warehouse, snapshot_id, policy, used))
        return Signal(feature_signal(panel, source), "feature", fingerprint(feature=source))
    work = judged_work(warehouse, artifacts, experiment, snapshot_id, compute_for(experiment, compute))
    score = load_out_of_fold(warehouse, artifacts, snapshot_id, experiment.name)[work.family].walk_forward_raw
    return Signal(score_signal(panel, work.data, score), work.family, configuration(experiment, work.family))
