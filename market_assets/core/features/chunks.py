"""What a stretch of feature rows is made from: one month of one symbol, named by every row it may depend on.

Features are causal, which the leakage proof demands to the bit, so the rows of a month are a function of the panel
up to the month's last row. The hash over that prefix is therefore a name for the values: a later snapshot that only
adds rows has the same names for all closed months, and a revision changes the names from its own month on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import overload

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.base import Family
from market_assets.core.features.side_family import side_series
from market_assets.core.identity import canonical_json
from market_assets.core.market.panel import VALUE_COLUMNS, Panel
from market_assets.core.market.side import EVERYONE, SideTable, Times

CHUNKS_VERSION = "1"
"""Change with any change of the rule that cuts rows into chunks, or of what a key covers."""


@dataclass(frozen=True)
class Chunk:
    """Rows ``start:stop`` of a panel, all of one symbol and month, and the identity of their values."""

    start: int
    stop: int
    key: str


@dataclass(frozen=True, eq=False)
class Chunks(Sequence[Chunk]):
    """The months of one symbol, in the order of time; a key is made when its chunk is asked for.

    Parameters
    ----------
    bounds : where the months begin, and the end.
    before : what stands before the end of each.
    begin : digest of what the keys have in common.
    """

    bounds: tuple[int, ...]
    before: Sequence[bytes]
    begin: hashlib._Hash

    def __len__(self) -> int:
        return len(self.before)

    @overload
    def __getitem__(self, index: int) -> Chunk: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Chunk, ...]: ...
    def __getitem__(self, index: int | slice) -> Chunk | tuple[Chunk, ...]:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(*index.indices(len(self))))
        place = range(len(self))[index]
        digest = self.begin.copy()
        digest.update(self.before[place])
        return Chunk(self.bounds[place], self.bounds[place + 1], digest.hexdigest())


@dataclass(frozen=True, eq=False)
class Prefixes:
    """Where the months of every symbol begin, and what stands before their ends.

    ``bounds[i]`` are the row numbers at which the months of symbol ``i`` begin, and its end. ``own[i]`` are digests of
    the symbol's rows up to the end of each month, ``whole[i]`` those of all symbols' rows up to the end of that month,
    with symbols, sectors and kinds.
    """

    bounds: tuple[tuple[int, ...], ...]
    own: tuple[tuple[bytes, ...], ...]
    whole: tuple[tuple[bytes, ...], ...]

    @staticmethod
    def of(panel: Panel) -> Prefixes:
        """Hash a raw panel, row by row, in the order of time."""
        month = panel.ts.astype("datetime64[M]").astype(np.int64)
        rows = _row_matrix(panel)
        by_month = _whole(panel, month, rows)
        bounds, own, whole = [], [], []
        for index in range(len(panel.symbols)):
            part = panel.rows(index)
            starts = np.flatnonzero(np.diff(month[part], prepend=-1)) + part.start
            edges = (*starts.tolist(), part.stop) if starts.size else ()
            digest, digests = hashlib.sha256(), []
            for low, high in pairwise(edges):
                digest.update(rows[low:high].data)
                digests.append(digest.copy().digest())
            bounds.append(edges)
            own.append(tuple(digests))
            whole.append(tuple(by_month[int(month[low])] for low in starts))
        return Prefixes(tuple(bounds), tuple(own), tuple(whole))


def chunks_of(family: Family, panel: Panel, prefixes: Prefixes) -> dict[str, Chunks]:
    """Chunks of every symbol, in the order of time.

    The key of a family that treats every symbol by itself covers that symbol's rows alone. Where a family reads side
    series, it covers what was known of them at the month's last row, too.
    """
    side = _side_known(family, panel, prefixes)
    base = hashlib.sha256(
        canonical_json(
            {"chunks": CHUNKS_VERSION, "family": family.name, "version": family.version, "names": list(family.names)}
        )
    )
    found = {}
    for index, symbol in enumerate(panel.symbols):
        digest = base.copy()
        digest.update(canonical_json(symbol))
        before: Sequence[bytes] = (prefixes.own if family.per_symbol else prefixes.whole)[index]
        if side is not None:
            before = [prefix + known for prefix, known in zip(before, side[index], strict=True)]
        found[symbol] = Chunks(prefixes.bounds[index], before, digest)
    return found


def _side_known(family: Family, panel: Panel, prefixes: Prefixes) -> list[list[bytes]] | None:
    """For every month of every symbol: digests of what was known of its own side rows and of the market's at its end.

    None where the family reads no side series, or the panel holds none of them.
    """
    wanted = sorted(side_series(family))
    rows = None if panel.side is None or not wanted else panel.side.take(np.isin(panel.side.series, wanted))
    if rows is None or rows.n_rows == 0:
        return None
    last = [panel.ts[np.array(edges[1:], dtype=np.int64) - 1] for edges in prefixes.bounds]
    everyone = _learned(rows.take(rows.symbol == EVERYONE), np.unique(np.concatenate(last)))
    own = (_learned(rows.take(rows.symbol == symbol), times) for symbol, times in zip(panel.symbols, last, strict=True))
    return [[mine[time] + everyone[time] for time in times] for mine, times in zip(own, last, strict=True)]


def _learned(rows: SideTable, times: Times) -> dict[np.datetime64, bytes]:
    """Digest of the rows known at each of ``times`` (increasing), in the order of learning."""
    order = np.lexsort((rows.value, rows.ts, rows.series, rows.known_at))
    table = np.empty(rows.n_rows, dtype=[("series", "S80"), ("ts", "<i8"), ("known_at", "<i8"), ("value", "<f8")])
    table["series"], table["value"] = rows.series[order], rows.value[order]
    for name in ("ts", "known_at"):
        table[name] = getattr(rows, name)[order].astype("datetime64[us]").astype(np.int64)
    digest, found, start = hashlib.sha256(), {}, 0
    for time, stop in zip(times, np.searchsorted(rows.known_at[order], times, side="right"), strict=True):
        digest.update(table[start:stop].tobytes())
        found[time], start = digest.copy().digest(), int(stop)
    return found


def _row_matrix(panel: Panel) -> NDArray[np.int64]:
    """Bits of ``ts``, ``known_at`` and the values, shape (n_rows, 9)."""
    times = [getattr(panel, name).astype("datetime64[us]").astype(np.int64) for name in ("ts", "known_at")]
    values = [np.ascontiguousarray(getattr(panel, name)).view(np.int64) for name in VALUE_COLUMNS]
    return np.stack([*times, *values], axis=1)


def _whole(panel: Panel, month: NDArray[np.int64], rows: NDArray[np.int64]) -> dict[int, bytes]:
    """Digest of all rows up to the end of each month, by month."""
    order = np.argsort(month, kind="stable")
    edges = np.flatnonzero(np.diff(month[order], prepend=-1, append=-1))
    head = {"symbols": panel.symbols, "sectors": panel.sectors, "kinds": panel.kinds}
    digest = hashlib.sha256(canonical_json(head))
    codes, found = panel.symbol_codes().astype(np.int64), {}
    for low, high in pairwise(edges.tolist()):
        part = order[low:high]
        digest.update(codes[part].data)
        digest.update(rows[part].data)
        found[int(month[part[0]])] = digest.copy().digest()
    return found
