"""Scorecards (F4): net returns by market regime, by symbol and by calendar year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.series import as_matrix, as_returns
from market_assets.core.validity.card import Card, CardSpec, make_card
from market_assets.core.validity.market_state import REGIMES, Codes

SCORECARDS_VERSION = "1"


@dataclass(frozen=True)
class Scorecards:
    """Cards of one candidate; those by symbol are of contributions to the account, which add up to its return."""

    overall: Card
    by_regime: tuple[Card, ...]
    by_symbol: tuple[Card, ...]
    by_year: tuple[Card, ...]

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form."""
        groups = {name: getattr(self, name) for name in ("by_regime", "by_symbol", "by_year")}
        return {
            "overall": self.overall.to_payload(),
            **{name: [card.to_payload() for card in cards] for name, cards in groups.items()},
        }


def cards_by_code(
    kind: str, returns: ArrayLike, codes: Codes, names: Sequence[str], spec: CardSpec, seed: int
) -> tuple[Card, ...]:
    """One card for each code 0.. of the periods (T,), empty ones too, and one ``unknown`` where a code is -1.

    Raises
    ------
    BadInputError
        rule ``card_codes``: another length, or a code without name.
    """
    values = as_returns(returns)
    if codes.shape != values.shape or np.any((codes < -1) | (codes >= len(names))):
        raise BadInputError("card_codes", f"{kind}: codes must be {values.size} numbers from -1 to {len(names) - 1}")
    cards = [make_card(kind, name, values[codes == code], spec, seed) for code, name in enumerate(names)]
    if np.any(codes == -1):
        cards.append(make_card(kind, "unknown", values[codes == -1], spec, seed))
    return tuple(cards)


def scorecards(
    net: ArrayLike,
    sessions: NDArray[np.datetime64],
    regimes: Codes,
    contributions: Floats,
    symbols: Sequence[str],
    spec: CardSpec,
    seed: int,
    regime_names: Sequence[str] = REGIMES,
) -> Scorecards:
    """Figures of one candidate by regime, symbol and year.

    Parameters
    ----------
    net : (T,) net returns. sessions : (T,) when each was booked.
    regimes : (T,) code known when the return's position was decided (``lagged(market_regimes(...), 2, -1)``).
    contributions : (T, N) parts of the symbols, see ``execution.contribution``.

    Raises
    ------
    BadInputError
        rule ``card_codes``; ``contribution_shape``: not one column a symbol, or another length.
    """
    values, parts = as_returns(net), as_matrix(contributions)
    if parts.shape != (values.size, len(symbols)) or sessions.shape != values.shape:
        raise BadInputError("contribution_shape", f"contributions {parts.shape} are not {values.size} x {len(symbols)}")
    years, place = np.unique(sessions.astype("datetime64[Y]"), return_inverse=True)
    return Scorecards(
        overall=make_card("overall", "all", values, spec, seed),
        by_regime=cards_by_code("regime", values, regimes, regime_names, spec, seed),
        by_symbol=tuple(make_card("symbol", name, parts[:, column], spec, seed) for column, name in enumerate(symbols)),
        by_year=cards_by_code("year", values, place.astype(np.int64), [str(one) for one in years], spec, seed),
    )
