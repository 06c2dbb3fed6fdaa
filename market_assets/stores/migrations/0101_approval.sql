-- A person's word on a decision of the promotion gate. It can only be added to a decision that promotes, so it opens
-- nothing that the gate has closed; where a decision asks for it, no champion is made without it.

ALTER TABLE promotion_decision ADD COLUMN approval_required boolean NOT NULL DEFAULT false;

CREATE TABLE approval (
    decision      bigint PRIMARY KEY,
    slot          text NOT NULL,
    model_version text NOT NULL,
    promoted      boolean NOT NULL DEFAULT true CHECK (promoted),
    reviewer      text NOT NULL CHECK (btrim(reviewer) <> ''),
    note          text NOT NULL CHECK (btrim(note) <> ''),
    at            timestamptz NOT NULL CHECK (isfinite(at)),
    FOREIGN KEY (decision, slot, model_version, promoted)
        REFERENCES promotion_decision (decision, slot, model_version, promoted)
);
GRANT SELECT, INSERT ON approval TO market_assets_app;

CREATE FUNCTION require_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT approval_required FROM promotion_decision WHERE decision = NEW.decision)
       AND NOT EXISTS (SELECT FROM approval WHERE decision = NEW.decision) THEN
        RAISE EXCEPTION 'decision % asks for an approval that nobody has given', NEW.decision USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approved BEFORE INSERT ON champion_history FOR EACH ROW EXECUTE FUNCTION require_approval();

ALTER TABLE audit_log DROP CONSTRAINT audit_log_event_check;
ALTER TABLE audit_log ADD CONSTRAINT audit_log_event_check CHECK (event IN (
    'snapshot_cut', 'training_start', 'training_completion', 'training_failure',
    'promotion_decision', 'approval', 'promotion', 'refused_attempt', 'rollback', 'replay'));
