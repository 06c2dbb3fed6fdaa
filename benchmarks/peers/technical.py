"""The classic technical set (71 columns) against TA-Lib, polars-talib and pandas-ta-classic."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from benchmarks.peers.indicators import INDICATORS, NO_PEER, series_of
from benchmarks.peers.random_panel import age_of_rows
from market_assets.core.features.base import Group
from market_assets.core.features.fused.family import fused_family
from market_assets.core.features.momentum import MOMENTUM
from market_assets.core.features.pattern import PATTERN
from market_assets.core.features.statistical import STATISTICAL
from market_assets.core.features.trend import TREND
from market_assets.core.features.volatility_bars import VOLATILITY_BARS
from market_assets.core.features.volume import VOLUME
from market_assets.core.market.panel import Floats, Panel

if TYPE_CHECKING:
    import pandas as pd


def with_peers(group: Group) -> Group:
    """The group without the columns that no peer has."""
    return replace(group, features={name: one for name, one in group.features.items() if name not in NO_PEER})


GROUPS = (TREND, MOMENTUM, VOLATILITY_BARS, VOLUME, PATTERN, STATISTICAL)
WHOLE = fused_family("classic_whole", version="1", groups=GROUPS)
"""The family technical without its institutional set: four columns more than the peers are asked for."""
CLASSIC = fused_family("classic", version="1", groups=tuple(with_peers(group) for group in GROUPS))
"""The columns that every peer is asked for."""
FORGOTTEN = 400
"""Bars after which two recursive means that began differently agree to 1e-6."""
MORE = "ours, with four columns that no peer has"
PEERS = {"TA-Lib": "talib", "polars-talib": "polars_talib", "pandas-ta-classic": "pandas_ta_classic"}


def installed(library: str) -> bool:
    """Whether a peer can be imported here."""
    return find_spec(PEERS[library]) is not None


def every_series(panel: Panel) -> list[dict[str, Floats]]:
    """The peers' inputs by symbol; made before they are timed."""
    return [series_of(panel, index) for index in range(len(panel.symbols))]


def talib_columns(panel: Panel, series: list[dict[str, Floats]]) -> Floats:
    """Every indicator of every symbol, shape (columns, rows); functions with several outputs are called once."""
    import talib  # type: ignore[reportMissingImports]

    out = np.empty((len(INDICATORS), panel.n_rows))
    for index, own in enumerate(series):
        rows, made = panel.rows(index), {}
        for number, one in enumerate(INDICATORS):
            call = (one.function, one.inputs, *one.parameters.items())
            if call not in made:
                made[call] = getattr(talib, one.function)(*(own[name] for name in one.inputs), **one.parameters)
            raw = made[call]
            out[number, rows] = raw[one.output] if isinstance(raw, tuple | list) else raw
    return out


def polars_frame(panel: Panel, series: list[dict[str, Floats]]) -> pl.DataFrame:
    """All series of all symbols in one frame."""
    columns = {name: np.concatenate([own[name] for own in series]) for name in series[0]}
    return pl.DataFrame({"symbol": panel.symbol_codes(), **columns})


def polars_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """Every indicator by one expression over the symbol."""
    import polars_talib as plta  # type: ignore[reportMissingImports]

    made = []
    for one in INDICATORS:
        inputs = [pl.col(name) for name in one.inputs]
        raw = getattr(plta, one.function.lower())(*inputs, **one.parameters)
        fields = {"MACD": "macdhist", "STOCHF": ("fastk", "fastd"), "BBANDS": ("upperband", "middleband", "lowerband")}
        if name := fields.get(one.function):
            raw = raw.struct.field(name if isinstance(name, str) else name[one.output])
        made.append(raw.over("symbol").alias(one.column))
    return frame.select(made)


def pandas_columns(frames: list[pd.DataFrame]) -> int:
    """The indicators that pandas-ta has by itself; returns how many columns a symbol got."""
    import pandas_ta_classic as ta  # type: ignore[reportMissingImports]

    names = {"SMA": "sma", "EMA": "ema", "STDDEV": "stdev", "VAR": "variance", "RSI": "rsi", "DEMA": "dema"}
    names |= {"CMO": "cmo", "TRIX": "trix", "LINEARREG": "linreg", "ROCR": "roc", "BBANDS": "bbands"}
    bars = {"ADX": "adx", "WILLR": "willr", "CCI": "cci", "NATR": "natr", "ATR": "atr", "AROONOSC": "aroon"}
    count = 0
    for frame in frames:
        count = 0
        for one in INDICATORS:
            length: Any = {"length": one.parameters["timeperiod"]} if "timeperiod" in one.parameters else {}
            if one.function in names:
                getattr(ta, names[one.function])(frame[one.inputs[0]], **length)
            elif one.function in bars:
                inputs = one.inputs
                getattr(ta, bars[one.function])(*(frame[name] for name in inputs), **length)
            else:
                continue
            count += 1
    return count


def calls(panel: Panel, slow: bool) -> dict[str, Callable[[], object]]:
    """What is timed: ours, and every peer that is installed; ``slow`` adds pandas-ta-classic."""
    warnings.simplefilter("ignore")
    found: dict[str, Callable[[], object]] = {
        "ours": lambda: CLASSIC.compute(panel),
        MORE: lambda: WHOLE.compute(panel),
    }
    series = every_series(panel)
    if installed("TA-Lib"):
        found["TA-Lib"] = lambda: talib_columns(panel, series)
    if installed("polars-talib"):
        frame = polars_frame(panel, series)
        found["polars-talib"] = lambda: polars_columns(frame)
    if slow and installed("pandas-ta-classic"):
        # here, not above: the process whose peak is read computes ours alone
        import pandas as pd

        frames = [pd.DataFrame(own) for own in series]
        found["pandas-ta-classic"] = lambda: pandas_columns(frames)
    return found


def differences(panel: Panel) -> list[tuple[str, str, float | None, str]]:
    """Column, TA-Lib's function, largest relative difference where the definitions are equal, and why not where not."""
    series = every_series(panel)
    raw, ours = talib_columns(panel, series), CLASSIC.compute(panel)
    late = age_of_rows(panel) >= FORGOTTEN
    found: list[tuple[str, str, float | None, str]] = []
    for number, one in enumerate(INDICATORS):
        apart = None
        if one.ours_from is not None:
            rows = [panel.rows(index) for index in range(len(series))]
            theirs = np.concatenate([one.ours_from(raw[number, r], s) for r, s in zip(rows, series, strict=True)])[late]
            own = ours[late, CLASSIC.names.index(one.column)]
            apart = float(np.max(np.abs(own - theirs)) / np.std(own))
        found.append((one.column, one.function, apart, one.why))
    return found
