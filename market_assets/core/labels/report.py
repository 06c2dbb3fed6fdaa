"""The label report of one panel: the labels by class, symbol, year, regime and barrier, and how they moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.gates.verdict import Verdict
from market_assets.core.labels.barriers import LOWER, UPPER, VERTICAL
from market_assets.core.labels.distribution import QUANTILES, class_shares, label_distribution
from market_assets.core.labels.drift import LabelDriftPolicy, label_drift
from market_assets.core.labels.quality import LabelQualityPolicy, label_quality
from market_assets.core.labels.regimes import REGIMES
from market_assets.core.labels.target import Target
from market_assets.core.labels.triple_barrier import Labels
from market_assets.core.market.panel import Panel

LABEL_REPORT_VERSION = "1"
CLASSES, DECIDED = (-1, 0, 1), (-1, 1)
"""Every class of a direction label, and those that a fit is trained on."""
BARRIERS = {"profit": UPPER, "stop": LOWER, "vertical": VERTICAL}
Floats = NDArray[np.float64]


def label_report(panel: Panel, labels: Labels) -> dict[str, Any]:
    """Figures of the direction labels of one panel.

    Parameters
    ----------
    panel : adjusted bars.
    labels : their labels, row for row, as stored.

    Returns
    -------
    A JSON-able payload. ``labels`` is the ``label_distribution`` of all three classes, ``decided`` that of the labels
    which are not flat: what a fit is trained on, and what the gate judges. ``regimes`` holds counts and shares of the
    decided classes by kind of regime and regime, ``symbols`` those of all classes, ``barriers`` count, share, mean
    sessions held (the decision's own not counted) and mean return by what ended the label, ``holding`` the quantiles of
    the sessions held, and ``last`` the newest decision with a label.

    Raises
    ------
    NotEnoughDataError
        without a label that is not flat.
    """
    target = Target.of_labels(panel, labels)
    decided = Target.of_labels(panel, replace(labels, defined=labels.defined & (labels.label != 0)))
    rows, own = np.flatnonzero(target.defined), np.flatnonzero(decided.defined)
    return {
        "version": LABEL_REPORT_VERSION,
        "labels": label_distribution(panel, target, CLASSES),
        "decided": label_distribution(panel, decided, DECIDED),
        "regimes": {
            kind: {
                name: class_shares(decided.value[own][found.code[own] == number], DECIDED)
                for number, name in enumerate(found.names)
            }
            for kind, found in ((kind, of(panel)) for kind, of in REGIMES.items())
        },
        "symbols": _symbols(panel, target),
        **_outcomes(panel, labels, rows),
        "last": str(target.t0[rows].max()),
    }


def label_gate(payload: Mapping[str, Any], policy: LabelQualityPolicy) -> Verdict:
    """Judge a label report: amount, balance, persistence and coverage of every regime that the policy names.

    A payload that cannot be read, or that lacks a kind of regime, is refused.
    """
    try:
        regimes = {
            f"{kind} / {name}": figures for kind in policy.regimes for name, figures in payload["regimes"][kind].items()
        }
        judged = {**payload["decided"], "regimes": regimes}
    except (AttributeError, KeyError, TypeError):
        judged = {}
    return label_quality(judged, policy)


def report_drift(
    before: Mapping[str, Any],
    payload: Mapping[str, Any],
    labels: Labels,
    starts: NDArray[Any],
    policy: LabelDriftPolicy,
) -> dict[str, Any]:
    """How the labels moved since an earlier report of the same kind of labels.

    Parameters
    ----------
    before, payload : the earlier and the present report.
    labels, starts : the present labels, and the times of their rows (n,).

    Returns
    -------
    Two ``label_drift`` payloads. ``whole`` holds all labels against all of before; snapshots share most of their
    history, so it moves slowly. ``newest`` holds those decided after the last label of before against all of before.
    """
    reference, current = _values(before), _values(payload)
    later = labels.defined & (starts.astype("datetime64[us]") > np.datetime64(before["last"], "us"))
    newest = labels.label[later].astype(np.float64)
    return {
        "whole": label_drift(reference, current, CLASSES, policy),
        "newest": label_drift(reference, newest, CLASSES, policy),
    }


def _values(payload: Mapping[str, Any]) -> Floats:
    """The label values that a report counted, in class order: shares ask for no other order."""
    classes = payload["labels"]["classes"]
    return np.repeat([float(one["value"]) for one in classes], [int(one["count"]) for one in classes])


def _symbols(panel: Panel, target: Target) -> list[dict[str, Any]]:
    """Rows, and counts and shares of the classes, of every traded symbol."""
    found = []
    for index, (first, last) in enumerate(pairwise(panel.offsets)):
        if panel.kinds[index] != "level":
            value = target.value[first:last][target.defined[first:last]]
            found.append({"symbol": panel.symbols[index], "rows": int(last - first), **class_shares(value, CLASSES)})
    return found


def _outcomes(panel: Panel, labels: Labels, rows: NDArray[np.int64]) -> dict[str, Any]:
    """What ended the labels, and how long they were held."""
    sessions, at = panel.sessions()
    held = np.searchsorted(sessions, labels.end_ts[rows].astype(sessions.dtype)) - at[rows]
    barrier, ret = labels.barrier[rows], labels.ret[rows]
    barriers = {}
    for name, code in BARRIERS.items():
        here = barrier == code
        barriers[name] = {
            "count": int(here.sum()),
            "share": float(here.mean()),
            "sessions": float(held[here].mean()) if here.any() else None,
            "ret": float(ret[here].mean()) if here.any() else None,
        }
    quantiles = {f"{level:g}": float(np.quantile(held, level)) for level in QUANTILES}
    return {"barriers": barriers, "holding": {"mean": float(held.mean()), "quantiles": quantiles}}
