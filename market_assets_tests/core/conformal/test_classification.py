"""Conformal sets of classes."""

import math

import numpy as np
import pytest

from market_assets.core.conformal.classification import class_scores, prediction_sets, true_scores, two_classes
from market_assets.core.conformal.split import conformal_quantile
from market_assets.core.errors import BadInputError


def test_a_class_is_in_the_set_if_it_is_likely_enough():
    """Three classes, one quantile or one a row; a set may be empty or hold all."""
    p = np.array([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25]])
    assert prediction_sets(p, 0.65).tolist() == [[True, False, False], [True, True, False]]
    assert prediction_sets(p, [0.2, math.inf]).tolist() == [[False] * 3, [True] * 3]
    assert not prediction_sets(p, -math.inf).any()


def test_true_class_is_covered_exactly_when_its_score_is_small():
    """Membership of the true class and its score agree, with K classes and with two."""
    generator = np.random.default_rng(0)
    p = generator.dirichlet([1, 1, 1], 300)
    label = generator.integers(0, 3, 300)
    assert np.array_equal(prediction_sets(p, 0.6)[np.arange(300), label], true_scores(p, label) <= 0.6)
    up = generator.random(300)
    assert np.array_equal(true_scores(two_classes(up), np.ones(300, np.int8)), 1 - up)


def test_three_classes_are_covered_at_the_level():
    """Sets calibrated on half of the rows cover the other half at 90 %, with wrong probabilities too."""
    generator = np.random.default_rng(1)
    p = generator.dirichlet([2, 2, 2], 20_000)
    label = (generator.random(20_000)[:, None] > np.cumsum(p, axis=1)).sum(axis=1)
    wrong = p**3 / (p**3).sum(axis=1, keepdims=True)
    q = conformal_quantile(true_scores(wrong[:10_000], label[:10_000]), 0.1)
    sets = prediction_sets(wrong[10_000:], q)
    assert sets[np.arange(10_000), label[10_000:]].mean() == pytest.approx(0.9, abs=0.015)


@pytest.mark.parametrize("p", [[0.5, 0.5], [[1.2, -0.2]], [[math.nan, 0.5]]])
def test_values_that_are_no_probabilities_are_refused(p):
    """Scores need a matrix in [0, 1]."""
    with pytest.raises(BadInputError, match="class_probability"):
        class_scores(p)


@pytest.mark.parametrize("label", [[2], [-1], [0, 1], [0.5]])
def test_labels_that_are_no_class_are_refused(label):
    """A label of -1 would quietly take the last class."""
    with pytest.raises(BadInputError, match="class_label"):
        true_scores([[0.5, 0.5]], label)
