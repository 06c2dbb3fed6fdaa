"""Reading connections that are kept: opening one costs more than most of the queries it carries."""

from __future__ import annotations

import atexit
import os
from threading import Lock

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc
from adbc_driver_manager.dbapi import Connection

_lock = Lock()
_kept: tuple[int, str, Connection] | None = None


def take(url: str) -> Connection:
    """The kept connection when it is this process's, to this address and alive; else a new one.

    Raises
    ------
    adbc_driver_manager.Error
        when the server cannot be reached.
    """
    global _kept
    with _lock:
        kept, _kept = _kept, None
    if kept is not None and kept[:2] == (os.getpid(), url):
        try:
            with kept[2].cursor() as cursor:
                cursor.execute("SELECT 1")
        except adbc_driver_manager.Error:
            _close(kept[2])  # the server was restarted, or the database is gone
        else:
            kept[2].rollback()
            return kept[2]
    elif kept is not None:
        _close(kept[2])
    return adbc.connect(url, autocommit=False)


def give(url: str, connection: Connection) -> None:
    """Keep a connection for the next reading; one that cannot be rolled back is closed."""
    global _kept
    try:
        connection.rollback()
    except adbc_driver_manager.Error:
        _close(connection)
        return
    with _lock:
        kept, _kept = _kept, (os.getpid(), url, connection)
    if kept is not None:
        _close(kept[2])


def close_kept() -> None:
    """Close the kept connection, if there is one."""
    global _kept
    with _lock:
        kept, _kept = _kept, None
    if kept is not None:
        _close(kept[2])


def _close(connection: Connection) -> None:
    try:
        connection.close()
    except adbc_driver_manager.Error:
        return  # the server closed it first: nothing is left to close


atexit.register(close_kept)
