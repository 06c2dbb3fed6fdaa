"""Do features say the same of other symbols? Halves of the universe, and every sector against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from market_assets.core.diagnostics.ic_inference import MeanCoefficients, mean_coefficients
from market_assets.core.diagnostics.information_coefficient import MIN_NAMES
from market_assets.core.diagnostics.panel_coefficients import panel_coefficients
from market_assets.core.market.panel import Floats

STRONG = 2.0
"""Size of t from which on a sign is worth comparing."""


def halves(symbols: Sequence[str], sectors: Sequence[str]) -> NDArray[np.int64]:
    """Half 0 or 1 of every symbol: in turn, in order of sector and name, so that both halves hold every sector."""
    order = sorted(range(len(symbols)), key=lambda i: (sectors[i], symbols[i]))
    out = np.empty(len(symbols), np.int64)
    out[order] = np.arange(len(symbols)) % 2
    return out


@dataclass(frozen=True, eq=False)
class Transfer:
    """Mean coefficients of K features in parts of the universe that share no symbol.

    Parameters
    ----------
    half_a, half_b : of the two halves.
    sectors : names of the sectors with enough symbols on both sides. inside, outside : of each, and of all others.
    """

    half_a: MeanCoefficients
    half_b: MeanCoefficients
    sectors: tuple[str, ...]
    inside: tuple[MeanCoefficients, ...]
    outside: tuple[MeanCoefficients, ...]


@dataclass(frozen=True)
class Agreement:
    """How two parts agree over features: None where fewer than three, or none that is strong, can be compared.

    Parameters
    ----------
    correlation : of the ranks of the mean coefficients. strong : features with |t| of ``STRONG`` or more in the first
        part. same_sign : share of these with that sign in the second; a half is chance.
    """

    correlation: float | None
    strong: int
    same_sign: float | None


def transfer(
    x: NDArray[np.float32],
    outcome: Floats,
    session: NDArray[np.int64],
    sessions: int,
    code: NDArray[np.int32],
    symbols: Sequence[str],
    sectors: Sequence[str],
    horizon: int,
) -> Transfer:
    """Coefficients of every feature by half of the universe, and by sector and its complement.

    Parameters
    ----------
    x, outcome, session : (n, d), (n,), (n,) as in ``panel_coefficients``. code : (n,) symbol of each row.
    symbols, sectors : of each code; an empty sector counts for none. horizon : sessions of the outcome.
    """
    half, sector = halves(symbols, sectors)[code], np.array(sectors, dtype=str)
    named = tuple(
        name
        for name in sorted({text for text in sectors if text})
        if MIN_NAMES <= int((sector == name).sum()) <= len(symbols) - MIN_NAMES
    )
    parts = [half == 0, half == 1]
    for name in named:
        parts += [sector[code] == name, sector[code] != name]
    series = panel_coefficients(x, outcome[:, None], session, sessions, np.array(parts))[:, 0]
    found = [mean_coefficients(one, horizon) for one in series]
    return Transfer(found[0], found[1], named, tuple(found[2::2]), tuple(found[3::2]))


def agreement(first: MeanCoefficients, second: MeanCoefficients) -> Agreement:
    """Compare the signs and the order of features in two parts."""
    known = ~np.isnan(first.mean) & ~np.isnan(second.mean)
    left, right = first.mean[known], second.mean[known]
    varies = len(left) >= 3 and np.ptp(left) > 0.0 and np.ptp(right) > 0.0
    strong = known & (np.abs(np.nan_to_num(first.t)) >= STRONG)
    same = np.sign(first.mean[strong]) == np.sign(second.mean[strong])
    return Agreement(
        correlation=float(np.corrcoef(rankdata(left), rankdata(right))[0, 1]) if varies else None,
        strong=int(strong.sum()),
        same_sign=float(same.mean()) if strong.any() else None,
    )
