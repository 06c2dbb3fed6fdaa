"""Splits whose sides share something."""

from __future__ import annotations

import numpy as np

from benchmarks.zoo.entry import Entry
from benchmarks.zoo.honest import blocks, folds, hull, related
from benchmarks.zoo.world import EMBARGO
from market_assets.core.leakage.edges import Split
from market_assets.core.leakage.sample import Mask, Sample


def _by_block(apart: object) -> object:
    """Splits of contiguous blocks with a rule (sample, test) -> rows that may be trained on."""
    return lambda sample: [
        (apart(sample, test) & ~test & ~related(sample, test), test)  # type: ignore[operator]
        for test in blocks(sample)
    ]


def _shuffled(sample: Sample) -> list[Split]:
    part = np.random.Generator(np.random.PCG64(3)).permutation(sample.n_rows) % 4
    return [(part != k, part == k) for k in range(4)]


def _no_purge(sample: Sample, test: Mask) -> Mask:
    first, last = int(sample.t0[test].min()), int(sample.t0[test].max())
    return (sample.t0 < first) | (sample.t0 > last + EMBARGO)


def _no_embargo(sample: Sample, test: Mask) -> Mask:
    first, last = hull(sample, test)
    return (sample.t1 < first) | (sample.t0 > last)


def _half_open(sample: Sample, test: Mask) -> Mask:
    first, last = hull(sample, test)
    return (sample.t1 <= first) | (sample.t0 > last + EMBARGO)


def _last_label(sample: Sample, test: Mask) -> Mask:
    first = int(sample.t0[test].min())
    last = int(sample.t1[np.flatnonzero(test)[-1]])
    return (sample.t1 < first) | (sample.t0 > last + EMBARGO)


def _first_label_end(sample: Sample, test: Mask) -> Mask:
    first, last = int(sample.t1[np.flatnonzero(test)[0]]), hull(sample, test)[1]
    return ((sample.t1 < first) & (sample.t0 < sample.t0[test].min())) | (sample.t0 > last + EMBARGO)


def _own_symbol(sample: Sample, test: Mask) -> Mask:
    out = np.zeros(sample.n_rows, dtype=np.bool_)
    for code in np.unique(sample.code):
        own = sample.code == code
        first, last = hull(sample, test & own)
        out |= own & ((sample.t1 < first) | (sample.t0 > last + EMBARGO))
    return out


def _embargo_of_rows(sample: Sample, test: Mask) -> Mask:
    first, last = hull(sample, test)
    rows_end = int(sample.t0[test].max())
    return (sample.t1 < first) | (sample.t0 > max(last, rows_end + EMBARGO))


def _apart(sample: Sample, test: Mask) -> Mask:
    first, last = hull(sample, test)
    return (sample.t1 < first) | (sample.t0 > last + EMBARGO)


def _copies(sample: Sample) -> list[Split]:
    return [(_apart(sample, test) & ~np.isin(sample.group, sample.group[test]), test) for test in blocks(sample)]


def _events(sample: Sample) -> list[Split]:
    return [(_apart(sample, test) & ~np.isin(sample.x[:, 0], sample.x[test, 0]), test) for test in blocks(sample)]


def _walk_forward(sample: Sample, apart: bool) -> list[Split]:
    out = []
    for test in blocks(sample)[1:]:
        first = int(sample.t0[test].min())
        train = (sample.t1 < first) if apart else (sample.t0 < first)
        out.append((train & ~related(sample, test), test))
    return out


def _names(sample: Sample) -> list[Split]:
    return [(sample.code != code, sample.code == code) for code in np.unique(sample.code)]


def _entry(name: str, story: str, leaky: object, clean: object = folds) -> Entry:
    return Entry("folds", name, story, "folds", leaky, clean)  # type: ignore[arg-type]


ENTRIES = (
    _entry("shuffled folds", "KFold(shuffle=True) on overlapping labels.", _shuffled),
    _entry("purge missing", "Blocks in time, with labels that reach into the test.", _by_block(_no_purge)),
    _entry(
        "walk-forward without purge",
        "TimeSeriesSplit without a gap.",
        lambda sample: _walk_forward(sample, False),
        lambda sample: _walk_forward(sample, True),
    ),
    _entry("embargo missing", "Training starts on the session after the last test label.", _by_block(_no_embargo)),
    _entry(
        "embargo after the rows",
        "The embargo is counted from the last test row, not from its label's end.",
        _by_block(_embargo_of_rows),
    ),
    _entry(
        "half-open interval",
        "A label that ends on the first test session is kept (AFML snippet 7.3).",
        _by_block(_half_open),
    ),
    _entry(
        "hull by the last label", "The last test label ends sooner than an earlier, longer one.", _by_block(_last_label)
    ),
    _entry(
        "test begins at a label end",
        "The test window starts at the end of its first label, not at its row.",
        _by_block(_first_label_end),
    ),
    _entry(
        "purge within the symbol only",
        "Rows of other symbols with the same sessions stay in training.",
        _by_block(_own_symbol),
    ),
    _entry("folds by name", "One symbol is tested, the others are trained on the same days.", _names),
    _entry("copies of rows", "A vendor delivers rows twice, the second time with a later stamp.", _copies),
    _entry("one event on both sides", "Announcement and completion of one deal fall into different folds.", _events),
)
