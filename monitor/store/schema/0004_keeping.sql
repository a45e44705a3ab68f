-- How long samples are kept, in which pieces, and how they go. Only what these functions allow can ever be forgotten.

-- --- How long ---------------------------------------------------------------------------------------------

CREATE TABLE retention (
    number       int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    who          text NOT NULL DEFAULT session_user,
    minimum_days int NOT NULL CHECK (minimum_days >= 1827),
    keep_days    int CHECK (keep_days >= minimum_days),
    reason       text NOT NULL CHECK (reason <> '')
);
COMMENT ON TABLE retention IS 'Each decision on how long samples are kept; the last one counts. Only the owner of the tables decides.';
COMMENT ON COLUMN retention.minimum_days IS 'Nothing younger may be forgotten, by whomever; never less than before, nor than five years.';
COMMENT ON COLUMN retention.keep_days IS 'What is older is forgotten by the service; null: nothing is.';
INSERT INTO retention (who, minimum_days, reason) VALUES ('gradewatch', 1827,
    'A starting value. The site decides by its products and its law; compare EU GMP Part I, Chapter 4, 4.11 and 4.12.');

CREATE FUNCTION refuse_lower() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.minimum_days < (SELECT max(minimum_days) FROM retention) THEN
        RAISE EXCEPTION 'retention of % days refused: the minimum can only be raised', NEW.minimum_days
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER only_raised BEFORE INSERT ON retention FOR EACH ROW EXECUTE FUNCTION refuse_lower();
ALTER TABLE retention ENABLE ALWAYS TRIGGER only_raised;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON retention
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE retention ENABLE ALWAYS TRIGGER append_only;

CREATE TABLE forgotten (
    before timestamptz PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE forgotten IS 'Samples before each of these times were forgotten in good order; their figures and seals stay.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON forgotten
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE forgotten ENABLE ALWAYS TRIGGER append_only;

-- --- In which pieces --------------------------------------------------------------------------------------

-- Not merely whether the extension is there: a table that was filled before it came is none of its own.
CREATE FUNCTION samples_in_chunks() RETURNS boolean LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        RETURN false;
    END IF;
    RETURN EXISTS (SELECT FROM timescaledb_information.hypertables
                   WHERE (hypertable_schema, hypertable_name) = ('public', 'sample'));
END
$$;

CREATE FUNCTION fit_chunks() RETURNS interval LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    readings_per_s float8 := (
        SELECT sum(1 / device.period_s)
        FROM channel JOIN series ON series.id = channel.series_id JOIN device ON device.id = series.device
        WHERE NOT series.records);
    -- The chunk that is written should stay in memory: some 2 GB a day at 2,000 readings a second and 11 bytes each.
    fitting interval := CASE WHEN readings_per_s > 20000 THEN INTERVAL '1 hour'
                             WHEN readings_per_s > 2000 THEN INTERVAL '6 hours'
                             ELSE INTERVAL '1 day' END;
BEGIN
    IF NOT samples_in_chunks() THEN
        RETURN NULL;
    END IF;
    IF fitting <> (SELECT time_interval FROM timescaledb_information.dimensions
                   WHERE (hypertable_schema, hypertable_name) = ('public', 'sample')) THEN
        PERFORM set_chunk_time_interval('public.sample', fitting);
    END IF;
    RETURN fitting;
END
$$;
COMMENT ON FUNCTION fit_chunks IS 'How long the next chunks are, by the rate of all that is registered; null: there are none.';

CREATE FUNCTION keep_in_columns() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT samples_in_chunks() OR current_setting('timescaledb.license') <> 'timescale' THEN
        RETURN false;
    END IF;
    -- Only once: what the site changes about it later stays as it is.
    IF NOT (SELECT compression_enabled FROM timescaledb_information.hypertables
            WHERE (hypertable_schema, hypertable_name) = ('public', 'sample')) THEN
        ALTER TABLE public.sample SET (
            timescaledb.compress, timescaledb.compress_segmentby = 'series_id', timescaledb.compress_orderby = 'at');
        -- Behind the time for which a counter or a journal may still hand over what is late.
        PERFORM add_compression_policy('public.sample', INTERVAL '45 days');
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION keep_in_columns IS 'Whether old chunks are kept by column: only where the edition can.';

-- --- How they go --------------------------------------------------------------------------------------------

-- By the clock and by what was measured: a clock that stands in the future must not make everything old.
CREATE FUNCTION measured_until() RETURNS timestamptz LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT least(now(), max(last.at))
    FROM series CROSS JOIN LATERAL (SELECT at FROM sample WHERE series_id = series.id ORDER BY at DESC LIMIT 1) AS last
$$;

CREATE FUNCTION kept_from() RETURNS timestamptz LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT measured_until() - make_interval(days => keep_days) FROM retention ORDER BY number DESC LIMIT 1
$$;
COMMENT ON FUNCTION kept_from IS 'What is older may be forgotten, as the site has decided; null: nothing may.';

CREATE FUNCTION forget_samples(older_than timestamptz) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    minimum int := (SELECT max(minimum_days) FROM retention);
    until timestamptz;
BEGIN
    IF older_than > measured_until() - make_interval(days => minimum) THEN
        RAISE EXCEPTION 'samples before % cannot be forgotten: % days are kept at least', older_than, minimum
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF samples_in_chunks() THEN
        until := (SELECT max(range_end) FROM timescaledb_information.chunks
                  WHERE (hypertable_schema, hypertable_name) = ('public', 'sample') AND range_end <= older_than);
        PERFORM drop_chunks('public.sample', older_than => until) WHERE until IS NOT NULL;
    ELSE
        until := date_trunc('day', older_than, 'UTC');
        DELETE FROM sample WHERE series_id IN (SELECT id FROM series) AND at < until;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO forgotten (before) SELECT until WHERE until IS NOT NULL;
    RETURN until;
END
$$;
COMMENT ON FUNCTION forget_samples IS 'Forgets whole chunks (days) before a time; returns the time before which nothing is left, null if nothing went.';

-- A function may be run by anybody unless that is taken back.
REVOKE EXECUTE ON FUNCTION fit_chunks, keep_in_columns, forget_samples FROM PUBLIC;

-- --- Samples that are older than the figures ----------------------------------------------------------------

CREATE TABLE to_roll_up (
    series_id int PRIMARY KEY,
    since     timestamptz NOT NULL,
    until     timestamptz NOT NULL
);
COMMENT ON TABLE to_roll_up IS 'Rows that were stored before figures were kept, and have none yet; gradewatch migrate works it off.';
-- Not the last minute nor its hour: they may go on, and are closed by who writes next.
INSERT INTO to_roll_up
SELECT series.id, date_trunc('hour', first.at, 'UTC'), date_trunc('minute', last.at)
FROM series
CROSS JOIN LATERAL (SELECT at FROM sample WHERE series_id = series.id ORDER BY at LIMIT 1) AS first
CROSS JOIN LATERAL (SELECT at FROM sample WHERE series_id = series.id ORDER BY at DESC LIMIT 1) AS last;
