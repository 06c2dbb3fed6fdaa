"""Two time axes: late versions are counted, and a reader that shows what was learned later is caught."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from market_assets.core.features.registry import FAMILIES
from market_assets.core.leakage.known_at import late_rows, prove_known
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets_tests.core.features.panels import market

FIRST = market(sessions=160, equities=3, context=False)
CUT = FIRST.sessions()[0][130]
REVISED = int(np.flatnonzero((FIRST.ts == FIRST.sessions()[0][100]) & (FIRST.symbol_codes() == 1))[0])


def revised() -> Panel:
    """The bars with one close of session 100 restated after session 140."""
    close, known_at = FIRST.close.copy(), FIRST.known_at.copy()
    close[REVISED] *= 1.01
    known_at[REVISED] = FIRST.sessions()[0][140]
    return replace(FIRST, close=close, known_at=known_at)


def honest(cut: np.datetime64) -> Panel:
    """What a bitemporal store gives: the first version before the revision was learned, the second after it."""
    now = FIRST if cut < FIRST.sessions()[0][140] else revised()
    return now.take(now.ts <= cut)


def latest(cut: np.datetime64) -> Panel:
    """A store that keeps one value a bar: the last."""
    return replace(revised(), known_at=FIRST.known_at).take(FIRST.ts <= cut)


def test_late_rows_are_counted() -> None:
    """The restated bar is late; a bar delivered within half a day is not."""
    assert np.flatnonzero(late_rows(revised())).tolist() == [REVISED]
    assert not late_rows(replace(FIRST, known_at=FIRST.ts + np.timedelta64(11, "h"))).any()
    assert late_rows(replace(FIRST, known_at=FIRST.ts + np.timedelta64(13, "h"))).all()


def test_an_honest_reader_passes() -> None:
    """Before and after the revision the reader gives what was known; everything known by the cut was compared."""
    result = prove_known(revised(), honest, [CUT, FIRST.ts.max()])
    assert result.violations_count == 0
    assert (result.rows, result.late_rows) == (FIRST.n_rows, 1)
    assert result.compared == (FIRST.ts <= CUT).sum() - 1 + FIRST.n_rows


def test_a_reader_of_wrong_bars_is_caught() -> None:
    """Another value, a missing bar, a bar of the future and a version of the future are violations."""
    wrong_value = replace(FIRST, open=np.where(np.arange(FIRST.n_rows) == 5, 1.0, FIRST.open))
    missing = np.arange(FIRST.n_rows) != 5
    for read, count in (
        (lambda cut: wrong_value.take(FIRST.ts <= cut), 1),
        (lambda cut: FIRST.take((FIRST.ts <= cut) & missing), 1),
        (lambda cut: FIRST, int((FIRST.ts > CUT).sum())),
        (lambda cut: revised().take(FIRST.ts <= cut), 1),
    ):
        assert prove_known(revised(), read, [CUT]).violations_count == count


def test_a_revision_does_not_reach_the_values_read_before_it() -> None:
    """As of the cut every feature has the bytes it had before the vendor spoke; a store of last values has others."""
    family = FAMILIES["technical"]
    before = family.compute(adjust(FIRST.take(FIRST.ts <= CUT)))
    np.testing.assert_array_equal(family.compute(adjust(honest(CUT))), before)
    assert not np.array_equal(family.compute(adjust(latest(CUT))), before, equal_nan=True)
