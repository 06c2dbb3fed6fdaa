"""The trial ledger: every fit that touched a snapshot is one row; the deflation of a Sharpe ratio uses their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from psycopg.rows import tuple_row

from market_assets.core.errors import IntegrityError
from market_assets.core.identity import canonical_json, fingerprint

if TYPE_CHECKING:
    from market_assets.stores.database import Database


REFIT = "refit"


@dataclass(frozen=True)
class Trial:
    """One fit.

    Parameters
    ----------
    snapshot_id : data the fit has seen.
    experiment, family, fold : whose fit it is.
    configuration : hash of what was tried, the same in every fold; see :func:`configuration_hash`.
    fingerprint : identity of the fit itself; a re-run has the same one.
    params, seed : what the family was given.
    origin : how the fit came to be, e.g. ``"fold"``, ``"search"`` or ``"refit"``.

    Notes
    -----
    A fit that another experiment tries again, or that comes to be in another way, is the same trial: ``experiment`` and
    ``origin`` say who was first.
    """

    snapshot_id: str
    experiment: str
    family: str
    fold: str
    configuration: str
    fingerprint: str
    params: Mapping[str, Any]
    seed: int
    origin: str


@dataclass(frozen=True)
class TrialCount:
    """How often a snapshot was looked at: ``fits`` rows, ``configurations`` different things tried.

    The refit of a configuration that was judged already is a row too, but no further look: it is counted apart.
    """

    fits: int
    configurations: int
    refits: int = 0


def configuration_hash(family: str, params: Mapping[str, Any], label: Any, features: Any) -> str:
    """Hash what a trial tries: family, parameters, label specification and feature set (JSON values)."""
    return fingerprint(family=family, params=dict(params), label=label, features=features)


class TrialLedger:
    """Append-only record of trials in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, trials: Sequence[Trial]) -> int:
        """Add trials that are not known yet; returns how many were new.

        Raises
        ------
        IntegrityError
            when a fingerprint is already recorded for a different fit; nothing is added then.
        """
        if not trials:
            return 0
        offered = [replace(trial, params=canonical_json(dict(trial.params)).decode()) for trial in trials]
        columns = [[getattr(trial, name) for trial in offered] for name in _COLUMNS]
        with self._database.transaction() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            new = cursor.execute(_INSERT, columns).rowcount
            # Verify after write: every offered trial must now stand there, with the content that was offered.
            rows = cursor.execute(_SELECT, [columns[0], columns[5]])
            stored = {(row[0], row[1]): row for row in rows}
            for trial in offered:
                wanted = tuple(getattr(trial, name) for name in _IDENTITY)
                found = stored.get((trial.snapshot_id, trial.fingerprint))
                if found != wanted:
                    raise IntegrityError(
                        f"trial {trial.fingerprint} of snapshot {trial.snapshot_id} is recorded as another fit: {found}"
                    )
        return new

    def count(self, snapshot_id: str) -> TrialCount:
        """Count over all experiments that touched the snapshot."""
        with self._database.transaction() as connection:
            row = (
                connection.cursor(row_factory=tuple_row)
                .execute(
                    "SELECT count(*) FILTER (WHERE origin <> %s), count(DISTINCT configuration), "
                    "count(*) FILTER (WHERE origin = %s) FROM trial WHERE snapshot_id = %s",
                    (REFIT, REFIT, snapshot_id),
                )
                .fetchone()
            )
        return TrialCount(*row) if row else TrialCount(0, 0)


_COLUMNS = ("snapshot_id", "experiment", "family", "fold", "configuration", "fingerprint", "params", "seed", "origin")
_IDENTITY = ("snapshot_id", "fingerprint", "family", "fold", "configuration", "params", "seed")
_NAMES = ", ".join(_COLUMNS)
_INSERT = (
    f"INSERT INTO trial ({_NAMES}) SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], "
    "%s::text[], %s::text[], %s::bigint[], %s::text[]) ON CONFLICT (snapshot_id, fingerprint) DO NOTHING"
)
_SELECT = (
    f"SELECT {', '.join(_IDENTITY)} FROM trial WHERE snapshot_id = ANY(%s::text[]) AND fingerprint = ANY(%s::text[])"
)
