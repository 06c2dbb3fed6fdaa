"""Alpha158 by qlib, from a store of its own form: one little-endian float32 file a symbol and field."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.peers.random_panel import PRICES
from market_assets.core.market.panel import Floats, Panel

PRICE_FIELDS = {"windows": [0], "feature": ["OPEN", "HIGH", "LOW", "VWAP"]}
"""What qlib's handler asks of its loader."""


def write_store(panel: Panel, folder: Path) -> None:
    """The bars as qlib reads them, with the typical price as ``vwap``; every symbol must have every session."""
    days = pd.DatetimeIndex(panel.sessions()[0]).strftime("%Y-%m-%d")
    for name in ("calendars", "instruments"):
        (folder / name).mkdir()
    (folder / "calendars" / "day.txt").write_text("\n".join(days) + "\n")
    listed = (f"{symbol}\t{days[0]}\t{days[-1]}\n" for symbol in panel.symbols)
    (folder / "instruments" / "all.txt").write_text("".join(listed))
    columns = {name: getattr(panel, name) for name in PRICES}
    columns["vwap"] = (panel.high + panel.low + panel.close) / 3.0
    for index, symbol in enumerate(panel.symbols):
        place = folder / "features" / symbol.lower()
        place.mkdir(parents=True)
        for name, values in columns.items():
            # the first number is the session at which the file begins
            np.concatenate([[0.0], values[panel.rows(index)]]).astype("<f4").tofile(place / f"{name}.day.bin")


class Qlib:
    """qlib on a store, in one process as ours; every call computes anew, since its cache is emptied before."""

    def __init__(self, folder: Path) -> None:
        warnings.simplefilter("ignore")
        import qlib  # type: ignore[reportMissingImports]
        from qlib.contrib.data.loader import Alpha158DL  # type: ignore[reportMissingImports]

        qlib.init(provider_uri=str(folder), kernels=1, joblib_backend="sequential", logging_level=logging.ERROR)
        config = {"kbar": {}, "price": PRICE_FIELDS, "rolling": {}}
        self.fields, self.names = Alpha158DL.get_feature_config(config)
        self.symbols = sorted(path.name.upper() for path in (folder / "features").iterdir())

    @staticmethod
    def _forget() -> None:
        from qlib.data.cache import H  # type: ignore[reportMissingImports]

        H.clear()

    def engine(self) -> Floats:
        """The 158 columns by the expression engine, rows by symbol and session."""
        from qlib.data import D  # type: ignore[reportMissingImports]

        self._forget()
        return D.features(self.symbols, self.fields, freq="day").to_numpy()

    def handler(self) -> Any:
        """The same by the data handler, which adds a label, normalises it and copies."""
        from qlib.contrib.data.handler import Alpha158  # type: ignore[reportMissingImports]

        self._forget()
        return Alpha158(instruments="all")
