-- One-touch holdout: bars of a sealed range are invisible to the application role, which is the one that trains. They are
-- read through open_holdout, which only the owner may call, once a candidate; the second call fails on the primary key.

CREATE TABLE holdout_seal (
    name record_name PRIMARY KEY,
    from_ts timestamptz NOT NULL CHECK (is_time(from_ts)),
    until_ts timestamptz NOT NULL CHECK (is_time(until_ts) AND until_ts > from_ts),
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT make_append_only('holdout_seal');

CREATE TABLE holdout_read (
    seal record_name NOT NULL REFERENCES holdout_seal (name),
    candidate text NOT NULL REFERENCES model_version (model_version),
    reader text NOT NULL,
    read_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (seal, candidate)
);
SELECT make_append_only('holdout_read');
REVOKE INSERT ON holdout_read FROM market_assets_app;

-- What a snapshot has seen cannot be held out any more.
CREATE FUNCTION refuse_seen_holdout() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE seen text;
BEGIN
    SELECT snapshot_id INTO seen FROM snapshot WHERE last_ts >= NEW.from_ts ORDER BY last_ts DESC LIMIT 1;
    IF seen IS NOT NULL THEN
        RAISE EXCEPTION 'snapshot % has seen bars since %; a holdout must be sealed before', seen, NEW.from_ts
            USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER unseen BEFORE INSERT ON holdout_seal FOR EACH ROW EXECUTE FUNCTION refuse_seen_holdout();

ALTER TABLE bar ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_unsealed ON bar FOR SELECT TO market_assets_app
    USING (NOT EXISTS (SELECT FROM holdout_seal s WHERE bar.ts >= s.from_ts AND bar.ts < s.until_ts));
CREATE POLICY add_unsealed ON bar FOR INSERT TO market_assets_app
    WITH CHECK (NOT EXISTS (SELECT FROM holdout_seal s WHERE bar.ts >= s.from_ts AND bar.ts < s.until_ts));

CREATE FUNCTION open_holdout(seal_name text, candidate_name text) RETURNS SETOF bar LANGUAGE plpgsql AS $$
DECLARE sealed holdout_seal;
BEGIN
    SELECT * INTO sealed FROM holdout_seal WHERE name = seal_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no holdout is sealed as %', seal_name USING ERRCODE = 'P0002';
    END IF;
    INSERT INTO holdout_read (seal, candidate, reader) VALUES (seal_name, candidate_name, session_user);
    RETURN QUERY SELECT * FROM bar WHERE ts < sealed.until_ts ORDER BY symbol, ts, known_at;
END $$;
REVOKE ALL ON FUNCTION open_holdout(text, text) FROM PUBLIC;

ALTER TABLE audit_log DROP CONSTRAINT audit_log_event_check;
ALTER TABLE audit_log ADD CONSTRAINT audit_log_event_check CHECK (event IN (
    'snapshot_cut', 'training_start', 'training_completion', 'training_failure',
    'promotion_decision', 'approval', 'promotion', 'refused_attempt', 'rollback', 'replay',
    'holdout_sealed', 'holdout_opened', 'holdout_refused'));
