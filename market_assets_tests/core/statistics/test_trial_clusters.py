"""Clusters of trials against published cuts, scikit-learn's silhouettes and planted groups."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.statistics.effective_trials import trial_correlation
from market_assets.core.statistics.trial_clusters import cluster_trials, correlation_distance, partitions
from market_assets_tests.golden.cases import case


def test_published_cuts():
    """Labels, silhouettes, mean and t statistic for every k, and the k chosen."""
    item = case("effective_trials_clustering", "five_strategies")
    matrix, want, tol = item["inputs"]["correlation"], item["expected"], item["tolerance"]
    found = partitions(matrix)
    assert [cut.count for cut in found] == item["inputs"]["k_candidates"]
    for cut in found:
        published = want["by_k"][str(cut.count)]
        assert cut.labels.tolist() == [label - 1 for label in published["labels"]]
        assert cut.silhouette == pytest.approx(np.array(published["silhouette"]), abs=tol)
        assert cut.mean == pytest.approx(published["mean"], abs=tol)
        assert cut.t_stat == pytest.approx(published["t_stat"], abs=tol)
    assert cluster_trials(matrix).count == want["selected_k_by_mean_silhouette"]


def test_published_blocks():
    """Two blocks of three are two clusters."""
    item = case("effective_trials_correlation_matrix", "two_blocks_of_3_rho0.8")
    found = cluster_trials(item["inputs"]["correlation"])
    assert found.count == item["expected"]["clusters_expected"]
    groups = [np.flatnonzero(found.labels == k).tolist() for k in range(found.count)]
    assert groups == item["expected"]["partition"]


def test_silhouettes_are_those_of_scikit_learn():
    """Merged sums of distances give every cut the silhouettes of the distance matrix."""
    generator = np.random.default_rng(2)
    matrix = trial_correlation(generator.normal(size=(60, 25)) + generator.normal(size=(60, 1)))
    cuts = partitions(matrix, most=15)
    assert [cut.count for cut in cuts] == list(range(2, 16))
    for cut in cuts:
        want = silhouette_samples(correlation_distance(matrix), cut.labels, metric="precomputed")
        assert cut.silhouette == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("groups", [2, 5, 12])
def test_planted_groups_are_found(groups):
    """Copies of independent strategies with noise: the number of originals, whatever the number of copies."""
    generator = np.random.default_rng(groups)
    origin = np.r_[np.arange(groups), generator.integers(0, groups, 60)]
    returns = generator.normal(size=(250, groups))[:, origin] + 0.3 * generator.normal(size=(250, len(origin)))
    found = cluster_trials(trial_correlation(returns))
    assert found.count == groups
    assert all(len(set(origin[found.labels == k])) == 1 for k in range(groups))


def test_linear_distance_would_be_noticed():
    """1 - rho in place of its root changes the silhouettes of the published case."""
    item = case("effective_trials_clustering", "five_strategies")
    wrong = silhouette_samples(1 - np.array(item["inputs"]["correlation"]), [1, 1, 1, 2, 2], metric="precomputed")
    assert np.abs(wrong - item["expected"]["by_k"]["2"]["silhouette"]).max() > 0.1


def test_where_no_cut_exists():
    """Copies of one trial are one cluster; equally distant or two trials leave nothing to choose."""
    assert cluster_trials(np.ones((4, 4))).count == 1
    assert cluster_trials([[1.0]]).count == 1
    for matrix in (np.eye(5), np.eye(2)):
        with pytest.raises(NotEnoughDataError):
            cluster_trials(matrix)
