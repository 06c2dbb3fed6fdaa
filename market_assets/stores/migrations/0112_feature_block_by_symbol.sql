-- A new block takes its first chunks over from the newest block of its symbol that holds them.
CREATE INDEX ON feature_block (family, symbol, recorded_at DESC);
