"""Evidence: computed from the right numbers, gaps where there are none."""

import json
import math

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.gates.evidence import Evidence
from market_assets.core.statistics.deflated import deflated_sharpe
from market_assets.core.statistics.pbo import cscv
from market_assets.core.statistics.sharpe import min_track_record_length, moments, sharpe_ratios
from market_assets.core.statistics.spa import superior_predictive_ability
from market_assets_tests.core.gates.worlds import NAMES, annual, draw, evidence_of

FIGURES = (
    "sharpe", "sharpe_low", "sharpe_high", "max_drawdown", "probabilistic_sharpe", "deflated_sharpe", "hurdle",
    "trial_variance", "pbo", "spa_lower", "spa_consistent", "spa_upper", "spa_equal_weight",
)  # fmt: skip


def test_figures_are_those_of_the_statistics():
    """Every headline figure equals the statistic computed directly on the best candidate."""
    found = evidence_of(3, edge=2.0)
    net, rivals = draw(3, edge=2.0)
    ratios = sharpe_ratios(net)
    best = net[:, int(np.argmax(ratios))]
    shape = moments(best)
    variance = max(np.var(np.delete(ratios, ratios.argmax()), ddof=1), 1 / 749)
    direct = deflated_sharpe(ratios.max(), 750, shape.skew, shape.kurtosis, trials=105, variance=variance)
    assert found.best == NAMES[int(np.argmax(ratios))]
    assert found.sharpe == pytest.approx(annual(best))
    assert found.deflated_sharpe == pytest.approx(direct.probability, rel=1e-12)
    assert found.hurdle == pytest.approx(direct.hurdle * math.sqrt(252), rel=1e-12)
    assert found.min_track_record == pytest.approx(
        min_track_record_length(ratios.max(), shape.skew, shape.kurtosis), rel=1e-12
    )
    spa = superior_predictive_ability(net, mean_block=10, reps=200, seed=3)
    assert (found.spa_lower, found.spa_consistent, found.spa_upper) == (spa.lower, spa.consistent, spa.upper)
    against = superior_predictive_ability(net - rivals[:, :1], mean_block=10, reps=200, seed=3)
    assert found.spa_equal_weight == against.consistent
    assert found.gaps == ()
    assert all(getattr(found, name) is not None for name in FIGURES)
    assert found.sharpe_low < found.sharpe < found.sharpe_high


def test_pbo_is_that_of_candidates_and_baselines():
    """The combinatorial matrix goes to CSCV as it is."""
    matrix = np.random.default_rng(0).normal(0, 0.01, (400, 10))
    assert evidence_of(1, combinatorial=matrix).pbo == cscv(matrix, 8).pbo


def test_near_identical_candidates_do_not_shrink_the_hurdle():
    """Five copies of one strategy have Sharpe variance 0; the floor 1 / (T - 1) keeps the hurdle up."""
    net, _ = draw(0)
    copies = net[:, [0]] + 1e-7 * net
    found = evidence_of(0, net=copies, gross=copies)
    assert found.trial_variance == 1 / 749
    assert found.hurdle > 1.0


def test_more_trials_deflate_more():
    """The count of the ledger, not the number of candidates, sets the hurdle."""
    few, many = (evidence_of(3, edge=2.0, trials=n) for n in (5, 5000))
    assert many.hurdle > few.hurdle
    assert many.deflated_sharpe < few.deflated_sharpe


def test_same_inputs_same_bytes_and_round_trip():
    """Deterministic, JSON without NaN, and read back equal."""
    found = evidence_of(4, edge=1.0)
    text = json.dumps(found.to_payload(), sort_keys=True)
    assert text == json.dumps(evidence_of(4, edge=1.0).to_payload(), sort_keys=True)
    assert Evidence.from_payload(json.loads(text)) == found


@pytest.mark.parametrize(
    "change",
    [lambda p: p.pop("pbo"), lambda p: p.update(extra=1), lambda p: p.update(pbo=math.nan),
     lambda p: p.update(pbo="low"), lambda p: p.update(pbo=False), lambda p: p.update(candidates=[{"name": "a"}])],
)  # fmt: skip
def test_malformed_payloads_are_refused(change):
    """Missing, unknown, non-finite or mistyped fields do not become evidence."""
    payload = evidence_of(4).to_payload()
    change(payload)
    with pytest.raises(IntegrityError):
        Evidence.from_payload(payload)


def test_a_failed_candidate_is_a_gap():
    """One NaN return leaves that candidate without figures, and blocks PBO and SPA where it takes part."""
    net, _ = draw(5, edge=2.0)
    net[100, 2] = np.nan
    found = evidence_of(5, edge=2.0, net=net)
    figures = {gap.figure for gap in found.gaps}
    assert {"figures[c]", "spa", "spa_equal_weight"} <= figures
    assert found.best != "c"
    assert found.candidates[2].figures == {}
    assert found.spa_consistent is None


def test_an_idle_candidate_is_no_gap():
    """A model that never trades has no Sharpe ratio, is never the best, and blocks nothing."""
    net, _ = draw(6, edge=2.0)
    net[:, 1] = 0.0
    matrix = np.hstack([net, draw(6)[1]])
    found = evidence_of(6, net=net, gross=net, combinatorial=matrix)
    assert found.gaps == ()
    assert found.candidates[1].idle
    assert found.candidates[1].figures["sharpe"] is None
    nothing = evidence_of(6, net=0 * net, gross=0 * net)
    assert nothing.best is None
    assert "best" in {gap.figure for gap in nothing.gaps}


def test_failed_folds_and_paths_are_gaps():
    """A fold without a Sharpe ratio is recorded as missing."""
    folds = dict.fromkeys(NAMES, (1.0, None, math.nan, 2.0))
    found = evidence_of(7, edge=2.0, fold_sharpes=folds, path_sharpes={})
    assert found.fold_sharpes == (1.0, None, None, 2.0)
    assert found.path_sharpes == ()
    assert {gap.figure for gap in found.gaps} == {"fold_sharpes", "path_sharpes"}


def test_a_ledger_that_cannot_be_right_is_a_gap():
    """Fewer trials than candidates: somebody did not count."""
    assert {gap.figure for gap in evidence_of(8, edge=2.0, trials=3).gaps} == {"trials"}
    assert "deflated_sharpe" in {gap.figure for gap in evidence_of(8, edge=2.0, trials=0).gaps}


def test_short_history_is_a_gap():
    """Too few rows for the blocks of PBO: no number."""
    found = evidence_of(9, rows=15)
    assert found.pbo is None
    assert "pbo" in {gap.figure for gap in found.gaps}


@pytest.mark.parametrize(
    "change",
    [{"names": ("a", "a", "b", "c", "d")}, {"names": NAMES[:4]}, {"turnover": np.zeros((3, 5))},
     {"equal_weight": np.zeros(3)}, {"combinatorial": np.zeros((100, 3))},
     {"combinatorial_names": tuple("fghijklmno")}],
)  # fmt: skip
def test_arrays_that_do_not_belong_together_are_refused(change):
    """A shape error is a bug of the caller, not a gap."""
    with pytest.raises(BadInputError, match="evidence_shape"):
        evidence_of(0, **change)


def test_one_good_candidate_among_bad_ones_does_not_raise_its_own_hurdle():
    """With the best in V, a strategy of Sharpe 4 beside four of 0 was refused for being good; without it, it passes."""
    net, _ = draw(11, correlation=0.0)
    net[:, 2] += 4.5 / math.sqrt(252) * 0.01
    found = evidence_of(11, net=net, gross=net, deflation_trials=5)
    ratios = sharpe_ratios(net)
    assert found.best == NAMES[2]
    assert found.trial_variance < np.var(ratios, ddof=1) / 5
    assert found.deflated_sharpe > 0.99
    own = deflated_sharpe(ratios[2], 750, 0.0, 3.0, trials=105, variance=float(np.var(ratios, ddof=1)))
    assert own.hurdle > ratios[2]
