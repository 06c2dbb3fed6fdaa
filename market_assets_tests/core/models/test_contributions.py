"""Every family's contributions add up to its score, and say what was planted."""

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.models.contributions import EXPLAINERS, explain
from market_assets.core.models.registry import FAMILY_NAMES, family
from market_assets_tests.core.models.planted import COMPUTE, SMALL, planted

X, Y, WEIGHT = planted(1500, gaps=0.03)
every_family = pytest.mark.parametrize("name", FAMILY_NAMES)


@pytest.fixture(scope="module")
def fitted():
    return {name: family(name).fit(X, Y, WEIGHT, SMALL[name], COMPUTE) for name in FAMILY_NAMES}


@every_family
def test_contributions_add_up(name, fitted):
    """Base and contributions give the raw score of each row, which gives the probability the family predicts."""
    if name not in EXPLAINERS:
        assert explain(name, fitted[name], X, X, 1) is None
        return
    found = explain(name, fitted[name], X[:200], X, 1)
    assert found is not None
    assert found.values.shape == (200, X.shape[1])
    assert found.error < 1e-5
    raw = np.asarray(found.score, dtype=np.float64)
    probability = raw if found.unit == "probability" else 1.0 / (1.0 + np.exp(-raw))
    assert probability == pytest.approx(family(name).predict(fitted[name], X[:200], COMPUTE), abs=1e-6)


@every_family
def test_the_planted_effect_is_largest_and_has_its_direction(name, fitted):
    """Column 0 acts linearly and upwards; the columns of noise add less than any planted one."""
    found = explain(name, fitted[name], X[:300], X, 1)
    if found is None:
        return
    size = np.abs(found.values).mean(axis=0)
    known = ~np.isnan(X[:300, 0])
    assert size.argmax() == 0
    assert np.corrcoef(X[:300, 0][known], found.values[known, 0])[0, 1] > 0.7
    if name != "elastic_net":
        assert size[1:3].min() > size[3:].max()


def test_a_tree_with_two_ways_to_a_leaf_is_refused_before_the_library(fitted):
    """The hole in LightGBM needs a tree that is none: a child of two parents, as well as one outside."""
    text = fitted["lightgbm"].decode()
    begin = text.index("left_child=") + len("left_child=")
    children = text[begin : text.index("\n", begin)].split()
    for wrong in ("-1", "9999"):
        for place, child in enumerate(children):
            if child != wrong and child.startswith("-"):
                spoilt = " ".join([*children[:place], wrong, *children[place + 1 :]])
                break
        payload = (text[:begin] + spoilt + text[begin + len(" ".join(children)) :]).encode()
        with pytest.raises(IntegrityError, match="lightgbm"):
            explain("lightgbm", payload, X[:5], X, 1)


def test_wrong_rows_are_refused(fitted):
    """No rows, and rows of another width; a family without exact contributions has none."""
    with pytest.raises(BadInputError, match="feature_shape"):
        explain("xgboost", fitted["xgboost"], X[:0], X, 1)
    for name in EXPLAINERS:
        with pytest.raises(BadInputError, match="feature_count"):
            explain(name, fitted[name], X[:5, :-1], X, 1)
    assert explain("prophet", b"", X, X, 1) is None
