"""Parameters of labels and of sample weights, as they stand in an experiment file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from market_assets.core.spec import spec


@spec
class LabelSpec:
    """Triple-barrier label: barriers at the entry price plus and minus a multiple of the ATR.

    Parameters
    ----------
    atr_window : bars in the average true range, measured at the decision bar.
    profit, stop : distance of the upper and lower barrier, in ATR.
    holding : bars after the decision bar until the vertical barrier.
    min_return : a realised return smaller than this in size gets label 0.
    entry : ``next_open`` enters at the open of the next bar, ``close`` at the close of the decision bar.
    """

    kind: Literal["triple_barrier"] = "triple_barrier"
    atr_window: Annotated[int, Field(ge=1, le=252)] = 20
    profit: Annotated[float, Field(gt=0, le=100)] = 2.0
    stop: Annotated[float, Field(gt=0, le=100)] = 2.0
    holding: Annotated[int, Field(ge=1, le=252)] = 10
    min_return: Annotated[float, Field(ge=0, lt=1)] = 0.001
    entry: Literal["next_open", "close"] = "next_open"


@spec
class WeightSpec:
    """Sample weights of one fit, see ``weights.fit_weights``.

    Parameters
    ----------
    uniqueness : weigh a label by its average uniqueness among overlapping labels of its symbol.
    decay : weight of the oldest label relative to the newest (1 = no decay); a negative value gives
        weight 0 to that share of the oldest cumulative uniqueness.
    balance : scale the two classes to the same total weight.
    """

    uniqueness: bool = True
    decay: Annotated[float, Field(gt=-1, le=1)] = 1.0
    balance: bool = True
