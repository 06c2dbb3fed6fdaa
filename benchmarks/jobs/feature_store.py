"""Feature families through the store on a synthetic market: bars, snapshot, rows written, rows read back verified.

``cuts`` are snapshots one after the other, each by how many of the last sessions it leaves out; bars are appended up to
each of them, as a monthly run would.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any

import numpy as np
import psutil

from market_assets.assets.feature_blocks import store_family
from market_assets.assets.labels import store_labels
from market_assets.assets.measure import peak_rss_mb
from market_assets.assets.panel import load_panel
from market_assets.assets.snapshot import cut_snapshot
from market_assets.cli.session import Session, open_session
from market_assets.core.features.base import Family
from market_assets.core.features.registry import FAMILIES
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets.core.market.symbols import SymbolRecord
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.experiments.loader import load_experiments
from market_assets.experiments.spec import Experiment
from market_assets.settings import Settings
from market_assets.stores import features
from market_assets.stores.features import FeatureStore
from market_assets.stores.recent import Recent
from market_assets.stores.symbols import RegisteredSymbol

SYMBOLS_AT_ONCE = 100  # that bars are appended for


class Clock:
    """Seconds of named parts: by the wall, and of the cores that this process and the database server used."""

    def __init__(self, server: psutil.Process) -> None:
        self._server = server
        self.seconds: dict[str, dict[str, float]] = {}

    def _used(self) -> float:
        while True:  # a backend that ends between two looks would be counted in neither or in both
            before = self._server.children()
            try:
                alive = [one.cpu_times() for one in before]
            except psutil.NoSuchProcess:
                continue
            server = self._server.cpu_times()
            if before == self._server.children():
                gone = server.children_user + server.children_system
                return time.process_time() + gone + sum(one.user + one.system for one in (server, *alive))

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add what happens inside to ``name``."""
        used, begin = self._used(), time.perf_counter()
        yield
        wall = time.perf_counter() - begin  # looking at processes takes some milliseconds: not counted
        total = self.seconds.setdefault(name, {"wall": 0.0, "cores": 0.0})
        total["wall"] += wall
        total["cores"] += self._used() - used


def server_of(session: Session) -> psutil.Process:
    """The database server of a session: what its backends are children of."""
    with session.owner.transaction() as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        parent = psutil.Process(row[0] if row else 0).parent()
    if parent is None:
        raise RuntimeError("the database does not run on this machine")
    return parent


def append(session: Session, panel: Panel, rows: np.ndarray) -> None:
    """Append the marked bars, some symbols at a time."""
    for low in range(0, len(panel.symbols), SYMBOLS_AT_ONCE):
        some = (panel.symbol_codes() >= low) & (panel.symbol_codes() < low + SYMBOLS_AT_ONCE)
        session.warehouse.bars.append(panel.take(rows & some).to_frame(), session.clock.now())


def experiment() -> Experiment:
    """The one whose labels are stored."""
    return load_experiments(Settings.from_environment().experiments)["direction_daily"]


def stored(session: Session, family: Family, snapshot_id: str, clock: Clock) -> dict[str, int]:
    """Compute and write a family; what was written, and in how many rows."""
    manifest = session.warehouse.snapshots.get(snapshot_id)
    write = FeatureStore.write

    def timed(store: FeatureStore, *given: Any) -> dict[str, str]:
        with clock.part(f"write {family.name}"):
            return write(store, *given)

    FeatureStore.write = timed  # type: ignore[method-assign]
    try:
        with clock.part(f"store {family.name}"):
            done = store_family(session.warehouse, manifest, family, manifest.symbols)
    finally:
        FeatureStore.write = write  # type: ignore[method-assign]
    return {"rows": done.rows, "rows_computed": done.rows_computed, "columns": len(family.names)}


def read(session: Session, family: Family, snapshot_id: str, clock: Clock, check: bool) -> bool | None:
    """Read a family back verified; whether it has the bytes of a computation of everything, where that is asked."""
    manifest = session.warehouse.snapshots.get(snapshot_id)
    with clock.part(f"read {family.name}"):
        frame = session.warehouse.features.read(snapshot_id, family.name, manifest.symbols)
    if not check:
        return None
    panel = load_panel(session.warehouse, manifest)
    whole = family.compute(adjust(panel))
    return frame.values.tobytes() == np.ascontiguousarray(np.where(np.isnan(whole), np.nan, whole)).tobytes()


def measure(
    market: dict[str, Any], cuts: list[int], families: list[str], check: bool, labels: bool = False
) -> dict[str, Any]:
    """Seconds by part and rows by family of every snapshot, and the peak memory of this process in MiB."""
    panel = synthesize(SyntheticSpec(**market)).panel
    sessions, number = panel.sessions()
    features._KEPT = Recent(keep=0)  # what was written is read from the database
    found, known = [], -1
    with open_session() as session:
        server = server_of(session)
        records = (
            SymbolRecord(*item, "XNYS", "1d") for item in zip(panel.symbols, panel.sectors, panel.kinds, strict=True)
        )
        session.warehouse.symbols.register([RegisteredSymbol.of(record, {}) for record in records])
        for cut in cuts:
            clock, last = Clock(server), len(sessions) - 1 - cut
            with clock.part("append bars"):
                append(session, panel, (number > known) & (number <= last))
            as_of = sessions[last].astype("datetime64[us]").item().replace(tzinfo=UTC)
            with clock.part("cut snapshot"):
                manifest = cut_snapshot(session.warehouse, session.governance, session.clock, as_of, panel.symbols)
            with clock.part("load panel"):
                load_panel(session.warehouse, manifest)
            rows = {name: stored(session, FAMILIES[name], manifest.snapshot_id, clock) for name in families}
            if labels:
                with clock.part("labels"):
                    store_labels(session.warehouse, manifest, experiment(), manifest.symbols)
            equal = [read(session, FAMILIES[name], manifest.snapshot_id, clock, check) for name in families]
            found.append(
                {
                    "sessions": last + 1,
                    "rows": manifest.rows,
                    "seconds": clock.seconds,
                    "families": rows,
                    "equal": all(equal) if check else None,
                }
            )
            known = last
    return {"snapshots": found, "peak_mib": peak_rss_mb()}


if __name__ == "__main__":
    json.dump(measure(**json.loads(sys.argv[1])), sys.stdout)
