"""The device table."""

from __future__ import annotations

import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.models.capability import device_for, matrix


def test_families_without_cuda_stay_on_the_cpu():
    """On an offered GPU only XGBoost and CatBoost train there, the others fall back."""
    assert {row["family"]: row["device"] for row in matrix("cuda:1")} == {
        "xgboost": "cuda:1",
        "lightgbm": "cpu",
        "catboost": "cuda:1",
        "random_forest": "cpu",
        "elastic_net": "cpu",
    }
    assert {row["device"] for row in matrix("cpu")} == {"cpu"}


@pytest.mark.parametrize("device", ["cuda", "gpu", "cuda:", "cuda:-1", "CPU", "cuda:1x", "cuda:²"])
def test_unresolved_devices_are_refused(device):
    """Only ``cpu`` and ``cuda:N`` reach a fit."""
    with pytest.raises(BadInputError) as caught:
        device_for("xgboost", device)
    assert caught.value.rule == "device"


def test_unknown_family_is_refused():
    """A family outside the table has no device."""
    with pytest.raises(BadInputError, match="unknown_family"):
        device_for("prophet", "cpu")
