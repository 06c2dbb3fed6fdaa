"""Second opinions: each figure beside its plain definition, and a cause where there is none."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.statistics.bootstrap import return_intervals
from market_assets.core.statistics.deflated import expected_max
from market_assets.core.statistics.effective_trials import trial_correlation
from market_assets.core.statistics.max_normal import max_normal
from market_assets.core.statistics.mcs import model_confidence_set
from market_assets.core.statistics.reality_check import reality_check
from market_assets.core.statistics.sharpe import moments, probabilistic_sharpe
from market_assets.core.statistics.stepm import stepm
from market_assets.core.validity.second_opinions import SecondOpinions, second_opinions
from market_assets_tests.core.gates.worlds import NAMES, draw

SIZES = {"mean_block": 10.0, "reps": 200, "seed": 7}


def ask(net: np.ndarray, names=NAMES, best="a", **changes) -> SecondOpinions:
    """Second opinions with the sizes of these tests."""
    arguments = {"trials": 25, "trial_variance": 1 / 749, "periods_per_year": 252, **SIZES, **changes}
    return second_opinions(net, names, best, **arguments)


@pytest.fixture(scope="module")
def net() -> np.ndarray:
    """750 sessions of five candidates of annual Sharpe ratio 2, the last of them worthless."""
    values = draw(5, edge=2.0)[0]
    values[:, 4] -= values[:, 4].mean() + 0.002
    return values


def test_the_deflated_forms_by_hand(net):
    """2014: T - 1, variance at the estimate; 2025: T, variance at the hurdle with an AR(1), times that of a maximum."""
    found, own = ask(net).figures, net[:, 0]
    shape = moments(own)
    sr, hurdle = shape.mean / shape.std, expected_max(25, 1 / 749)
    centred = own - own.mean()
    rho = float(centred[1:] @ centred[:-1] / (centred @ centred))
    wings = (shape.kurtosis - 1) / 4
    error = math.sqrt((1 - shape.skew * sr + wings * sr**2) / 749)
    at_null = (1 + rho) / (1 - rho) - (1 + rho / (1 - rho) + rho**2 / (1 - rho**2)) * shape.skew * hurdle
    at_null += (1 + rho**2) / (1 - rho**2) * wings * hurdle**2
    later = math.sqrt(at_null / 750) * max_normal(25).std
    root = math.sqrt(252)
    expected = {"sharpe": sr * root, "hurdle": hurdle * root, "autocorrelation": rho}
    expected |= {"standard_error_2014": error * root, "standard_error_2025": later * root}
    for year, std in (("2014", error), ("2025", later)):
        expected[f"deflated_{year}"] = 0.5 * math.erfc(-(sr - hurdle) / std / math.sqrt(2))
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-12)


def test_lo_annualises_by_the_variance_of_a_year():
    """Eq. 20 is the Sharpe ratio of the sum: its factor is q / sqrt(variance of a year in units of one period)."""
    noise = np.random.default_rng(0).normal(0.001, 0.01, 4001)
    own = noise[1:] + 0.3 * noise[:-1]
    found = ask(own[:, None], ("a",), periods_per_year=12).figures
    centred = own - own.mean()
    rho = [float(centred[lag:] @ centred[:-lag] / (centred @ centred)) for lag in range(12)[1:]]
    year = sum(rho[abs(i - j) - 1] if i != j else 1.0 for i in range(12) for j in range(12))
    first = sum(rho[0] ** abs(i - j) for i in range(12) for j in range(12))
    assert found["factor_lo"] == pytest.approx(12 / math.sqrt(year), rel=1e-12)
    assert found["factor_lo_ar1"] == pytest.approx(12 / math.sqrt(first), rel=1e-12)
    assert found["factor_root"] == math.sqrt(12) > 12 / math.sqrt(year)
    ratio = own.mean() / own.std(ddof=1)
    assert found["sharpe_lo"] == pytest.approx(ratio * found["factor_lo"], rel=1e-12)
    assert found["sharpe_lo_ar1"] == pytest.approx(ratio * found["factor_lo_ar1"], rel=1e-12)


def test_a_short_record_has_few_autocorrelations(net):
    """28 of 251 lags for 750 sessions: a year's variance by a double loop in which the later ones are zero."""
    own = net[:, 0] - net[:, 0].mean()
    rho = [1.0] + [float(own[lag:] @ own[:-lag] / (own @ own)) for lag in range(1, 29)]
    year = sum(rho[abs(i - j)] for i in range(252) for j in range(252) if abs(i - j) <= 28)
    found = ask(net).figures
    assert found["autocorrelations"] == 28
    assert found["factor_lo"] == pytest.approx(252 / math.sqrt(year), rel=1e-12)


def test_the_search_by_hand(net):
    """Years from the expected maximum; Bonferroni's haircut inverts N times the two-sided p-value."""
    found = ask(net)
    sharpe = found.figures["sharpe"]
    assert sharpe is not None
    assert found.years == 750 / 252
    assert found.figures["min_backtest_years"] == pytest.approx((expected_max(25, 1.0) / sharpe) ** 2)
    left = found.figures["haircut_bonferroni_normal"]
    assert left is not None
    assert 0.0 < left < sharpe
    single, charged = (math.erfc(value * math.sqrt(found.years / 2)) for value in (sharpe, left))
    assert charged == pytest.approx(25 * single, rel=1e-9)
    for law in ("normal", "student"):
        independent, bonferroni = (found.figures[f"haircut_{kind}_{law}"] for kind in ("independent", "bonferroni"))
        assert independent is not None
        assert bonferroni is not None
        assert bonferroni <= independent < sharpe


def test_effective_trials_by_eigenvalues(net):
    """Each estimate from the spectrum of the correlation matrix, and every one between 1 and 5."""
    found, correlation = ask(net), trial_correlation(net)
    values = np.linalg.eigvalsh(correlation)
    rho = (correlation.sum() - 5) / 20
    expected = {
        "average_correlation": rho + (1 - rho) * 5,
        "effective_rank": math.exp(-sum(v / 5 * math.log(v / 5) for v in values)),
        "participation_ratio": 25 / sum(values**2),
        "galwey": sum(np.sqrt(values)) ** 2 / 5,
        "li_ji": sum((v >= 1) + v % 1 for v in values),
    }
    assert {name: found.figures[f"trials_{name}"] for name in expected} == pytest.approx(expected, rel=1e-9)
    assert found.figures["trials_clusters"] in (2, 3, 4)
    assert found.correlated == 5


def test_resampled_figures_are_those_of_the_functions(net):
    """One set of resamples for all: the same as each function draws for itself, and as the gate's interval."""
    found = ask(net)
    ends = return_intervals(net[:, 0], **SIZES).sharpe
    assert found.figures["stationary_low"] == pytest.approx(ends.low * math.sqrt(252), rel=1e-12)
    assert found.figures["stationary_high"] == pytest.approx(ends.high * math.sqrt(252), rel=1e-12)
    assert found.figures["reality_check"] == reality_check(net, **SIZES).pvalue
    rows = found.tests.candidates
    assert tuple(k for k, row in enumerate(rows) if row.stepm_rejected) == stepm(net, **SIZES).rejected != ()
    kept = model_confidence_set(-net, **SIZES).included
    assert tuple(k for k, row in enumerate(rows) if row.in_confidence_set) == kept
    assert not rows[4].in_confidence_set


def test_the_circular_interval_by_plain_resampling(net):
    """Blocks of ten that wrap around, one resample after the other."""
    own, drawn = net[:, 0], []
    starts = np.random.Generator(np.random.PCG64(7)).integers(0, 750, (200, 75), dtype=np.int32)
    for row in starts:
        sample = np.concatenate([[own[(start + step) % 750] for step in range(10)] for start in row])
        drawn.append(sample.mean() / sample.std(ddof=1) * math.sqrt(252))
    found = ask(net).figures
    assert [found["circular_low"], found["circular_high"]] == pytest.approx(np.quantile(drawn, [0.025, 0.975]))


def test_p_values_and_their_adjustment(net):
    """1 - PSR; Holm, Benjamini-Hochberg and Benjamini-Yekutieli by their definitions over five tests."""
    rows = ask(net).tests.candidates
    shapes = [moments(column) for column in net.T]
    raw = [1 - probabilistic_sharpe(one.mean / one.std, one.n, one.skew, one.kurtosis) for one in shapes]
    assert [row.p_value for row in rows] == pytest.approx(raw, abs=1e-12)
    order = np.argsort(raw)
    ranked = np.array(raw)[order]
    harmonic = sum(1 / k for k in range(1, 6))
    for position, column in enumerate(order):
        row, left, right = rows[column], range(position + 1), range(position, 5)
        assert row.holm == pytest.approx(min(1, max((5 - k) * ranked[k] for k in left)), abs=1e-12)
        lowest = min(5 * ranked[k] / (k + 1) for k in right)
        assert row.benjamini_hochberg == pytest.approx(min(1, lowest), abs=1e-12)
        assert row.benjamini_yekutieli == pytest.approx(min(1, harmonic * lowest), abs=1e-12)


def test_a_tiny_p_value_keeps_its_digits():
    """One minus a probability near one would be zero; the tail is not."""
    own = np.random.default_rng(1).normal(0.01, 0.01, 400)
    (row,) = ask(own[:, None], ("a",)).tests.candidates
    assert row.p_value is not None
    assert 0.0 < row.p_value < 1e-20
    assert row.holm == row.benjamini_hochberg == row.benjamini_yekutieli == row.p_value


def test_it_survives_json_and_repeats(net):
    """Plain values only and the same again; another seed moves what is resampled and nothing else."""
    found = ask(net).to_payload()
    text = json.dumps(found, sort_keys=True, allow_nan=False)
    assert json.dumps(ask(net).to_payload(), sort_keys=True, allow_nan=False) == text
    assert json.loads(text)["figures"] == found["figures"]
    assert found["causes"] == {}
    other = ask(net, seed=8).figures
    moved = {name for name, value in found["figures"].items() if other[name] != value}
    ends = {f"{kind}_{end}" for kind in ("stationary", "circular") for end in ("low", "high")}
    assert ends <= moved <= ends | {"reality_check"}


def test_one_candidate_alone(net):
    """Every estimate is one trial, there is no confidence set, and the rest stands."""
    found = ask(net[:, :1], ("a",))
    assert {value for name, value in found.figures.items() if name.startswith("trials_")} == {1.0}
    assert found.causes == {}
    (row,) = found.tests.candidates
    assert row.in_confidence_set is None
    assert "at least two models" in found.tests.set_cause
    assert row.stepm_rejected is True


def test_an_idle_candidate_is_a_gap(net):
    """It has no p-value and no part in the correlations; the others are adjusted for four tests."""
    idle = net.copy()
    idle[:, 1] = 0.0
    found, four = ask(idle), ask(np.delete(net, 1, axis=1), ("a", "c", "d", "e"))
    row = found.tests.candidates[1]
    assert (row.p_value, row.holm) == (None, None)
    assert "never vary" in row.cause
    assert row.stepm_rejected is False
    assert found.correlated == 4
    rest = [one for one in found.tests.candidates if one.name != "b"]
    assert [one.holm for one in rest] == [one.holm for one in four.tests.candidates]
    effective = [name for name in found.figures if name.startswith("trials_")]
    assert [found.figures[name] for name in effective] == [four.figures[name] for name in effective]
    assert json.dumps(found.to_payload(), allow_nan=False)


def test_where_all_are_idle_nothing_is_a_number():
    """No figure but the factor of independent returns, and a cause for each of the others."""
    found = ask(np.zeros((300, 2)), ("a", "b"))
    assert {name for name, value in found.figures.items() if value is not None} == {"factor_root"}
    assert set(found.causes) == set(found.figures) - {"factor_root"}
    assert "ever trades" in found.causes["reality_check"]
    assert all(row.p_value is None and not row.stepm_rejected for row in found.tests.candidates)


def test_missing_returns_are_a_cause(net):
    """A NaN in one column takes that candidate's p-value and all joint tests, not the figures of the best."""
    holed = net.copy()
    holed[3, 2] = np.nan
    found = ask(holed)
    assert found.figures["deflated_2014"] == ask(net).figures["deflated_2014"]
    assert found.figures["stationary_low"] == ask(net).figures["stationary_low"]
    for name in ("reality_check", "trials_effective_rank"):
        assert found.figures[name] is None
        assert "not finite" in found.causes[name]
    assert found.tests.candidates[2].p_value is None
    assert {row.stepm_rejected for row in found.tests.candidates} == {None}
    assert "not finite" in found.tests.stepm_cause
    assert "not finite" in found.tests.set_cause


def test_a_loss_has_no_haircut_and_no_length(net):
    """Nothing to cut, and no length that would help."""
    found = ask(-net[:200])
    assert found.figures["sharpe"] is not None
    assert found.figures["sharpe"] < 0
    for name in ("min_backtest_years", "haircut_independent_normal", "haircut_bonferroni_student"):
        assert found.figures[name] is None
        assert found.causes[name]
    assert found.figures["factor_lo_ar1"] is not None


def test_names_and_columns_belong_together(net):
    """Not one column a name, or a best that is no candidate."""
    with pytest.raises(BadInputError, match="do not fit"):
        ask(net, NAMES[:4])
    with pytest.raises(BadInputError, match="do not fit"):
        ask(net, best="z")
