"""Drift tests of all features at once, corrected for their number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from numpy.typing import ArrayLike

from market_assets.core.drift.block_test import block_test, make_blocks
from market_assets.core.errors import NotEnoughDataError
from market_assets.core.statistics.multiplicity import benjamini_hochberg, benjamini_yekutieli, holm

CORRECTIONS = {"holm": holm, "benjamini_hochberg": benjamini_hochberg, "benjamini_yekutieli": benjamini_yekutieli}


def drift_tests(
    reference: Mapping[str, ArrayLike],
    current: Mapping[str, ArrayLike],
    reference_ts: ArrayLike,
    current_ts: ArrayLike,
    alpha: float,
    correction: str = "holm",
) -> dict[str, Any]:
    """Test every column of two samples by ``block_test`` and correct for their number.

    Parameters
    ----------
    reference, current : name -> values (n,) and (m,), NaN allowed. reference_ts, current_ts : session of each row.
    alpha : level of the whole family of tests. correction : the one of ``CORRECTIONS`` that decides.

    Returns
    -------
    A JSON-able payload: ``tests`` (name, pvalue, location, spread, blocks, and the adjusted p-value by every
    correction), ``rejected`` (names by correction), ``alarm`` (does the deciding one reject any), ``alpha``,
    ``correction``, ``blocks``, ``block_sessions`` and ``gaps`` (figure, cause).
    """
    payload: dict[str, Any] = {"tests": [], "rejected": {name: [] for name in CORRECTIONS}, "alarm": False}
    payload |= {"alpha": alpha, "correction": correction, "blocks": None, "block_sessions": None, "gaps": []}
    try:
        blocks = make_blocks(reference_ts, current_ts)
    except NotEnoughDataError as error:
        payload["gaps"].append({"figure": "drift_tests", "cause": str(error)})
        return payload
    tests: list[dict[str, Any]] = []
    for name in reference:
        try:
            tests.append({"name": name, **asdict(block_test(reference[name], current[name], blocks))})
        except NotEnoughDataError as error:
            payload["gaps"].append({"figure": f"drift_test[{name}]", "cause": str(error)})
    for method, adjust in CORRECTIONS.items() if tests else ():
        adjusted = adjust([entry["pvalue"] for entry in tests])
        for entry, value in zip(tests, adjusted, strict=True):
            entry[method] = float(value)
        payload["rejected"][method] = [entry["name"] for entry in tests if entry[method] <= alpha]
    payload |= {"tests": tests, "alarm": bool(payload["rejected"][correction])}
    return payload | {"blocks": blocks.count, "block_sessions": blocks.length}
