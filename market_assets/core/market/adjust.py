"""Forward total-return adjustment: point-in-time, because row t uses nothing later than row t."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from market_assets.core.market.panel import PRICE_COLUMNS, Floats, Panel


def adjustment_factors(panel: Panel) -> tuple[Floats, Floats]:
    """Price factor and cumulative split of every row, both (n_rows,), both 1 on a symbol's first bar.

    The data's convention of a total return is ``(close_t * split_t + dividend_t) / close_{t-1} - 1``: the dividend is
    paid per old share. With ``adjusted_t = close_t * F_t`` it holds exactly if and only if
    ``F_t = F_{t-1} * (split_t + dividend_t / close_t)``, the dividend being reinvested at the close of its ex-date.
    (``split_t * (1 + dividend_t / close_t)`` would pay the dividend on new shares.)

    Vendors adjust backwards, so that the level of an old price changes with every later dividend; here a level never
    changes once written, and a longer history begins with the same numbers.
    """
    steps = panel.split + panel.dividend / panel.close
    price, shares = np.ones(panel.n_rows), np.ones(panel.n_rows)
    for index in range(len(panel.symbols)):
        rows = panel.rows(index)
        later = slice(rows.start + 1, rows.stop)
        price[later] = np.cumprod(steps[later])
        shares[later] = np.cumprod(panel.split[later])
    return price, shares


def adjust(panel: Panel) -> Panel:
    """Adjust prices for splits and dividends up to and including each row's own date.

    Open, high, low and close are multiplied by the price factor of :func:`adjustment_factors`; volume is divided by
    the cumulative split, so that it counts shares as of the first bar. The result has ``split`` 1 and ``dividend`` 0,
    hence adjusting twice changes nothing.

    Parameters
    ----------
    panel : bars as traded, prices positive.

    Returns
    -------
    Panel of the same rows. ``close_t / close_{t-1} - 1`` is the total return of the session.
    """
    factor, shares = adjustment_factors(panel)
    prices = {name: getattr(panel, name) * factor for name in PRICE_COLUMNS}
    return replace(
        panel,
        **prices,
        volume=panel.volume / shares,
        split=np.ones(panel.n_rows),
        dividend=np.zeros(panel.n_rows),
    )
