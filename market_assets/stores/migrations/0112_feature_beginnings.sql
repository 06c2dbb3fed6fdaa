-- Every chunk names all rows up to its last, and so does its key: a new block takes a stored beginning over by one chunk.
CREATE INDEX ON feature_block (family, symbol, recorded_at DESC);

ALTER TABLE feature_chunk ADD COLUMN until_rows bigint, ADD COLUMN until_hash sha256;
WITH RECURSIVE link AS (
    SELECT DISTINCT b.chunks[place - 1] AS previous, b.chunks[place] AS chunk
    FROM feature_block b CROSS JOIN generate_subscripts(b.chunks, 1) AS place
), chain AS (
    SELECT c.chunk, c.rows AS until_rows, encode(pg_catalog.sha256(c.content_hash::text::bytea), 'hex') AS until_hash
    FROM link JOIN feature_chunk c USING (chunk) WHERE link.previous IS NULL
    UNION ALL
    SELECT c.chunk, chain.until_rows + c.rows,
        encode(pg_catalog.sha256((chain.until_hash || c.content_hash)::text::bytea), 'hex')
    FROM chain JOIN link ON link.previous = chain.chunk JOIN feature_chunk c ON c.chunk = link.chunk
)
UPDATE feature_chunk c SET until_rows = chain.until_rows, until_hash = chain.until_hash
FROM chain WHERE chain.chunk = c.chunk;

-- what no block holds would be swept, and has no beginning
DELETE FROM feature_row r USING feature_chunk c WHERE r.chunk = c.chunk AND c.until_hash IS NULL;
DELETE FROM feature_chunk WHERE until_hash IS NULL;
ALTER TABLE feature_chunk ALTER COLUMN until_rows SET NOT NULL, ALTER COLUMN until_hash SET NOT NULL;

UPDATE feature_block b SET content_hash = c.until_hash
FROM feature_chunk c WHERE c.chunk = b.chunks[cardinality(b.chunks)];
