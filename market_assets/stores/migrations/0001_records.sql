-- Records: append-only. The application role may read and add, nothing else; triggers are the second line.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: this table is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

CREATE FUNCTION make_append_only(relation regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION refuse_change()', relation);
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', relation);
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', relation);
    EXECUTE format('GRANT SELECT, INSERT ON %s TO market_assets_app', relation);
END $$;

REVOKE ALL ON FUNCTION make_append_only(regclass) FROM PUBLIC;

-- NaN sorts above infinity and equals itself here, so this one test refuses NaN and both infinities.
CREATE FUNCTION is_finite(value double precision) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN value > '-Infinity' AND value < 'Infinity';

CREATE FUNCTION is_time(value timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN isfinite(value) AND value >= timestamptz '1970-01-01 00:00:00+00' AND value < timestamptz '2100-01-01 00:00:00+00';

CREATE DOMAIN symbol_name AS text
    CHECK (length(VALUE) <= 24 AND VALUE ~ '^\^?[A-Z0-9]+([./=_-][A-Z0-9]+)*$');
CREATE DOMAIN record_name AS text
    CHECK (length(VALUE) <= 80 AND VALUE ~ '^[a-z0-9]+([._-][a-z0-9]+)*$');
CREATE DOMAIN sha256 AS text CHECK (VALUE ~ '^[0-9a-f]{64}$');

-- A symbol is a chain of versions; the last one counts. A retired symbol stays retired.
CREATE TABLE symbol_version (
    symbol symbol_name NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    sector text NOT NULL,
    kind text NOT NULL,
    calendar text NOT NULL,
    "interval" text NOT NULL,
    source json NOT NULL,
    retired_because text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (symbol, version)
);
SELECT make_append_only('symbol_version');

-- Bars are bitemporal: a vendor's revision is a new row with a later known_at.
CREATE TABLE bar (
    symbol symbol_name NOT NULL,
    "interval" text NOT NULL CHECK ("interval" IN ('1d', '1h', '1m')),
    ts timestamptz NOT NULL CHECK (is_time(ts)),
    known_at timestamptz NOT NULL CHECK (is_time(known_at) AND known_at >= ts),
    open double precision NOT NULL CHECK (is_finite(open)),
    high double precision NOT NULL CHECK (is_finite(high)),
    low double precision NOT NULL CHECK (is_finite(low)),
    close double precision NOT NULL CHECK (is_finite(close)),
    volume double precision NOT NULL CHECK (is_finite(volume)),
    split double precision NOT NULL CHECK (is_finite(split)),
    dividend double precision NOT NULL CHECK (is_finite(dividend)),
    PRIMARY KEY (symbol, "interval", ts, known_at)
) PARTITION BY RANGE (ts);

DO $$
BEGIN
    FOR first_year IN 1970..2095 BY 5 LOOP
        EXECUTE format(
            'CREATE TABLE bar_%s PARTITION OF bar FOR VALUES FROM (''%s-01-01 00:00:00+00'') TO (''%s-01-01 00:00:00+00'')',
            first_year, first_year, first_year + 5);
    END LOOP;
END $$;
SELECT make_append_only('bar');

CREATE TABLE snapshot (
    snapshot_id record_name PRIMARY KEY,
    as_of timestamptz NOT NULL CHECK (is_time(as_of)),
    "interval" text NOT NULL,
    symbols text[] NOT NULL,
    first_ts timestamptz NOT NULL CHECK (is_time(first_ts)),
    last_ts timestamptz NOT NULL CHECK (is_time(last_ts) AND last_ts >= first_ts AND last_ts <= as_of),
    rows bigint NOT NULL CHECK (rows > 0),
    content_hash sha256 NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
SELECT make_append_only('snapshot');

-- json, not jsonb: the text is kept as written, so its hash can be checked.
CREATE TABLE report (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind <> ''),
    snapshot_id record_name NOT NULL,
    experiment text NOT NULL,
    payload json NOT NULL,
    content_hash sha256 NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX report_by_key ON report (kind, snapshot_id, experiment, seq DESC);
SELECT make_append_only('report');

-- One row a fold fit; predictions are arrays, since they are only ever read whole.
CREATE TABLE fit (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    snapshot_id record_name NOT NULL,
    experiment record_name NOT NULL,
    family record_name NOT NULL,
    fold record_name NOT NULL,
    fingerprint sha256 NOT NULL,
    artifact sha256 NOT NULL,
    calibrator json NOT NULL,
    rows integer[] NOT NULL,
    raw double precision[] NOT NULL,
    calibrated double precision[] NOT NULL,
    n_fit bigint NOT NULL,
    n_calibration bigint NOT NULL,
    seed bigint NOT NULL,
    params json NOT NULL,
    device text NOT NULL,
    metrics json NOT NULL,
    content_hash sha256 NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (snapshot_id, experiment, family, fold, fingerprint),
    CHECK (cardinality(rows) = cardinality(raw) AND cardinality(raw) = cardinality(calibrated)),
    CHECK (NOT ('NaN' = ANY (raw) OR 'Infinity' = ANY (raw) OR '-Infinity' = ANY (raw))),
    CHECK (NOT ('NaN' = ANY (calibrated) OR 'Infinity' = ANY (calibrated) OR '-Infinity' = ANY (calibrated)))
);
ALTER TABLE fit ALTER COLUMN raw SET STORAGE EXTERNAL, ALTER COLUMN calibrated SET STORAGE EXTERNAL;
SELECT make_append_only('fit');
