"""The leakage proof catches planted leaks and lets their clean twins pass."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from benchmarks.side_series import with_side
from benchmarks.zoo.families import FAMILY_LEAKS, as_family
from benchmarks.zoo.ragged import PANELS, make_panel
from market_assets.core.errors import NotEnoughDataError
from market_assets.core.features.base import Family
from market_assets.core.features.causality import MAX_LISTED, default_cuts, prove_causal, prove_families, prove_on
from market_assets.core.features.declaration import CLOSE, Feature
from market_assets.core.features.perturb import VARIANTS, deletion, noise, noise_and_scale, scale
from market_assets.core.features.registry import FAMILIES
from market_assets.core.features.trials import Trials
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets_tests.core.features.panels import market

RAW = make_panel("ragged", 10, 1.3)
CUTS = default_cuts(RAW, n=3, seed=0)
LEAKS = {one.name: one for one in FAMILY_LEAKS}


@cache
def trials(adjustment=adjust) -> Trials:
    """The trials of the ragged market, made once."""
    return Trials(RAW, CUTS, 1, adjustment)


def plainly_causal(family, raw: Panel, cuts, adjustment=adjust) -> bool:
    """The definition: the whole panel at every cut, with later bars as noise, scaled and dropped."""
    clean = family.compute(adjustment(raw))
    for cut in cuts:
        past = raw.ts <= cut
        for change in (noise, scale, deletion):
            other = change(raw, ~past, np.random.Generator(np.random.PCG64(0)))
            again = family.compute(adjustment(other))[other.ts <= cut]
            if not np.array_equal(clean[past], again, equal_nan=True):
                return False
    return True


def test_planted_leaks_are_many_and_differ() -> None:
    """At least twenty, each under a name of its own."""
    assert len(LEAKS) == len(FAMILY_LEAKS) >= 20


@pytest.mark.parametrize("name", LEAKS)
def test_planted_leak_is_caught_and_its_twin_passes(name: str) -> None:
    """Each planted leak is named, with symbol and time; its clean twin is not flagged."""
    leak, twin = as_family(LEAKS[name].leaky), as_family(LEAKS[name].clean)
    result = prove_on(leak, trials(LEAKS[name].adjustment))
    assert not result.passed
    assert result.leaks == ("x",)
    assert result.violations_count >= len(result.violations) > 0
    first = result.violations[0]
    assert first.symbol in RAW.symbols
    assert np.datetime64(first.ts) <= np.datetime64(first.cut)
    honest = prove_on(twin, trials())
    assert honest.passed, honest.violations[:3]
    assert (honest.violations_count, honest.leaks, honest.violations) == (0, (), ())


@pytest.mark.parametrize("name", ["centred window", "whole-sample z-score", "survivors only", "series chosen once"])
def test_verdict_of_the_definition(name: str) -> None:
    """On leaks of four kinds and their twins, the plain proof on the whole panel says the same."""
    for family, leaks in ((as_family(LEAKS[name].leaky), True), (as_family(LEAKS[name].clean), False)):
        assert plainly_causal(family, RAW, CUTS) is prove_on(family, trials()).passed is not leaks


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("seed", [0, 1])
def test_no_registered_family_is_flagged(name: str, seed: int) -> None:
    """No false alarm on a null, a planted and an untidy market; every feature was compared.

    The eight symbols are of eight sectors, so what compares a symbol with the rest of its sector may be undefined.
    """
    raw = with_side(make_panel(name, 8, 1.2, seed), seed)
    for result in prove_families(FAMILIES.values(), raw, default_cuts(raw, 3, seed), seed):
        assert result.passed, result.violations[:3]
        features = FAMILIES[result.family].features
        assert [name for name in result.undefined if "sector" not in features[name].inputs] == []


def test_what_was_tried_is_said() -> None:
    """Variants, cuts, symbols and counts of every trial are in the result."""
    result = prove_on(FAMILIES["regime"], trials())
    assert set(result.variants) == set(VARIANTS) == {"noise_and_scale", "deletion", "extension"}
    assert [(one.scope, one.variant) for one in result.trials] == [
        ("whole history", "noise_and_scale"),
        ("whole history", "deletion"),
        *[("window", "noise_and_scale"), ("window", "extension")] * 2,
    ]
    assert {one.cut for one in result.trials} == set(result.cuts)
    assert all(one.compared > 0 and one.symbols > 0 and one.moved == 0 for one in result.trials)
    assert result.compared == sum(one.compared for one in result.trials)
    assert 0 < result.rows < 6 * RAW.n_rows


def test_listing_is_capped_and_the_count_is_not() -> None:
    """A leak in every row is counted in full and listed up to the cap."""
    result = prove_causal(as_family(LEAKS["whole-sample z-score"].leaky), RAW, CUTS, seed=1)
    assert len(result.violations) == MAX_LISTED
    assert result.violations_count > MAX_LISTED


def test_payload_is_json() -> None:
    """The payload survives JSON and says whether the proof passed."""
    payload = prove_causal(as_family(LEAKS["target in a feature"].leaky), RAW, CUTS, seed=1).to_payload()
    assert json.loads(json.dumps(payload)) == payload
    assert payload["passed"] is False
    assert payload["family"] == "planted"
    assert set(payload["violations"][0]) == {"feature", "symbol", "ts", "cut", "variant"}


def test_same_seed_same_result() -> None:
    """The proof is deterministic."""
    leak = as_family(LEAKS["centred window"].leaky)
    assert prove_causal(leak, RAW, CUTS, seed=9) == prove_causal(leak, RAW, CUTS, seed=9)


def test_a_proof_of_nothing_is_refused() -> None:
    """No cuts, a cut at the end, a cut before the start and an all-NaN past are errors, not passes."""
    clean = as_family(LEAKS["target in a feature"].clean)
    nothing = as_family(lambda panel: np.full((panel.n_rows, 1), np.nan))
    day = np.timedelta64(1, "D")
    for who, cuts in ((clean, []), (clean, [RAW.ts.max()]), (clean, [RAW.ts.min() - day]), (nothing, CUTS)):
        with pytest.raises(NotEnoughDataError):
            prove_causal(who, RAW, cuts, seed=1)


def test_family_of_wrong_shape_is_refused() -> None:
    """A family that returns other rows for other panels cannot be proven."""
    wrong = as_family(lambda panel: np.zeros((panel.n_rows, 1 + (panel.ts.max() < RAW.ts.max()))))
    with pytest.raises(ValueError, match="past values"):
        prove_causal(wrong, RAW, CUTS, seed=1)


def test_negative_zero_is_a_change() -> None:
    """Bits are compared, not values: 0.0 and -0.0 differ."""
    signed = as_family(lambda panel: np.full((panel.n_rows, 1), 0.0 if panel.ts.max() == RAW.ts.max() else -0.0))
    assert not prove_causal(signed, RAW, CUTS, seed=1).passed


def test_default_cuts() -> None:
    """Cuts come after the warm-up, leave a future, increase, and follow the seed."""
    sessions = RAW.sessions()[0]
    cuts = default_cuts(RAW, n=4, seed=3)
    positions = np.searchsorted(sessions, np.array(cuts))
    assert (positions >= 126).all()
    assert (positions < len(sessions) - 1).all()
    assert (np.diff(positions) > 0).all()
    assert cuts == default_cuts(RAW, n=4, seed=3)
    with pytest.raises(NotEnoughDataError):
        default_cuts(market(sessions=127, equities=2, context=False), n=3)


def test_noise_keeps_bars_valid_and_the_past_untouched() -> None:
    """Perturbed bars keep low <= open, close <= high and positive volume; every future price moves, no past one."""
    raw = market(sessions=200, equities=4, context=False)
    past = raw.ts <= raw.sessions()[0][150]
    other = noise(raw, ~past, np.random.Generator(np.random.PCG64(0)))
    assert (other.low <= np.minimum(other.open, other.close)).all()
    assert (other.high >= np.maximum(other.open, other.close)).all()
    assert (other.low > 0.0).all()
    for name in ("open", "high", "low", "close", "volume"):
        before, after = getattr(raw, name), getattr(other, name)
        np.testing.assert_array_equal(after[past], before[past])
        assert (after[~past] != before[~past]).all()
    assert (other.split[~past] == 2.0).sum() >= len(raw.symbols)
    np.testing.assert_array_equal(other.split[past], raw.split[past])
    assert deletion(raw, ~past, np.random.Generator(np.random.PCG64(0))).n_rows == past.sum()


def test_noise_and_scale_take_turns() -> None:
    """Half of the symbols get noise and actions, the other half a million times the price and volume."""
    raw = market(sessions=200, equities=4, context=False)
    past = raw.ts <= raw.sessions()[0][150]
    other = noise_and_scale(raw, ~past, np.random.Generator(np.random.PCG64(0)))
    for index in range(len(raw.symbols)):
        rows = np.arange(raw.n_rows)[raw.rows(index)][~past[raw.rows(index)]]
        factor = other.close[rows] / raw.close[rows]
        assert np.allclose(factor, 1e6) if index % 2 else (np.abs(np.log(factor)) < 1).all()
        np.testing.assert_array_equal(other.close[past], raw.close[past])


def test_window_extension() -> None:
    """A family that counts the sessions it is given changes when a month is appended, whatever the prices are."""
    counting = as_family(lambda panel: np.full((panel.n_rows, 1), float(len(np.unique(panel.ts)))))
    result = prove_on(counting, trials())
    assert {one.variant for one in result.trials if one.moved} == {"deletion", "extension"}


def test_whole_histories_hold_the_odd_symbols() -> None:
    """One equity that begins after the first cut, one that ends, one with gaps, and everything that is no equity."""
    whole, *windows = trials().of(FAMILIES["technical"])
    spans = {name: whole.panel.ts[whole.panel.rows(k)] for k, name in enumerate(whole.panel.symbols)}
    assert {"^IDX", "^VIX"} <= set(spans)
    assert any(ts[0] > CUTS[0] for name, ts in spans.items() if name != "^VIX")
    assert any(CUTS[0] < ts[-1] < RAW.ts.max() for ts in spans.values())
    assert all(len(np.unique(one.panel.ts)) < 200 for one in windows)
    drawn = [set(one.panel.symbols) - {"^IDX", "^VIX"} for one in windows]
    assert not drawn[0] & drawn[1]


def test_a_feature_that_no_part_defines_is_tried_on_everything() -> None:
    """Defined for the last symbol only, it is compared all the same; one that is never defined is named."""
    last = len(RAW.symbols) - 3

    def compute(panel: Panel) -> np.ndarray:
        out = np.full((panel.n_rows, 2), np.nan)
        if RAW.symbols[last] in panel.symbols and len(panel.symbols) == len(RAW.symbols):
            out[panel.rows(last), 0] = panel.close[panel.rows(last)]
        return out

    features = dict.fromkeys(("rare", "never"), Feature("toy", "own", CLOSE, 20))
    result = prove_on(Family("toy", "1", features, compute), trials())
    assert result.passed
    assert result.undefined == ("never",)
    assert {one.scope for one in result.trials if one.compared} == {"everything"}
