"""Splitters of other libraries behind one call, each fed what its interface asks for."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.peers.split_judge import SortedCase, Split
from market_assets_tests.core.folds.interval_cases import Case

Splitting = Callable[[Any, Case, SortedCase], Iterable[Any]]


@dataclass(frozen=True)
class Splitter:
    """One way to split; ``duration`` says in which form it takes an embargo, None = it takes none."""

    library: str
    module: str
    name: str
    split: Splitting
    duration: bool | None = None

    def load(self) -> Any | None:
        """The module, None when it is not installed."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return importlib.import_module(self.module)
        except ModuleNotFoundError:
            return None

    @property
    def version(self) -> str:
        """Installed version."""
        try:
            return version(self.library)
        except PackageNotFoundError:
            return "not installed"

    def splits(self, module: Any, case: Case, rows: SortedCase) -> list[Split]:
        """Train and test rows of all splits; test blocks given apart are joined."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = list(self.split(module, case, rows))
        return [(np.asarray(train, np.int64), _joined(test)) for train, test in found]


def labels(rows: SortedCase) -> pd.Series:
    """Label ends by label start, as AFML writes them."""
    return pd.Series(pd.to_datetime(rows.t1, unit="h"), index=pd.to_datetime(rows.t0, unit="h"))


def longest_in_rows(rows: SortedCase) -> int:
    """Rows that the longest label reaches beyond its own: the purge that a bar count needs."""
    return int((np.searchsorted(rows.t0, rows.t1, side="right") - 1 - np.arange(rows.t0.size)).max())


def embargo_in_rows(rows: SortedCase) -> int:
    """Rows of the fullest ``embargo`` neighbouring times."""
    counts = np.unique(rows.t0, return_counts=True)[1]
    return int(np.convolve(counts, np.ones(rows.embargo, np.int64)).max()) if rows.embargo else 0


def share_of_rows(rows: SortedCase) -> float:
    """Share that the libraries turn back into ``embargo`` rows by ``int(n * share)``."""
    return (rows.embargo + 0.5) / rows.t0.size if rows.embargo else 0.0


def _frame(rows: SortedCase) -> pd.DataFrame:
    return pd.DataFrame({"x": np.zeros(rows.t0.size)}, index=pd.to_datetime(rows.t0, unit="h"))


def _joined(test: Any) -> np.ndarray:
    return np.concatenate(test) if isinstance(test, list) and len(test) and np.ndim(test[0]) else np.asarray(test)


def _skfolio(purged: bool) -> Splitting:
    def split(module: Any, case: Case, rows: SortedCase) -> Iterable[Any]:
        sizes = {"purged_size": longest_in_rows(rows), "embargo_size": embargo_in_rows(rows)} if purged else {}
        spec = case.combinatorial
        folds = module.CombinatorialPurgedCV(n_folds=spec.groups, n_test_folds=max(spec.test_groups, 2), **sizes)
        return folds.split(np.zeros((rows.t0.size, 1)))

    return split


def _skfolio_walk(purged: bool) -> Splitting:
    def split(module: Any, case: Case, rows: SortedCase) -> Iterable[Any]:
        train = int(np.ceil(case.walk.min_train * rows.t0.size))
        test = max(1, (rows.t0.size - train) // case.walk.folds)
        gap = longest_in_rows(rows) if purged else 0
        walk = module.WalkForward(train_size=train, test_size=test, purged_size=gap, expand_train=not case.walk.rolling)
        return walk.split(np.zeros((rows.t0.size, 1)))

    return split


def _mlfinpy(module: Any, case: Case, rows: SortedCase) -> Iterable[Any]:
    return module.PurgedKFold(case.folds, labels(rows), pct_embargo=share_of_rows(rows)).split(_frame(rows))


def _mlfinpy_combinatorial(module: Any, case: Case, rows: SortedCase) -> Iterable[Any]:
    spec = case.combinatorial
    folds = module.CombinatorialPurgedKFold(spec.groups, spec.test_groups, labels(rows), embargo=rows.embargo)
    return folds.split(_frame(rows))


def _risklab(module: Any, case: Case, rows: SortedCase) -> Iterable[Any]:
    return module.PurgedKFold(case.folds, labels(rows), embargo=share_of_rows(rows)).split(_frame(rows))


def _risklab_combinatorial(module: Any, case: Case, rows: SortedCase) -> Iterable[Any]:
    spec = case.combinatorial
    folds = module.CombinatorialPurged(spec.groups, spec.test_groups, labels(rows), embargo=share_of_rows(rows))
    return folds.split(_frame(rows))


def _risklab_walk(purged: bool) -> Splitting:
    def split(module: Any, case: Case, rows: SortedCase) -> Iterable[Any]:
        gap = longest_in_rows(rows) if purged else 0
        return module.WalkForward(n_splits=case.walk.folds + 1, gap=gap).split(_frame(rows))

    return split


def _timeseriescv(single: bool) -> Splitting:
    def split(module: Any, case: Case, rows: SortedCase) -> Iterable[Any]:
        spec = case.combinatorial
        parts, tested = (case.folds, 1) if single else (spec.groups, spec.test_groups)
        folds = module.CombPurgedKFoldCV(parts, tested, embargo_td=pd.Timedelta(hours=rows.embargo))
        return folds.split(_positions(rows), **_times(rows))

    return split


def _timeseriescv_walk(module: Any, case: Case, rows: SortedCase) -> Iterable[Any]:
    parts = case.walk.folds + 2
    return module.PurgedWalkForwardCV(parts, 1, 1).split(_positions(rows), **_times(rows))


def _positions(rows: SortedCase) -> pd.DataFrame:
    return pd.DataFrame({"x": np.zeros(rows.t0.size)})


def _times(rows: SortedCase) -> dict[str, pd.Series]:
    return {
        "pred_times": pd.Series(pd.to_datetime(rows.t0, unit="h")),
        "eval_times": pd.Series(pd.to_datetime(rows.t1, unit="h")),
    }


SKFOLIO = "skfolio.model_selection"
MLFINPY = "mlfinpy.cross_validation.cross_validation"
RISKLAB = "RiskLabAI.backtest.validation"
SERIES = "timeseriescv.cross_validation"

SPLITTERS = (
    Splitter("skfolio", SKFOLIO, "CombinatorialPurgedCV, default", _skfolio(purged=False)),
    Splitter("skfolio", SKFOLIO, "CombinatorialPurgedCV, longest label", _skfolio(purged=True), duration=False),
    Splitter("skfolio", SKFOLIO, "WalkForward, default", _skfolio_walk(purged=False)),
    Splitter("skfolio", SKFOLIO, "WalkForward, longest label", _skfolio_walk(purged=True)),
    Splitter("mlfinpy", MLFINPY, "PurgedKFold", _mlfinpy, duration=False),
    Splitter("mlfinpy", "mlfinpy.cross_validation", "CombinatorialPurgedKFold", _mlfinpy_combinatorial, duration=False),
    Splitter("RiskLabAI", RISKLAB, "PurgedKFold", _risklab, duration=False),
    Splitter("RiskLabAI", RISKLAB, "CombinatorialPurged", _risklab_combinatorial, duration=False),
    Splitter("RiskLabAI", RISKLAB, "WalkForward, default", _risklab_walk(purged=False)),
    Splitter("RiskLabAI", RISKLAB, "WalkForward, gap = longest label", _risklab_walk(purged=True)),
    Splitter("timeseriescv", SERIES, "CombPurgedKFoldCV, 1 tested", _timeseriescv(single=True), duration=True),
    Splitter("timeseriescv", SERIES, "CombPurgedKFoldCV", _timeseriescv(single=False), duration=True),
    Splitter("timeseriescv", SERIES, "PurgedWalkForwardCV", _timeseriescv_walk),
)
