"""Training on a GPU; skipped where there is none."""

from __future__ import annotations

import pytest
import xgboost

from market_assets.core.compute import Compute
from market_assets.core.errors import ServiceUnavailableError
from market_assets.core.models.capability import CAPABILITIES
from market_assets.core.models.registry import FAMILY_NAMES, family
from market_assets.resources.machine import find_gpus
from market_assets_tests.core.models.planted import COMPUTE, SMALL, auc, planted

CUDA = Compute(seed=11, device="cuda:0")
needs_gpu = pytest.mark.skipif(not find_gpus(), reason="no NVIDIA GPU on this machine")
cpu_build = not xgboost.build_info().get("USE_CUDA")


@needs_gpu
@pytest.mark.parametrize("name", [name for name in FAMILY_NAMES if CAPABILITIES[name].cuda])
def test_a_model_trained_on_the_gpu_scores_on_the_cpu(name):
    """GPU training learns the planted signal and its payload is an ordinary one."""
    if name == "xgboost" and cpu_build:
        pytest.skip("the installed XGBoost is a CPU build")
    payload = family(name).fit(*planted(gaps=0.03), SMALL[name], CUDA)
    x, y, _ = planted(4000, seed=1)
    assert auc(family(name).predict(payload, x, COMPUTE), y) > 0.74


@pytest.mark.parametrize("name", [name for name in FAMILY_NAMES if not CAPABILITIES[name].cuda])
def test_families_without_cuda_fall_back_to_the_same_bytes(name):
    """Offered a GPU, a CPU family gives exactly its CPU model."""
    data = planted(600)
    assert family(name).fit(*data, SMALL[name], CUDA) == family(name).fit(*data, SMALL[name], COMPUTE)


@pytest.mark.skipif(not cpu_build, reason="the installed XGBoost has CUDA")
def test_a_cpu_build_of_xgboost_refuses_the_gpu():
    """A CUDA device is never silently turned into the CPU by the library."""
    with pytest.raises(ServiceUnavailableError, match="CPU build"):
        family("xgboost").fit(*planted(600), SMALL["xgboost"], CUDA)
