-- Derived rows: can be dropped and rebuilt from bars, so the application role may delete them; blocks carry the hashes.

-- A NaN in "values" means not yet defined (warm-up). Infinity is refused.
CREATE TABLE feature (
    snapshot_id record_name NOT NULL,
    family record_name NOT NULL,
    symbol symbol_name NOT NULL,
    ts timestamptz NOT NULL CHECK (is_time(ts)),
    "values" double precision[] NOT NULL
        CHECK (NOT ('Infinity' = ANY ("values") OR '-Infinity' = ANY ("values"))),
    PRIMARY KEY (snapshot_id, family, symbol, ts)
) PARTITION BY HASH (symbol);

CREATE TABLE feature_block (
    snapshot_id record_name NOT NULL,
    family record_name NOT NULL,
    symbol symbol_name NOT NULL,
    version text NOT NULL,
    names text[] NOT NULL,
    fingerprint sha256 NOT NULL,
    rows bigint NOT NULL,
    content_hash sha256 NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (snapshot_id, family, symbol)
);

CREATE TABLE label (
    snapshot_id record_name NOT NULL,
    experiment record_name NOT NULL,
    symbol symbol_name NOT NULL,
    ts timestamptz NOT NULL CHECK (is_time(ts)),
    defined boolean NOT NULL,
    label smallint NOT NULL,
    ret double precision CHECK (is_finite(ret)),
    end_ts timestamptz CHECK (is_time(end_ts) AND end_ts >= ts),
    barrier smallint NOT NULL,
    CHECK (NOT defined OR (ret IS NOT NULL AND end_ts IS NOT NULL)),
    PRIMARY KEY (snapshot_id, experiment, symbol, ts)
) PARTITION BY HASH (symbol);

CREATE TABLE label_block (
    snapshot_id record_name NOT NULL,
    experiment record_name NOT NULL,
    symbol symbol_name NOT NULL,
    fingerprint sha256 NOT NULL,
    rows bigint NOT NULL,
    content_hash sha256 NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (snapshot_id, experiment, symbol)
);

DO $$
BEGIN
    FOR part IN 0..7 LOOP
        EXECUTE format('CREATE TABLE feature_%s PARTITION OF feature FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
        EXECUTE format('CREATE TABLE label_%s PARTITION OF label FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
        -- floats do not compress; trying costs time
        EXECUTE format('ALTER TABLE feature_%s ALTER COLUMN "values" SET STORAGE EXTERNAL', part);
    END LOOP;
END $$;

REVOKE ALL ON feature, feature_block, label, label_block FROM PUBLIC;
GRANT SELECT, INSERT, DELETE ON feature, feature_block, label, label_block TO market_assets_app;

CREATE TABLE cooldown (
    name text PRIMARY KEY CHECK (name <> ''),
    acquired_at timestamptz NOT NULL CHECK (is_time(acquired_at))
);
REVOKE ALL ON cooldown FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE ON cooldown TO market_assets_app;
