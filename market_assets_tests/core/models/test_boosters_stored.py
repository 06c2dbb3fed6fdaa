"""Stored boosters with planted defects are refused before the library walks them."""

from __future__ import annotations

import re

import pytest

from market_assets.core.errors import IntegrityError
from market_assets.core.models.registry import family
from market_assets_tests.core.models.planted import COMPUTE, SMALL, planted


def _payload(name: str) -> bytes:
    return family(name).fit(*planted(600), SMALL[name], COMPUTE)


def _refused(name: str, payload: bytes) -> None:
    with pytest.raises(IntegrityError, match=f"{name}: malformed"):
        family(name).predict(payload, planted(5)[0], COMPUTE)


@pytest.mark.parametrize("part", ["left_children", "right_children", "split_indices"])
@pytest.mark.parametrize("value", [0, 9999])
def test_xgboost_tree_that_points_elsewhere(part, value):
    """A child that is the root, a child outside and a feature outside, each in a file of sound structure."""
    payload = _payload("xgboost")
    found = re.search(re.escape(part).encode() + rb"\[\$l#L.{8}", payload, re.DOTALL)
    assert found
    changed = payload[: found.end()] + value.to_bytes(4, "big") + payload[found.end() + 4 :]
    if part == "split_indices" and value == 0:  # feature 0 exists: a sound model, only another one
        assert family("xgboost").predict(changed, planted(5)[0], COMPUTE).shape == (5,)
    else:
        _refused("xgboost", changed)


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (rb"left_child=\S+", b"left_child=0"),
        (rb"right_child=\S+", b"right_child=-999"),
        (rb"split_feature=\S+", b"split_feature=8"),
        (rb"num_leaves=\d+", b"num_leaves=3"),
        (rb"num_cat=0", b"num_cat=1"),
        (rb"tree_sizes=\d+ ", b"tree_sizes="),
        (rb"objective=binary sigmoid:1", b"objective=regression"),
        (rb"leaf_value=\S+ ", b"leaf_value="),
    ],
)
def test_lightgbm_text_that_contradicts_itself(pattern, replacement):
    """Cycles, children, features and counts that do not fit, another objective."""
    changed, count = re.subn(pattern, replacement, _payload("lightgbm"), count=1)
    assert count == 1
    _refused("lightgbm", changed)


@pytest.mark.parametrize(("start", "value"), [(4, b"\xff\xff\xff\x7f"), (8, b"\xff\xff\xff\x7f"), (0, b"CBM2")])
def test_catboost_header_that_does_not_fit(start, value):
    """Another magic, a size beyond the file and a broken table offset."""
    payload = _payload("catboost")
    _refused("catboost", payload[:start] + value + payload[start + 4 :])
