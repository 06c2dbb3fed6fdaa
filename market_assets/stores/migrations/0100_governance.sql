-- Governance records: append-only plain tables. The application role may read and add, never change or remove.
-- Documents are stored as canonical JSON text, not jsonb: jsonb rewrites numbers, and a hash is over the written bytes.

CREATE TABLE audit_log (
    seq           bigint PRIMARY KEY CHECK (seq >= 1),
    at            timestamptz NOT NULL CHECK (isfinite(at)),
    event         text NOT NULL CHECK (event IN (
                      'snapshot_cut', 'training_start', 'training_completion', 'training_failure',
                      'promotion_decision', 'promotion', 'refused_attempt', 'rollback', 'replay')),
    actor         text NOT NULL CHECK (actor <> ''),
    subject       text NOT NULL CHECK (json_typeof(subject::json) = 'object'),
    previous_hash text NOT NULL UNIQUE CHECK (previous_hash ~ '^[0-9a-f]{64}$'),
    row_hash      text NOT NULL UNIQUE CHECK (row_hash ~ '^[0-9a-f]{64}$')
);

CREATE TABLE trial (
    snapshot_id   text NOT NULL CHECK (snapshot_id <> ''),
    fingerprint   text NOT NULL CHECK (fingerprint <> ''),
    experiment    text NOT NULL CHECK (experiment <> ''),
    family        text NOT NULL CHECK (family <> ''),
    fold          text NOT NULL CHECK (fold <> ''),
    configuration text NOT NULL CHECK (configuration <> ''),
    params        text NOT NULL CHECK (json_typeof(params::json) = 'object'),
    seed          bigint NOT NULL,
    origin        text NOT NULL CHECK (origin <> ''),
    recorded_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (snapshot_id, fingerprint)
);

CREATE TABLE model_version (
    model_version text PRIMARY KEY CHECK (model_version <> ''),
    experiment    text NOT NULL,
    family        text NOT NULL,
    snapshot_id   text NOT NULL,
    fingerprint   text NOT NULL,
    manifest      text NOT NULL CHECK (json_typeof(manifest::json) = 'object'),
    manifest_hash text NOT NULL CHECK (manifest_hash ~ '^[0-9a-f]{64}$'),
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE promotion_decision (
    decision         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slot             text NOT NULL CHECK (slot <> ''),
    snapshot_id      text NOT NULL CHECK (snapshot_id <> ''),
    model_version    text,
    promoted         boolean NOT NULL,
    reasons          text NOT NULL CHECK (reasons::json IS NOT NULL),
    gate_report_hash text NOT NULL CHECK (gate_report_hash ~ '^[0-9a-f]{64}$'),
    at               timestamptz NOT NULL CHECK (isfinite(at)),
    CHECK (NOT promoted OR model_version IS NOT NULL),
    UNIQUE (decision, slot, model_version, promoted)
);
CREATE INDEX promotion_decision_by_slot ON promotion_decision (slot, snapshot_id, decision);

-- A decision names the model version it judged, which is refitted and registered only after it has passed.
-- Each step names the champion it replaces. The primary key lets one contender win a step; the foreign key to the
-- step before makes the recorded predecessor the true one; the foreign key to the decision makes a champion without
-- a passed gate impossible, for rollbacks too.
CREATE TABLE champion_history (
    slot              text NOT NULL,
    sequence          integer NOT NULL CHECK (sequence >= 1),
    model_version     text NOT NULL REFERENCES model_version (model_version),
    previous_sequence integer CHECK (previous_sequence = sequence - 1),
    predecessor       text CHECK (predecessor <> model_version),
    kind              text NOT NULL CHECK (kind IN ('promotion', 'rollback')),
    decision          bigint NOT NULL,
    promoted          boolean NOT NULL DEFAULT true CHECK (promoted),
    at                timestamptz NOT NULL CHECK (isfinite(at)),
    PRIMARY KEY (slot, sequence),
    UNIQUE (slot, sequence, model_version),
    CHECK ((sequence = 1) = (predecessor IS NULL)),
    CHECK ((previous_sequence IS NULL) = (predecessor IS NULL)),
    CHECK (kind <> 'rollback' OR predecessor IS NOT NULL),
    FOREIGN KEY (slot, previous_sequence, predecessor) REFERENCES champion_history (slot, sequence, model_version),
    FOREIGN KEY (decision, slot, model_version, promoted)
        REFERENCES promotion_decision (decision, slot, model_version, promoted)
);

GRANT SELECT, INSERT ON audit_log, trial, model_version, promotion_decision, champion_history TO market_assets_app;
GRANT USAGE ON SEQUENCE promotion_decision_decision_seq TO market_assets_app;
