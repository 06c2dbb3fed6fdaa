"""Second stage (B3): a model of which primary trades are worth taking, taught by earlier out-of-fold trades only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.folds.plan import FoldPlan
from market_assets.core.folds.spec import share_of
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.labels.triple_barrier import Labels
from market_assets.core.market.panel import Floats
from market_assets.core.models.fold_fit import Mask
from market_assets.core.spec import spec

SECOND_STAGE_VERSION = "1"
COLUMNS = ("primary_probability", "primary_side")
"""What the second model reads beside the features: P(the side taken is right), calibrated, and that side."""


@spec
class SecondStageSpec:
    """The second model, and when a trade is taken.

    Parameters
    ----------
    family, params : model family and its parameters; the calibration is that of the experiment.
    threshold : least P(worth it) of a trade that is taken. Declared, never searched.
    """

    family: str = "elastic_net"
    params: dict[str, int | float | str] = Field(default_factory=dict)
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5


@dataclass(frozen=True)
class Block:
    """One walk-forward test block: sessions ``first``..``last``, and the sessions kept free before it."""

    key: str
    first: int
    last: int
    embargo: int

    def rows(self, asked: TrainingSet) -> Mask:
        """Trades (n,) that the model of this block judges, decided or not."""
        return (asked.t0 >= self.first) & (asked.t0 <= self.last) & _traded(asked)

    def known(self, asked: TrainingSet) -> Mask:
        """Trades (n,) whose outcome was known before the block, the embargo left free."""
        return asked.trainable & (asked.t1 + self.embargo < self.first)


@dataclass(frozen=True)
class BlockFit:
    """What became of one block: trades it was taught by and trades it judged; ``cause`` says why it judged none."""

    key: str
    taught: int
    judged: int
    cause: str = ""


@dataclass(frozen=True, eq=False)
class SecondStage:
    """P(worth it) (n,) of the judged trades, NaN elsewhere; ``base`` (n,) is the base rate its model was taught by."""

    worth: Floats
    base: Floats
    blocks: tuple[BlockFit, ...]

    def taken(self, threshold: float) -> Mask:
        """Trades (n,) that are taken: those judged worth it, and those that nobody could judge."""
        return ~(self.worth < threshold)


def blocks_of(plan: FoldPlan, sessions: int) -> tuple[Block, ...]:
    """The walk-forward test blocks of a plan in time order, with its embargo."""
    embargo = share_of(plan.spec.embargo, sessions)
    found = [Block(fold.key, *fold.test[0], embargo) for fold in plan.folds if fold.kind == "walk_forward"]
    return tuple(sorted(found, key=lambda one: one.first))


def asked_of(data: TrainingSet, probability: Floats, labels: Labels, rows: NDArray[np.int64]) -> TrainingSet:
    """The training set of the second question: same rows, features and the primary's word, meta-label and its interval.

    Parameters
    ----------
    probability : (n,) calibrated P(up) of the rows by walk-forward folds, NaN where none predicts.
    labels : meta-labels of the panel, made by ``meta_labels`` with ``past_only``, which refuses forecasts whose fold
        knew a label that ends after the trade begins.
    rows : (n,) row of the panel of each row.
    """
    side = np.sign(np.nan_to_num(probability, nan=0.5) - 0.5)
    word = np.column_stack([np.where(side == 0.0, np.nan, np.maximum(probability, 1.0 - probability)), side])
    ended = np.searchsorted(data.sessions, labels.end_ts[rows].astype(data.sessions.dtype)).astype(np.int32)
    return replace(
        data,
        feature_names=(*data.feature_names, *COLUMNS),
        x=np.ascontiguousarray(np.column_stack([data.x, word.astype(np.float32)])),
        y=labels.label[rows].astype(np.int8),
        ret=labels.ret[rows],
        trainable=labels.defined[rows] & (side != 0.0),
        t1=np.maximum(ended, data.t0),
    )


def require_past(asked: TrainingSet, known: Mask, block: Block) -> None:
    """Refuse to teach a model by a trade whose outcome was not known before its block, embargo included.

    Raises
    ------
    BadInputError
        rule ``second_stage_past``: counts the trades and names the block.
    """
    late = known & ~(asked.trainable & (asked.t0 <= asked.t1) & (asked.t1 + block.embargo < block.first))
    if late.any():
        text = f"{int(late.sum())} trades taught to the model of block {block.key} were not decided {block.embargo} "
        raise BadInputError("second_stage_past", text + "sessions before it begins")


def second_stage(
    asked: TrainingSet,
    blocks: Sequence[Block],
    fit: Callable[[Block, Mask, Mask], Floats],
    known: Callable[[Block, TrainingSet], Mask] = Block.known,
) -> SecondStage:
    """Judge the trades of each block with a model of the trades before it.

    Parameters
    ----------
    asked : see ``asked_of``.
    fit : (block, rows to learn from, rows to judge) -> P(worth it) of the latter, in row order. One that raises
        ``NotEnoughDataError`` leaves the block unjudged, with its cause: every trade of it is taken.
    known : the rows a block may learn from; whatever it says is checked by ``require_past``.
    """
    worth, base = np.full(asked.n_rows, np.nan), np.full(asked.n_rows, np.nan)
    found = []
    for block in blocks:
        taught, judged = known(block, asked), block.rows(asked)
        require_past(asked, taught, block)
        count, cause = int(taught.sum()), ""
        try:
            if not count:
                raise NotEnoughDataError("no trade was decided before it")
            worth[judged] = fit(block, taught, judged)
            base[judged] = float(asked.y[taught].mean())
        except NotEnoughDataError as error:
            cause = str(error)
        found.append(BlockFit(block.key, count, 0 if cause else int(judged.sum()), cause))
    return SecondStage(worth, base, tuple(found))


def filtered(probability: Floats, taken: Mask) -> Floats:
    """Forecasts (n,) with one half, which is no view, in place of those whose trade is not taken."""
    return np.where(taken | np.isnan(probability), probability, 0.5)


def _traded(asked: TrainingSet) -> Mask:
    return asked.x[:, -1] != 0.0
