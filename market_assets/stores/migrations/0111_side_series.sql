-- Side series: figures beside the bars, bitemporal and append-only as they are. A revision is a new row with a later
-- known_at. "row" is given under one lock, in the order of commit: a snapshot names the last row it holds, so that rows
-- loaded afterwards, of whatever time, do not change it. Symbol '' is the whole market.

CREATE TABLE side_source (
    series record_name NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    source json NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (series, version)
);
SELECT make_append_only('side_source');

CREATE TABLE side (
    "row" bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    series record_name NOT NULL,
    symbol text NOT NULL CHECK (symbol = '' OR (length(symbol) <= 24 AND symbol ~ '^\^?[A-Z0-9]+([./=_-][A-Z0-9]+)*$')),
    ts timestamptz NOT NULL CHECK (is_time(ts)),
    known_at timestamptz NOT NULL CHECK (is_time(known_at) AND known_at >= ts),
    value double precision NOT NULL CHECK (is_finite(value)),
    PRIMARY KEY (series, symbol, ts, known_at)
);
SELECT make_append_only('side');

ALTER TABLE snapshot ADD COLUMN side_row bigint NOT NULL DEFAULT 0 CHECK (side_row >= 0);

-- A sealed holdout hides what is about its range, and what was learned in it.
ALTER TABLE side ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_unsealed ON side FOR SELECT TO market_assets_app USING (NOT EXISTS (
    SELECT FROM holdout_seal s
    WHERE (side.ts >= s.from_ts AND side.ts < s.until_ts) OR (side.known_at >= s.from_ts AND side.known_at < s.until_ts)));
CREATE POLICY add_unsealed ON side FOR INSERT TO market_assets_app WITH CHECK (NOT EXISTS (
    SELECT FROM holdout_seal s
    WHERE (side.ts >= s.from_ts AND side.ts < s.until_ts) OR (side.known_at >= s.from_ts AND side.known_at < s.until_ts)));
