"""Transfer between parts of the universe: skill that holds everywhere, and skill that is one sector's."""

import numpy as np
import pytest

from market_assets.core.diagnostics.ic_inference import mean_coefficients
from market_assets.core.diagnostics.panel_coefficients import panel_coefficients
from market_assets.core.diagnostics.transfer import agreement, halves, transfer

NAMES, SESSIONS = 16, 250
SYMBOLS = tuple(f"S{k:02d}" for k in range(NAMES))
SECTORS = tuple("AABBBBBBBBCCCCCC")


@pytest.fixture(scope="module")
def world():
    """Feature 0 works everywhere, 1 in sector B alone and the other way round in C, 2 to 9 nowhere."""
    rng = np.random.default_rng(0)
    code = np.tile(np.arange(NAMES, dtype=np.int32), SESSIONS)
    x = rng.normal(size=(len(code), 10)).astype(np.float32)
    side = np.array([{"B": 1.0, "C": -1.0}.get(name, 0.0) for name in SECTORS])[code]
    outcome = 0.5 * x[:, 0] + 0.5 * side * x[:, 1] + rng.normal(size=len(code))
    session = np.repeat(np.arange(SESSIONS, dtype=np.int32), NAMES)
    return x, outcome, session, code


def test_halves_hold_every_sector():
    """Equal halves in which no sector leans to one side by more than a symbol, whatever the order of the symbols."""
    found = halves(SYMBOLS, SECTORS)
    assert found.sum() == NAMES // 2
    for name in set(SECTORS):
        mine = found[[sector == name for sector in SECTORS]]
        assert abs(2 * int(mine.sum()) - len(mine)) <= 1
    turned = halves(SYMBOLS[::-1], SECTORS[::-1])
    assert turned[::-1].tolist() == found.tolist()


def test_what_is_one_sectors_does_not_transfer(world):
    """Feature 0 has its sign in every part; feature 1 has another inside C than outside. Sector A is too small."""
    x, outcome, session, code = world
    found = transfer(x, outcome, session, SESSIONS, code, SYMBOLS, SECTORS, 1)
    assert found.sectors == ("B", "C")
    assert min(found.half_a.t[0], found.half_b.t[0], *(one.t[0] for one in found.inside)) > 5
    outside, inside = found.outside[1], found.inside[1]
    assert inside.t[1] < -5 < 5 < outside.t[1]
    assert agreement(outside, inside).same_sign < 1.0
    assert agreement(found.half_a, found.half_b).strong >= 1


def test_a_part_is_what_its_own_rows_say(world):
    """Each part equals the coefficients of a panel that holds no other symbols."""
    x, outcome, session, code = world
    found = transfer(x, outcome, session, SESSIONS, code, SYMBOLS, SECTORS, 3)
    mine = np.array([sector == "C" for sector in SECTORS])[code]
    alone = mean_coefficients(panel_coefficients(x[mine], outcome[mine, None], session[mine], SESSIONS)[0, 0], 3)
    assert found.inside[1].mean.tobytes() == alone.mean.tobytes()
    assert found.inside[1].t.tobytes() == alone.t.tobytes()


def test_nothing_to_compare_is_no_figure():
    """Fewer than three features have no order, and without a strong one no sign is compared."""
    few = mean_coefficients(np.random.default_rng(1).normal(0, 0.1, (2, 50)), 1)
    found = agreement(few, few)
    assert (found.correlation, found.same_sign) == (None, None if not found.strong else 1.0)
