"""Walk-forward conformal sets: the past decides, the coverage is counted on what is known."""

import numpy as np
import pytest

from market_assets.core.conformal.split import conformal_quantile
from market_assets.core.conformal.walk_forward import (
    METHODS,
    ConformalSpec,
    walk_forward_coverage,
    walk_forward_quantiles,
)
from market_assets.core.errors import BadInputError, NotEnoughDataError

SESSIONS, SYMBOLS, STARTS = 400, 12, (80, 160, 240, 320)
SPEC = ConformalSpec(alpha=0.1, gamma=0.02, min_calibration=50)


def world(seed, shift=0.0):
    """Forecasts of sessions 80..399 with labels of up to 10 sessions; from session 240 on they are off by ``shift``."""
    generator = np.random.default_rng(seed)
    t0 = np.tile(np.arange(SESSIONS, dtype=np.int32), SYMBOLS)
    symbol = np.repeat(np.arange(SYMBOLS), SESSIONS)
    t1 = np.minimum(t0 + generator.integers(1, 11, t0.size), SESSIONS - 1).astype(np.int32)
    p = generator.uniform(0.2, 0.8, t0.size)
    true = np.clip(np.where(t0 >= 240, p + shift * np.sign(0.5 - p), p), 0, 1)
    label = (generator.random(t0.size) < true).astype(np.int8)
    defined = (generator.random(t0.size) < 0.9) & (t0 + 10 < SESSIONS)
    regime = np.tile(generator.integers(-1, 2, SESSIONS), SYMBOLS)
    return {
        "probability": np.where(t0 < STARTS[0], np.nan, p),
        "label": label,
        "defined": defined,
        "t0": t0,
        "t1": t1,
        "regime": regime,
        "year": 2015 + t0 // 100,
        "symbol": symbol,
    }


def quantiles(rows):
    """Quantiles of every method for a world."""
    chosen = {name: rows[name] for name in ("probability", "label", "defined", "t0", "t1", "regime")}
    return walk_forward_quantiles(**chosen, fold_starts=STARTS, sessions=SESSIONS, spec=SPEC)


@pytest.mark.parametrize("cut", [170, 240, 333])
def test_the_future_never_moves_the_past(cut):
    """Quantiles of rows up to a session are the same bytes when all later forecasts and labels are changed."""
    rows = world(1)
    other = {name: values.copy() for name, values in rows.items()}
    later, unknown = rows["t0"] > cut, rows["t1"] >= cut
    other["probability"][later] = 0.99
    other["label"][unknown] = 1 - other["label"][unknown]
    other["defined"][unknown] ^= np.arange(unknown.sum()) % 3 == 0
    other["t1"][unknown] = SESSIONS - 1
    other["regime"][later] = 1
    before, after = quantiles(rows), quantiles(other)
    for name in METHODS:
        assert before.quantile[name][~later].tobytes() == after.quantile[name][~later].tobytes()
        assert not np.isnan(before.quantile[name][~later]).all()
    assert before.quantile["adaptive"][later].tobytes() != after.quantile["adaptive"][later].tobytes()
    assert before.path.level[: cut + 1].tobytes() == after.path.level[: cut + 1].tobytes()


def test_split_uses_earlier_folds_whose_labels_ended():
    """The quantile of the third fold is that of forecasts before it with t1 before it; the first fold has none."""
    rows = world(2)
    found = quantiles(rows).quantile["split"]
    assert np.isnan(found[rows["t0"] < STARTS[1]]).all()
    known = (rows["t0"] >= 80) & (rows["t1"] < 240) & rows["defined"]
    score = np.where(rows["label"] == 1, 1 - rows["probability"], 1 - (1 - rows["probability"]))
    third = (rows["t0"] >= 240) & (rows["t0"] < 320)
    assert set(found[third]) == {conformal_quantile(score[known], 0.1)}
    leaky = (rows["t0"] >= 80) & (rows["t0"] < 240) & rows["defined"]
    assert leaky.sum() > known.sum()  # labels that run into the fold are what purging leaves out
    state = rows["regime"] == 1
    by_regime = quantiles(rows).quantile["mondrian"]
    assert set(by_regime[third & state]) == {conformal_quantile(score[known & state], 0.1)}


def test_calibrated_forecasts_are_covered():
    """With honest probabilities every method covers near 90 % overall, and the slices add up."""
    found = walk_forward_coverage(
        **world(3), fold_starts=STARTS, sessions=SESSIONS, spec=SPEC, regime_names=("calm", "wild")
    )
    for report in found.reports:
        assert report.overall.coverage == pytest.approx(0.9, abs=0.02)
        assert report.overall.n == found.judged.sum()
        for kind in ("regime", "year", "regime x year", "symbol"):
            assert sum(part.n for part in report.slices if part.kind == kind) == report.overall.n
    names = {part.name for part in found.reports[0].slices if part.kind == "regime"}
    assert names == {"calm", "wild", "unknown"}
    forecasts = int(np.sum(~np.isnan(world(3)["probability"])))
    assert forecasts == found.judged.sum() + sum(found.left_out.values())


def test_adaptive_sets_follow_a_shift():
    """When forecasts turn wrong half-way, the fixed quantile of that fold undercovers; adaptive sets come closer."""
    rows = world(4, shift=0.6)
    found = walk_forward_coverage(**rows, fold_starts=STARTS, sessions=SESSIONS, spec=SPEC)
    split, _, adaptive = (report.overall.coverage for report in found.reports)
    assert split < 0.8
    assert abs(adaptive - 0.9) < abs(split - 0.9)


def test_undefined_labels_do_not_count():
    """A row without a usable label changes neither quantiles nor coverage, whatever its label says."""
    rows = world(5)
    other = {**rows, "label": np.where(rows["defined"], rows["label"], 1 - rows["label"]).astype(np.int8)}
    first, second = (
        walk_forward_coverage(**one, fold_starts=STARTS, sessions=SESSIONS, spec=SPEC) for one in (rows, other)
    )
    assert first.reports == second.reports
    assert not (first.judged & ~rows["defined"]).any()


def test_impossible_inputs_are_refused():
    """Unequal columns, fold starts out of order, and nothing to judge."""
    rows = world(6)
    with pytest.raises(BadInputError, match="coverage_rows"):
        walk_forward_coverage(**{**rows, "year": [2015]}, fold_starts=STARTS, sessions=SESSIONS, spec=SPEC)
    with pytest.raises(BadInputError, match="fold_starts"):
        walk_forward_coverage(**rows, fold_starts=(80, 80), sessions=SESSIONS, spec=SPEC)
    with pytest.raises(NotEnoughDataError):
        walk_forward_coverage(**rows, fold_starts=STARTS[:1], sessions=SESSIONS, spec=SPEC)


def test_equal_scores_are_ordered_by_draws():
    """Probabilities of three values: without draws 90 % sets cover far more; with them they cover 90 %."""
    rows = world(5)
    rows["probability"] = np.where(np.isnan(rows["probability"]), np.nan, np.round(rows["probability"] * 5) / 5)
    rows["label"] = (np.random.default_rng(6).random(rows["t0"].size) < np.nan_to_num(rows["probability"])).astype(
        np.int8
    )
    tie = np.random.default_rng(7).random(rows["t0"].size)
    plain, drawn = (
        walk_forward_coverage(**rows, fold_starts=STARTS, sessions=SESSIONS, spec=SPEC, tie=one).reports[0].overall
        for one in (None, tie)
    )
    assert plain.coverage > 0.93
    assert drawn.coverage == pytest.approx(0.9, abs=0.02)
    assert drawn.n == plain.n
