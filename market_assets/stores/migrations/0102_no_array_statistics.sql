-- Nobody searches inside these arrays, so statistics about their elements are work for nothing: gathering them kept
-- autovacuum busy on a core for seconds after every run.
ALTER TABLE fit
    ALTER COLUMN rows SET STATISTICS 0,
    ALTER COLUMN raw SET STATISTICS 0,
    ALTER COLUMN calibrated SET STATISTICS 0;

DO $$
DECLARE part regclass;
BEGIN
    FOR part IN SELECT relid FROM pg_partition_tree('feature') LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN "values" SET STATISTICS 0', part);
    END LOOP;
END $$;
