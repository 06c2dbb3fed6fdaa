"""Whatever is fitted, fitted on rows that it must not know."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.zoo import learners
from benchmarks.zoo.entry import Entry
from benchmarks.zoo.honest import level
from benchmarks.zoo.linear import PROBE, fit_score
from market_assets.core.leakage.isolation import Fit
from market_assets.core.leakage.pipeline import World
from market_assets.core.leakage.sample import Mask, Sample

Floats = np.ndarray
Prepare = Callable[[Sample, Mask], Callable[[Floats], Floats]]
"""(sample, rows to learn from) -> transformation of features."""
Choose = Callable[[Sample, Mask, Mask], dict[str, Floats]]
"""(sample, rows to train on, rows to choose by) -> fitted state."""


def _prepared(prepare: Prepare) -> tuple[Fit, Fit]:
    """The model after a preparation learned from all rows, and from the training rows."""

    def fitted(sample: Sample, train: Mask, rows: Mask) -> dict[str, Floats]:
        change = prepare(sample, rows)
        return {"scores": fit_score(change(sample.x[train]), sample.y[train], change(PROBE))}

    def leaky(sample: Sample, train: Mask, test: Mask) -> dict[str, Floats]:  # noqa: ARG001
        return fitted(sample, train, np.ones(sample.n_rows, dtype=np.bool_))

    def clean(sample: Sample, train: Mask, test: Mask) -> dict[str, Floats]:  # noqa: ARG001
        return fitted(sample, train, train)

    return leaky, clean


def _chosen(choose: Choose) -> tuple[Fit, Fit]:
    """A choice made on the test rows, and on the inner validation rows."""

    def clean(sample: Sample, train: Mask, test: Mask) -> dict[str, Floats]:  # noqa: ARG001
        return choose(sample, *learners.inner(sample, train))

    return choose, clean


def _smote(sample: Sample, train: Mask, test: Mask) -> dict[str, Floats]:  # noqa: ARG001
    return learners.oversample(sample, train, np.ones(sample.n_rows, dtype=np.bool_))


def _smote_in_fold(sample: Sample, train: Mask, test: Mask) -> dict[str, Floats]:  # noqa: ARG001
    return learners.oversample(sample, train, train)


def _constant(world: World) -> Fit:
    """A cut-off that somebody found on the test rows last week and typed into the code."""
    cut = float(learners.threshold(world.sample, world.train, world.test)["calls"][0])
    return lambda sample, train, test: {"calls": learners.probe_scores(sample, train) - cut}  # noqa: ARG005


def _fixed_cut(sample: Sample, train: Mask, test: Mask) -> dict[str, Floats]:  # noqa: ARG001
    return {"calls": learners.probe_scores(sample, train) - 0.5}


def _prepare(name: str, story: str, prepare: Prepare) -> Entry:
    return Entry("fitted", name, story, "fit", *_prepared(prepare))


def _choose(name: str, story: str, choose: Choose) -> Entry:
    return Entry("fitted", name, story, "fit", *_chosen(choose))


ENTRIES = (
    _prepare("scaler on all rows", "StandardScaler.fit runs before the split.", learners.scale),
    _prepare("imputer on all rows", "Gaps are filled with medians of the whole data set.", learners.median),
    _prepare("clipping quantiles of all rows", "Outlier bounds come from train and test together.", learners.clip),
    _prepare("components of all rows", "PCA is fitted before the split.", learners.components),
    _prepare("feature selection before the split", "The best columns are picked with all labels.", learners.select),
    _prepare("clusters before the split", "k-means regimes are fitted on the whole history.", learners.clusters),
    _prepare("target encoding over all rows", "Category means of the label include the test rows.", learners.encode),
    _prepare(
        "rank transform of all rows", "A quantile transform is fitted on train and test together.", learners.ranks
    ),
    _choose("calibration on the test rows", "The probability curve is fitted where it is judged.", learners.calibrate),
    _choose("early stopping on the test rows", "eval_set of a booster is the test fold.", learners.stop_early),
    _choose(
        "threshold tuned on the test rows", "The cut-off is the one with the best test accuracy.", learners.threshold
    ),
    _choose("parameter search on the test rows", "The grid search reports the score it selected by.", learners.search),
    _choose("label search on the test rows", "Horizon and barriers are picked by test score.", learners.search_label),
    _choose(
        "stacking on test predictions", "The second level is fitted on predictions of the test rows.", learners.stack_on
    ),
    Entry(
        "fitted",
        "oversampling before the split",
        "SMOTE builds training rows out of test rows.",
        "fit",
        _smote,
        _smote_in_fold,
    ),
    Entry(
        "fitted",
        "constant tuned by hand",
        "A number in the code was found on the test rows in an earlier session.",
        "fit",
        _constant,
        _fixed_cut,
        captured=True,
    ),
    Entry(
        "fitted",
        "stacking in sample",
        "The second level reads what the first level says of its own training rows.",
        "level",
        learners.in_sample,
        level,
    ),
    Entry(
        "fitted",
        "calibration in sample",
        "The curve is fitted on the rows that trained the model.",
        "level",
        learners.in_sample,
        learners.curve_rows,
    ),
    Entry(
        "fitted",
        "target encoding of the row itself",
        "The mean label of a category counts the row it is used for.",
        "level",
        learners.own_encoding,
        learners.others_encoding,
    ),
)
