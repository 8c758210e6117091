-- What Rosud needs in a PostgreSQL database (12 or later). Once, by whoever may make tables:
--   psql -v ON_ERROR_STOP=1 -d rosud -f postgres.sql
-- Run again it changes no data. The host itself needs only SELECT, INSERT, UPDATE and DELETE on these tables, and USAGE of the sequence.

BEGIN;

-- The statements below would take the place of another Orleans app's.
DO $$ BEGIN
    IF to_regclass('orleansquery') IS NOT NULL AND to_regclass('rosud_silos') IS NULL THEN
        RAISE EXCEPTION 'This database has the tables of another Orleans app: give Rosud a database of its own.';
    END IF;
END $$;

-- Records of actors. None is ever deleted, so that no ETag comes back.
CREATE TABLE IF NOT EXISTS rosud_records (
    service text NOT NULL, store text NOT NULL, grain text NOT NULL, name text NOT NULL, etag bigint NOT NULL, content bytea,
    PRIMARY KEY (service, store, grain, name));

-- Silos of a cluster. Every change of a silo's row raises the cluster's version by one, from the version that its author has seen.
CREATE TABLE IF NOT EXISTS rosud_clusters (cluster text PRIMARY KEY, version integer NOT NULL);
CREATE TABLE IF NOT EXISTS rosud_silos (
    cluster text NOT NULL REFERENCES rosud_clusters ON DELETE CASCADE, address text NOT NULL, port integer NOT NULL, generation integer NOT NULL,
    silo text NOT NULL, host text NOT NULL, status integer NOT NULL, gateway integer NOT NULL, suspicions text, started timestamptz NOT NULL, alive timestamptz NOT NULL,
    PRIMARY KEY (cluster, address, port, generation));

-- Reminders. A version is an ETag: it comes from one sequence, so that one that was removed and made again has another.
CREATE SEQUENCE IF NOT EXISTS rosud_reminder_versions AS integer MINVALUE -2147483648 START 1 CYCLE;
CREATE TABLE IF NOT EXISTS rosud_reminders (
    service text NOT NULL, grain text NOT NULL, name text NOT NULL, hash integer NOT NULL, starts timestamptz NOT NULL, period_ms bigint NOT NULL, version integer NOT NULL,
    PRIMARY KEY (service, grain, name));
CREATE INDEX IF NOT EXISTS rosud_reminders_by_hash ON rosud_reminders (service, hash);

-- The statements that Orleans' membership and reminders over ADO.NET read from here; the names of parameters and columns are theirs.
CREATE TABLE IF NOT EXISTS OrleansQuery (QueryKey varchar(64) PRIMARY KEY, QueryText text NOT NULL);
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', '
    WITH made AS (INSERT INTO rosud_clusters (cluster, version) VALUES (@DeploymentId, 0) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT count(*)::integer FROM made'),
('InsertMembershipKey', '
    WITH raised AS (
        UPDATE rosud_clusters SET version = version + 1 WHERE cluster = @DeploymentId AND version = @Version
            AND NOT EXISTS (SELECT 1 FROM rosud_silos WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING cluster),
    made AS (
        INSERT INTO rosud_silos (cluster, address, port, generation, silo, host, status, gateway, started, alive)
        SELECT cluster, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM raised
        RETURNING 1)
    SELECT count(*)::integer FROM made'),
('UpdateMembershipKey', '
    WITH raised AS (
        UPDATE rosud_clusters SET version = version + 1 WHERE cluster = @DeploymentId AND version = @Version
            AND EXISTS (SELECT 1 FROM rosud_silos WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING cluster),
    changed AS (
        UPDATE rosud_silos SET status = @Status, suspicions = @SuspectTimes, alive = @IAmAliveTime FROM raised
        WHERE rosud_silos.cluster = raised.cluster AND address = @Address AND port = @Port AND generation = @Generation
        RETURNING 1)
    SELECT count(*)::integer FROM changed'),
('UpdateIAmAlivetimeKey', '
    UPDATE rosud_silos SET alive = @IAmAliveTime WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation'),
('MembershipReadRowKey', '
    SELECT c.cluster AS DeploymentId, address AS Address, port AS Port, generation AS Generation, silo AS SiloName, host AS HostName, status AS Status,
        gateway AS ProxyPort, suspicions AS SuspectTimes, started AS StartTime, alive AS IAmAliveTime, c.version AS Version
    FROM rosud_clusters c LEFT JOIN rosud_silos s ON s.cluster = c.cluster AND address = @Address AND port = @Port AND generation = @Generation
    WHERE c.cluster = @DeploymentId'),
('MembershipReadAllKey', '
    SELECT c.cluster AS DeploymentId, address AS Address, port AS Port, generation AS Generation, silo AS SiloName, host AS HostName, status AS Status,
        gateway AS ProxyPort, suspicions AS SuspectTimes, started AS StartTime, alive AS IAmAliveTime, c.version AS Version
    FROM rosud_clusters c LEFT JOIN rosud_silos s ON s.cluster = c.cluster
    WHERE c.cluster = @DeploymentId'),
('GatewaysQueryKey', '
    SELECT address AS Address, gateway AS ProxyPort, generation AS Generation FROM rosud_silos WHERE cluster = @DeploymentId AND status = @Status AND gateway > 0'),
('DeleteMembershipTableEntriesKey', '
    DELETE FROM rosud_clusters WHERE cluster = @DeploymentId'),
('CleanupDefunctSiloEntriesKey', '
    DELETE FROM rosud_silos WHERE cluster = @DeploymentId AND alive < @IAmAliveTime AND status <> 3 -- Active'),
('UpsertReminderRowKey', '
    INSERT INTO rosud_reminders (service, grain, name, hash, starts, period_ms, version)
    VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, nextval(''rosud_reminder_versions''))
    ON CONFLICT (service, grain, name) DO UPDATE SET hash = excluded.hash, starts = excluded.starts, period_ms = excluded.period_ms, version = excluded.version
    RETURNING version AS Version'),
('ReadReminderRowKey', '
    SELECT grain AS GrainId, name AS ReminderName, starts AS StartTime, period_ms AS Period, version AS Version FROM rosud_reminders
    WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName'),
('ReadReminderRowsKey', '
    SELECT grain AS GrainId, name AS ReminderName, starts AS StartTime, period_ms AS Period, version AS Version FROM rosud_reminders
    WHERE service = @ServiceId AND grain = @GrainId'),
('ReadRangeRows1Key', '
    SELECT grain AS GrainId, name AS ReminderName, starts AS StartTime, period_ms AS Period, version AS Version FROM rosud_reminders
    WHERE service = @ServiceId AND hash > @BeginHash AND hash <= @EndHash'),
('ReadRangeRows2Key', '
    SELECT grain AS GrainId, name AS ReminderName, starts AS StartTime, period_ms AS Period, version AS Version FROM rosud_reminders
    WHERE service = @ServiceId AND (hash > @BeginHash OR hash <= @EndHash)'),
('DeleteReminderRowKey', '
    WITH gone AS (DELETE FROM rosud_reminders WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version RETURNING 1)
    SELECT count(*)::integer FROM gone'),
('DeleteReminderRowsKey', '
    DELETE FROM rosud_reminders WHERE service = @ServiceId')
ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

COMMIT;
