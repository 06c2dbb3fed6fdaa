"""The database itself refuses to change or remove governance records for the application role."""

from __future__ import annotations

import psycopg
import pytest

pytestmark = pytest.mark.services
TABLES = ("audit_log", "trial", "model_version", "promotion_decision", "approval", "champion_history", "holdout_seal")
VERBS = (
    "UPDATE {table} SET {column} = {column}",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
    "TRUNCATE {table} CASCADE",
    "ALTER TABLE {table} ADD COLUMN extra int",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "ALTER TABLE {table} RENAME TO other",
    "DROP TABLE {table}",
    "DROP TABLE {table} CASCADE",
    "CREATE TRIGGER t BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE r AS ON INSERT TO {table} DO INSTEAD NOTHING",
    "SELECT * FROM {table} FOR UPDATE",
)


@pytest.mark.parametrize("table", TABLES)
def test_the_application_role_may_only_read_and_add(database, table):
    """Every verb that changes, removes or weakens a table is refused for lack of privilege."""
    column = {"audit_log": "actor", "trial": "origin", "model_version": "family", "holdout_seal": "name"}.get(
        table, "slot"
    )
    accepted = []
    for verb in VERBS:
        try:
            with database.transaction() as connection:
                connection.execute(verb.format(table=table, column=column))
            accepted.append(verb)
        except psycopg.errors.InsufficientPrivilege:
            pass
    assert accepted == []


@pytest.mark.parametrize("table", TABLES)
def test_the_application_role_cannot_grant_itself_more(database, table):
    """A grant to itself changes nothing: PostgreSQL warns and the privileges stay SELECT and INSERT."""
    with database.transaction() as connection:
        connection.execute(f"GRANT ALL ON {table} TO CURRENT_USER")
        held = connection.execute(
            "SELECT privilege_type FROM information_schema.role_table_grants "
            "WHERE grantee = current_user AND table_name = %s ORDER BY 1",
            (table,),
        ).fetchall()
    assert held == [("INSERT",), ("SELECT",)]


def test_the_application_role_owns_nothing_and_cannot_become_the_owner(database):
    """No table is the application role's own, it is no superuser, and it cannot take the owner's place."""
    with database.transaction() as connection:
        owned = connection.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user").fetchone()
        role = connection.execute(
            "SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert owned == (0,)
    assert role == (False,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction() as connection:
        connection.execute("SET ROLE market_assets_owner")
