-- Targets: what a model may be asked to predict, a class or a quantity, with the closed interval of bars that decides it.
-- Derived rows like labels. "target" is <experiment>.<name>; a value is missing where the bars do not decide it.

CREATE TABLE target (
    snapshot_id record_name NOT NULL,
    target record_name NOT NULL,
    symbol symbol_name NOT NULL,
    ts timestamptz NOT NULL CHECK (is_time(ts)),
    value double precision CHECK (is_finite(value)),
    end_ts timestamptz NOT NULL CHECK (is_time(end_ts) AND end_ts >= ts),
    PRIMARY KEY (snapshot_id, target, symbol, ts)
) PARTITION BY HASH (symbol);

CREATE TABLE target_block (
    snapshot_id record_name NOT NULL,
    target record_name NOT NULL,
    symbol symbol_name NOT NULL,
    fingerprint sha256 NOT NULL,
    rows bigint NOT NULL,
    content_hash sha256 NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (snapshot_id, target, symbol)
);

DO $$
BEGIN
    FOR part IN 0..7 LOOP
        EXECUTE format('CREATE TABLE target_%s PARTITION OF target FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
    END LOOP;
END $$;

REVOKE ALL ON target, target_block FROM PUBLIC;
GRANT SELECT, INSERT, DELETE ON target, target_block TO market_assets_app;
