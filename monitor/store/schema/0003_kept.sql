-- What holds up before an inspector: figures of each minute and hour, digests, seals, and what could not be stored.

-- --- Each minute and hour of a series, reckoned from its rows -------------------------------------------

CREATE TABLE rollup_1m (
    series_id int NOT NULL,
    at        timestamptz NOT NULL,
    n         int NOT NULL,
    n_good    int[] NOT NULL,
    min       float8[] NOT NULL,
    max       float8[] NOT NULL,
    sum       float8[] NOT NULL,
    invalid   jsonb,
    digest    bytea NOT NULL,
    PRIMARY KEY (series_id, at)
);
COMMENT ON TABLE rollup_1m IS 'One closed minute of one series; written again whenever a late row falls into it.';
COMMENT ON COLUMN rollup_1m.n IS 'Rows of that minute.';
COMMENT ON COLUMN rollup_1m.n_good IS 'By place: values that may be used (good or uncertain). min, max and sum are theirs; null where there is none.';
COMMENT ON COLUMN rollup_1m.invalid IS 'Rows in which no value may be used, by the quality of the first: {"6": 12}; null where there is none.';
COMMENT ON COLUMN rollup_1m.digest IS 'SHA-256 over the rows in the order of their times, each in PostgreSQL''s own binary form of the whole row.';

CREATE TABLE rollup_1h (LIKE rollup_1m INCLUDING CONSTRAINTS INCLUDING INDEXES);
ALTER TABLE rollup_1h DROP COLUMN digest;
COMMENT ON TABLE rollup_1h IS 'One closed hour of one series, from its minutes.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable('rollup_1m', by_range('at', INTERVAL '7 days'), create_default_indexes => false);
        PERFORM create_hypertable('rollup_1h', by_range('at', INTERVAL '90 days'), create_default_indexes => false);
    END IF;
END
$$;

CREATE FUNCTION digest_of(one sample) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT record_send(ROW(one.series_id, one.at, one.source_at, one.received_at, one.values, one.quality, one.flags, one.reason))
$$;

-- The sums are taken in the order of time, so that the same rows always give the same bits. The rows are laid out as a
-- matrix and read by column: to sort every single value by place and time takes three times as long.
CREATE FUNCTION minutes_of(which int[], minutes timestamptz[]) RETURNS SETOF rollup_1m LANGUAGE sql STABLE AS $$
    SELECT asked.series_id, asked.at, whole.n, by_place.n_good, by_place.min, by_place.max, by_place.sum, invalid.counted, whole.digest
    FROM unnest(which, minutes) AS asked(series_id, at)
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS n, max(cardinality(s.values)) AS places,
               sha256(string_agg(digest_of(s), ''::bytea ORDER BY s.at)) AS digest
        FROM sample s
        WHERE s.series_id = asked.series_id AND s.at >= asked.at AND s.at < asked.at + INTERVAL '1 minute'
    ) AS whole
    CROSS JOIN LATERAL (
        -- One line for each row, as wide as the widest: a channel may have been added within the minute.
        SELECT array_agg(CASE
            WHEN s.quality IS NULL AND array_dims(s.values) = '[1:' || whole.places || ']' THEN s.values
            ELSE ARRAY(SELECT CASE WHEN s.quality IS NULL OR s.quality[place] IN (0, 1) THEN s.values[place] END
                       FROM generate_series(1, whole.places) AS place)
        END ORDER BY s.at) AS usable
        FROM sample s
        WHERE s.series_id = asked.series_id AND s.at >= asked.at AND s.at < asked.at + INTERVAL '1 minute'
          AND whole.places > 0
    ) AS matrix
    CROSS JOIN LATERAL (
        SELECT array_agg(p.n_good ORDER BY place) AS n_good, array_agg(p.min ORDER BY place) AS min,
               array_agg(p.max ORDER BY place) AS max, array_agg(p.sum ORDER BY place) AS sum
        FROM generate_series(1, whole.places) AS place
        CROSS JOIN LATERAL (
            SELECT count(u.value)::int AS n_good, min(u.value), max(u.value), sum(u.value)
            FROM unnest(matrix.usable[1:whole.n][place:place]) AS u(value)
        ) AS p
    ) AS by_place
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(q.quality, q.n) AS counted
        FROM (
            -- The first channel that was there: one that was retired has no quality any more.
            SELECT (array_remove(s.quality, NULL))[1] AS quality, count(*) AS n
            FROM sample s
            WHERE s.series_id = asked.series_id AND s.at >= asked.at AND s.at < asked.at + INTERVAL '1 minute'
              AND s.quality IS NOT NULL AND NOT s.quality && '{0,1}'::smallint[]
              AND cardinality(array_remove(s.quality, NULL)) > 0
            GROUP BY 1
        ) AS q
    ) AS invalid
    WHERE whole.n > 0
$$;

CREATE FUNCTION roll_up_minutes(which int[], minutes timestamptz[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO rollup_1m SELECT * FROM minutes_of(which, minutes)
    ON CONFLICT (series_id, at) DO UPDATE SET
        n = excluded.n, n_good = excluded.n_good, min = excluded.min, max = excluded.max, sum = excluded.sum,
        invalid = excluded.invalid, digest = excluded.digest
$$;

CREATE FUNCTION hours_of(which int[], hours timestamptz[]) RETURNS SETOF rollup_1h LANGUAGE sql STABLE AS $$
    SELECT asked.series_id, asked.at, whole.n, by_place.n_good, by_place.min, by_place.max, by_place.sum, invalid.counted
    FROM unnest(which, hours) AS asked(series_id, at)
    CROSS JOIN LATERAL (
        SELECT sum(m.n)::int AS n FROM rollup_1m m
        WHERE m.series_id = asked.series_id AND m.at >= asked.at AND m.at < asked.at + INTERVAL '1 hour'
    ) AS whole
    CROSS JOIN LATERAL (
        SELECT array_agg(p.n_good ORDER BY p.place) AS n_good, array_agg(p.min ORDER BY p.place) AS min,
               array_agg(p.max ORDER BY p.place) AS max, array_agg(p.sum ORDER BY p.place) AS sum
        FROM (
            SELECT v.place, sum(v.n_good)::int AS n_good, min(v.min), max(v.max), sum(v.sum ORDER BY m.at)
            FROM rollup_1m m
            CROSS JOIN LATERAL ROWS FROM (unnest(m.n_good), unnest(m.min), unnest(m.max), unnest(m.sum)) WITH ORDINALITY AS v(n_good, min, max, sum, place)
            WHERE m.series_id = asked.series_id AND m.at >= asked.at AND m.at < asked.at + INTERVAL '1 hour'
            GROUP BY v.place
        ) AS p
    ) AS by_place
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(q.key, q.n) AS counted
        FROM (
            SELECT e.key, sum(e.value::int) AS n
            FROM rollup_1m m CROSS JOIN LATERAL jsonb_each_text(m.invalid) AS e
            WHERE m.series_id = asked.series_id AND m.at >= asked.at AND m.at < asked.at + INTERVAL '1 hour'
            GROUP BY e.key
        ) AS q
    ) AS invalid
    WHERE whole.n > 0
$$;

CREATE FUNCTION roll_up_hours(which int[], hours timestamptz[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO rollup_1h SELECT * FROM hours_of(which, hours)
    ON CONFLICT (series_id, at) DO UPDATE SET
        n = excluded.n, n_good = excluded.n_good, min = excluded.min, max = excluded.max, sum = excluded.sum,
        invalid = excluded.invalid
$$;

-- --- How far each collector's journal is stored, and what of it was not -----------------------------------

ALTER TABLE forwarded
    ADD COLUMN entry_crc bigint,
    ADD COLUMN sealed_until timestamptz,
    ADD COLUMN stored bigint NOT NULL DEFAULT 0,
    ADD COLUMN repeated bigint NOT NULL DEFAULT 0,
    ADD COLUMN quarantined bigint NOT NULL DEFAULT 0,
    ADD COLUMN book_seq bigint NOT NULL DEFAULT 0,
    ADD COLUMN book_hash text NOT NULL DEFAULT '';
COMMENT ON COLUMN forwarded.entry_crc IS 'Checksum of that entry: a journal that holds another one there was set back to an older copy.';
COMMENT ON COLUMN forwarded.sealed_until IS 'Every minute of its series before this time is rolled up and sealed.';
COMMENT ON COLUMN forwarded.stored IS 'Samples stored; with those that were there already (repeated), those put aside (quarantined) and those that wait in the journal: all that were received.';
COMMENT ON COLUMN forwarded.book_seq IS 'The last line of its chain in the book, and that line''s hash: a tail that was cut is missed.';
UPDATE forwarded SET book_seq = last.seq, book_hash = last.hash
FROM (SELECT DISTINCT ON (chain) chain, seq, hash FROM book ORDER BY chain, seq DESC) AS last
WHERE last.chain = forwarded.chain;

CREATE TABLE quarantine (
    chain          text NOT NULL,
    seq            bigint NOT NULL,
    at             timestamptz NOT NULL,
    kind           text NOT NULL,
    series         text,
    body           jsonb NOT NULL,
    reason         text NOT NULL,
    quarantined_at timestamptz NOT NULL,
    PRIMARY KEY (chain, seq)
);
COMMENT ON TABLE quarantine IS 'Entries of a journal that the tables refused, whole, each with the reason: put aside, never lost.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON quarantine
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE quarantine ENABLE ALWAYS TRIGGER append_only;

CREATE INDEX book_of_keys ON book (chain, seq) WHERE kind IN ('channels', 'key', 'sealing');
CREATE TABLE signing_key (
    fingerprint text PRIMARY KEY,
    public_key  text NOT NULL,
    chain       text NOT NULL,
    since       timestamptz NOT NULL
);
COMMENT ON TABLE signing_key IS 'Public keys (Ed25519, base64) of the checkpoints in the book; fingerprint: SHA-256 of the key, hexadecimal.';
