-- Roles and databases of a new cluster, with the names and rights of market_assets/services/bootstrap.py.
-- Runs once, as the superuser, when the database volume is created; running it again changes nothing.
-- 100_: after the scripts of the TimescaleDB image, which are numbered from 000.
\set ON_ERROR_STOP on
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
\getenv dagster_password DAGSTER_PASSWORD

-- passwords stand in the statements below: keep them out of the server's log
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;
SET password_encryption = 'scram-sha-256';

SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', name, password)
FROM (
    VALUES
        ('market_assets_owner', :'owner_password'),
        ('market_assets_app', :'app_password'),
        ('dagster', :'dagster_password')
) AS wanted (name, password)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

SELECT 'CREATE DATABASE market_assets OWNER market_assets_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'market_assets') \gexec

-- from template0: Dagster's own records need no TimescaleDB
SELECT 'CREATE DATABASE dagster OWNER dagster TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'dagster') \gexec

REVOKE ALL ON DATABASE market_assets FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE market_assets TO market_assets_app;
REVOKE ALL ON DATABASE dagster FROM PUBLIC;

-- only a superuser may install it; everything works without
\connect market_assets
SELECT 'CREATE EXTENSION IF NOT EXISTS timescaledb'
WHERE EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') \gexec
