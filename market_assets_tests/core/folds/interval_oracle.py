"""What a purged split is, in plain loops over pairs of labels: slow, and sharing nothing with the planner."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal


def row_groups(t0, parts, skip=0):
    """Rows of every group: distinct times without the first ``skip``, cut evenly, the first groups one longer."""
    times = sorted(set(t0))[skip:]
    groups, begin = [], 0
    for part in range(parts):
        end = begin + len(times) // parts + (1 if part < len(times) % parts else 0)
        inside = set(times[begin:end])
        groups.append([row for row, time in enumerate(t0) if time in inside])
        begin = end
    return groups


def blocks_of(groups, tested):
    """Rows of every contiguous test block: neighbouring groups are one."""
    blocks = []
    for number, rows in enumerate(groups):
        if number in tested and number - 1 in tested:
            blocks[-1] = blocks[-1] + rows
        elif number in tested:
            blocks.append(list(rows))
    return blocks


def share_to_times(t0, share):
    """How many distinct times a share is, rounded up."""
    return math.ceil(Decimal(repr(share)) * len(set(t0)))


def embargoed(row, block, t0, t1, duration, count):
    """Does the label start after the last label end of the block, but too soon?"""
    high = max(t1[other] for other in block)
    if t0[row] <= high:
        return False
    if count:
        return len({time for time in t0 if high < time <= t0[row]}) <= count
    return t0[row] <= high + duration


def overlaps(row, tested, t0, t1):
    """Does the closed label interval of the row share an instant with that of any tested row?"""
    return any(max(t0[row], t0[other]) <= min(t1[row], t1[other]) for other in tested)


def violations(split, blocks, t0, t1, duration=0, count=0):
    """Everything wrong with one purged split, as (row, what); empty = none."""
    train, test = (set(rows.tolist()) for rows in split)
    tested = {row for block in blocks for row in block}
    found = [(row, "test rows are not those of the groups") for row in test ^ tested]
    for row in range(len(t0)):
        meets = overlaps(row, tested, t0, t1)
        early = any(embargoed(row, block, t0, t1, duration, count) for block in blocks)
        if row in train and row in test:
            found.append((row, "trained and tested"))
        elif row in train and meets:
            found.append((row, "label overlaps a test label"))
        elif row in train and early:
            found.append((row, "starts in an embargo"))
        elif not (row in train or row in tested or meets or early):
            found.append((row, "held back without a reason"))
    return found


def walk_forward_violations(split, block, t0, t1, opens=None):
    """Everything wrong with one walk-forward split that may train on rows from time ``opens`` on."""
    train, test = (set(rows.tolist()) for rows in split)
    begin = min(t0[row] for row in block)
    found = [(row, "test rows are not those of the groups") for row in test ^ set(block)]
    for row in range(len(t0)):
        allowed = t1[row] < begin and (opens is None or t0[row] >= opens)
        if allowed != (row in train):
            found.append((row, "held back without a reason" if allowed else "label overlaps the test or what follows"))
    return found


def k_fold_violations(splits, case, test_groups=1, groups=None):
    """Violations of all splits of a case; ``splits`` are (train rows, test rows) in lexicographic order."""
    t0, t1 = case.t0.tolist(), case.t1.tolist()
    parts = row_groups(t0, groups or case.folds)
    count = share_to_times(t0, case.share) if case.share else 0
    chosen = list(itertools.combinations(range(len(parts)), test_groups))
    found = [] if len(splits) == len(chosen) else [(None, "number of splits")]
    for split, tested in zip(splits, chosen, strict=False):
        found += violations(split, blocks_of(parts, tested), t0, t1, case.embargo, count)
    return found


def walk_violations(splits, case, rolling):
    """Violations of all walk-forward splits of a case."""
    t0, t1 = case.t0.tolist(), case.t1.tolist()
    times = sorted(set(t0))
    kept = math.ceil(Decimal(repr(case.walk.min_train)) * len(times))
    blocks = row_groups(t0, case.walk.folds, skip=kept)
    found = [] if len(splits) == len(blocks) else [(None, "number of splits")]
    for split, block in zip(splits, blocks, strict=False):
        opens = times[times.index(min(t0[row] for row in block)) - kept] if rolling else None
        found += walk_forward_violations(split, block, t0, t1, opens)
    return found
