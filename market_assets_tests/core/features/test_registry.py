"""Properties that every family must have; a new family in the registry is tested without a new line here."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from market_assets.core.features.causality import default_cuts, prove_causal
from market_assets.core.features.institutional import INSTITUTIONAL
from market_assets.core.features.registry import FAMILIES, schema_version
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets_tests.core.features.panels import join, market, scaled, single, stamps, symbol_bars

BURN_IN = 300
"""Sessions after which what an exponential mean remembers of older ones is below 1e-8 (0.94 ** 300)."""

every_family = pytest.mark.parametrize("name", sorted(FAMILIES))


@cache
def panel() -> Panel:
    """The adjusted test market."""
    return adjust(market())


@cache
def computed(name: str) -> np.ndarray:
    """A family's values on the test market."""
    return FAMILIES[name].compute(panel())


def bits(values: np.ndarray) -> bytes:
    """Bytes of the values with one NaN payload."""
    return np.ascontiguousarray(np.where(np.isnan(values), np.nan, values)).tobytes()


@every_family
def test_shape_and_type(name: str) -> None:
    """Values are float64 with one row a bar and one column a name."""
    values = computed(name)
    assert values.dtype == np.float64
    assert values.shape == (panel().n_rows, len(FAMILIES[name].names))


@every_family
def test_never_infinite(name: str) -> None:
    """No feature is ever infinite."""
    assert not np.isinf(computed(name)).any()


@every_family
def test_defined_after_the_lookback(name: str) -> None:
    """After a feature's own look-back less than 1 % of it is NaN on a clean market, over all traded symbols."""
    family, values = FAMILIES[name], computed(name)
    kinds, sectors = panel().kinds, panel().sectors
    traded = [i for i, kind in enumerate(kinds) if kind != "level"]
    mated = [i for i in traded if sum(sectors[j] == sectors[i] for j in traded) > 1]
    missing = {}
    for k, (column, feature) in enumerate(family.features.items()):
        # a symbol alone in its sector has nobody to be compared with
        chosen = mated if "sector" in feature.inputs else traded
        late = [panel().rows(i) for i in chosen]
        late = [values[rows.start + feature.lookback : rows.stop, k] for rows in late]
        missing[column] = np.isnan(np.concatenate(late)).mean()
    assert {column: share for column, share in missing.items() if share >= 0.01} == {}


@every_family
def test_recursive_features_forget(name: str) -> None:
    """Exponential features agree to 1e-6 once the burn-in has passed."""
    family = FAMILIES[name]
    long = adjust(market(sessions=560, equities=4, seed=3))
    recent = long.sessions()[1] >= 560 - BURN_IN - family.lookback - 5
    short = long.take(recent)
    late = short.sessions()[1] >= BURN_IN + family.lookback
    whole, part = family.compute(long)[recent][late], family.compute(short)[late]
    np.testing.assert_allclose(part, whole, rtol=1e-6, atol=1e-9)


@every_family
def test_price_scale_does_not_matter(name: str) -> None:
    """Multiplying one traded symbol's prices by a constant changes nothing."""
    for index in (1, panel().symbols.index("^IDX")):
        again = FAMILIES[name].compute(scaled(panel(), index, 3.7))
        np.testing.assert_allclose(again, computed(name), rtol=1e-9, atol=1e-9)


@every_family
def test_same_bytes_again(name: str) -> None:
    """Computing twice gives the same bytes."""
    assert bits(FAMILIES[name].compute(panel())) == bits(computed(name))


@every_family
def test_input_is_left_alone(name: str) -> None:
    """Computing does not write into the panel."""
    fresh = adjust(market(sessions=150, equities=3))
    before = fresh.content_hash()
    FAMILIES[name].compute(fresh)
    assert fresh.content_hash() == before


@pytest.mark.parametrize("name", sorted(name for name, family in FAMILIES.items() if family.per_symbol))
def test_symbols_are_independent(name: str) -> None:
    """A per-symbol family gives the same bytes for a symbol alone and within the panel."""
    for index in range(len(panel().symbols)):
        alone = FAMILIES[name].compute(single(panel(), index))
        assert bits(alone) == bits(computed(name)[panel().rows(index)])


@every_family
def test_past_does_not_see_the_future(name: str) -> None:
    """The leakage proof passes, on raw bars with splits and dividends."""
    raw = market(equities=5, seed=11)
    result = prove_causal(FAMILIES[name], raw, default_cuts(raw, n=2, seed=1), seed=5)
    assert result.passed, result.violations[:3]


@every_family
@pytest.mark.parametrize("defect", ["flat", "no volume", "one bar", "short", "empty symbol", "huge", "tiny", "halted"])
def test_degenerate_bars(name: str, defect: str) -> None:
    """Flat prices, no volume, hardly any bars, extreme levels: no error, no warning, never infinite."""
    rng = np.random.Generator(np.random.PCG64(2))
    n = {"one bar": 1, "short": 30, "empty symbol": 0}.get(defect, 160)
    bars = symbol_bars(n, rng)
    if defect == "flat":
        bars.update(dict.fromkeys(("open", "high", "low", "close"), np.full(n, 10.1)))
    elif defect == "no volume":
        bars["volume"][:] = 0.0
    elif defect in ("huge", "tiny"):
        factor = 1e9 if defect == "huge" else 1e-9
        bars.update({column: bars[column] * factor for column in ("open", "high", "low", "close")})
    elif defect == "halted":
        for column in bars:
            bars[column][50:140] = 0.0 if column == "volume" else bars["close"][49]
    sound = symbol_bars(160, rng)
    blocks = [("BAD", "a", "equity", stamps(160)[:n], bars), ("GOOD", "a", "equity", stamps(160), sound)]
    for chosen in (blocks, blocks[:1]):
        values = FAMILIES[name].compute(adjust(join(chosen)))
        assert values.shape[1] == len(FAMILIES[name].names)
        assert not np.isinf(values).any()


def test_family_sizes() -> None:
    """The technical family holds the 75 classic and 15 institutional features."""
    assert len(FAMILIES["technical"].names) == 90
    assert len(INSTITUTIONAL.features) == 15
    assert set(INSTITUTIONAL.features) <= set(FAMILIES["technical"].names)
    assert {"mom_accel", "vol_accel", "wick_ratio", "smart_money_score", "liquidity_impact"} <= set(
        FAMILIES["technical"].names
    )


def test_schema_version_follows_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new family version gives a new schema version; asking twice does not."""
    from dataclasses import replace

    before = schema_version()
    assert before == schema_version()
    monkeypatch.setitem(FAMILIES, "regime", replace(FAMILIES["regime"], version="next"))
    assert schema_version() != before
