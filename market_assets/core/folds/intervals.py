"""Label intervals on a time axis: reading them, and the one rule by which a test block forbids a training label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from market_assets.core.errors import BadInputError, Location, NotEnoughDataError

Times = NDArray[np.int64]
Duration = int | np.timedelta64
NEVER, FOREVER = np.iinfo(np.int64).min, np.iinfo(np.int64).max


@register_jitable
def meets(t0: Any, t1: Any, low: Any, until: Any) -> Any:
    """Whether the closed label interval [t0, t1] meets the closed range [low, until], on scalars or arrays.

    With ``low`` the first start and ``until`` the last label end of a test block, plus its embargo, these are the
    labels that may not be trained on. The purge is the closed-interval overlap with the hull of the block; the
    embargo adds those that start after the hull and up to its end.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, sections 7.4 and 12.4, with closed intervals.
    """
    return (t1 >= low) & (t0 <= until)


def read_intervals(t0: ArrayLike, t1: ArrayLike, embargo: Duration = 0) -> tuple[Times, Times, int]:
    """Label intervals and an embargo as whole numbers of one unit.

    Parameters
    ----------
    t0, t1 : (n,) first and last time of every label, both included, in any order: whole numbers or datetime64. Of
        datetimes the finest unit given is taken, so that nothing is rounded.
    embargo : in the unit of the times; a timedelta64 (of fixed length: weeks or finer) where they are datetimes.

    Raises
    ------
    BadInputError
        for another type or shape, NaT (its bit pattern too), a label that ends before it starts, or an embargo
        that is negative or of another kind than the times.
    NotEnoughDataError
        without rows.
    """
    first, last = np.asarray(t0), np.asarray(t1)
    if first.ndim != 1 or first.shape != last.shape:
        message = f"label starts and ends must be two lists of one length; shapes {first.shape} and {last.shape}"
        raise BadInputError("interval_shape", message)
    if not first.size:
        raise NotEnoughDataError("splits need rows; there are no label intervals")
    kinds = {"i" if array.dtype.kind == "u" else array.dtype.kind for array in (first, last)}
    if len(kinds) > 1 or not kinds <= {"i", "M"}:
        raise BadInputError(
            "interval_type", f"label times must be whole or datetime64, are {first.dtype}, {last.dtype}"
        )
    step = np.asarray(embargo)
    wanted = "m" if kinds == {"M"} else "i"
    if step.ndim or (step.dtype.kind != wanted and not (wanted == "m" and step.dtype.kind == "i" and step == 0)):
        raise BadInputError("embargo_type", f"an embargo of {step.dtype} does not fit label times of {first.dtype}")
    if wanted == "m":
        first, last, step = _one_unit(first, last, step)
    starts, ends = _whole(first, "t0"), _whole(last, "t1")
    if (bad := np.flatnonzero(ends < starts)).size:
        raise BadInputError("interval_order", "the label ends before it starts", Location(row=int(bad[0]), column="t1"))
    length = int(step.astype(np.int64))
    if length < 0:
        raise BadInputError("embargo_sign", f"the embargo must not be negative or NaT, is {embargo}")
    return starts, ends, length


def later(time: int, length: int) -> int:
    """``time + length``, at most the last time that can be written."""
    return min(time + length, FOREVER)


def _one_unit(first: NDArray[Any], last: NDArray[Any], step: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Times and step in the finest unit of the three."""
    unit = np.promote_types(first.dtype, last.dtype)
    if step.dtype.kind == "m":
        name, count = np.datetime_data(step.dtype)
        if name in ("Y", "M"):
            raise BadInputError("embargo_type", "months and years have no fixed length; give the embargo in days")
        if name != "generic":
            unit = np.promote_types(unit, np.dtype(f"M8[{count}{name}]"))
    cast = [array.astype(unit) for array in (first, last)]
    for array, wide, column in zip((first, last), cast, ("t0", "t1"), strict=True):
        if (bad := np.flatnonzero((wide.astype(array.dtype) != array) & ~np.isnat(array))).size:
            where = Location(row=int(bad[0]), column=column)
            raise BadInputError("interval_range", f"the time cannot be written in units of {unit}", where)
    return cast[0], cast[1], step.astype(np.dtype(str(unit).replace("datetime64", "timedelta64")))


def _whole(array: NDArray[Any], column: str) -> Times:
    if array.dtype.kind == "u" and array.max() > FOREVER:
        raise BadInputError("interval_range", "the time is larger than a signed 64-bit number", Location(column=column))
    whole = np.ascontiguousarray(array).astype(np.int64)
    if (bad := np.flatnonzero(whole == NEVER)).size:  # the bit pattern of NaT
        raise BadInputError("interval_missing", "the label time is missing", Location(row=int(bad[0]), column=column))
    return whole
