"""Roles and databases of a fresh embedded cluster; safe to run again."""

from __future__ import annotations

import psycopg
from psycopg import sql

OWNER = "market_assets_owner"
APP = "market_assets_app"
DAGSTER = "dagster"
DATABASE = "market_assets"


def bootstrap(superuser_url: str, passwords: dict[str, str]) -> None:
    """Create what is missing: three roles without special rights, two databases.

    The application role owns nothing: it is granted rights by the migrations.

    Parameters
    ----------
    passwords : password of each of ``OWNER``, ``APP`` and ``DAGSTER``.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for role in (OWNER, APP, DAGSTER):
            if not _exists(connection, "SELECT FROM pg_roles WHERE rolname = %s", role):
                # the verifier is made here, so that the password itself never reaches the server's log
                verifier = connection.pgconn.encrypt_password(passwords[role].encode(), role.encode(), b"scram-sha-256")
                command = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                connection.execute(command.format(sql.Identifier(role), sql.Literal(verifier.decode())))
        for database, owner in ((DATABASE, OWNER), (DAGSTER, DAGSTER)):
            if not _exists(connection, "SELECT FROM pg_database WHERE datname = %s", database):
                command = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(command.format(sql.Identifier(database), sql.Identifier(owner)))
        connection.execute(
            sql.SQL("REVOKE ALL ON DATABASE {0} FROM PUBLIC; GRANT CONNECT, TEMPORARY ON DATABASE {0} TO {1}").format(
                sql.Identifier(DATABASE), sql.Identifier(APP)
            )
        )
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DAGSTER)))


def _exists(connection: psycopg.Connection, query: sql.SQL | str, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None  # type: ignore[arg-type]
