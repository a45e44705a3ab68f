-- The first tables. Times are timestamptz (UTC inside); a label is kept in both languages.

-- --- The plant, as last registered ------------------------------------------------------------------

CREATE TABLE plant_version (
    sha256     text PRIMARY KEY,
    first_seen timestamptz NOT NULL,
    body       jsonb NOT NULL
);
COMMENT ON TABLE plant_version IS 'Every configuration that was ever in force, whole, as loaded.';

CREATE TABLE workshop (
    id       text PRIMARY KEY,
    label_en text NOT NULL,
    label_zh text NOT NULL
);

CREATE TABLE line (
    id       text PRIMARY KEY,
    workshop text NOT NULL REFERENCES workshop,
    mode     text NOT NULL,
    product  text NOT NULL,
    tower    text NOT NULL,
    label_en text NOT NULL,
    label_zh text NOT NULL
);

CREATE TABLE zone (
    id       text PRIMARY KEY,
    line     text NOT NULL REFERENCES line,
    grade    text NOT NULL,
    label_en text NOT NULL,
    label_zh text NOT NULL
);

CREATE TABLE device (
    id       text PRIMARY KEY,
    zone     text NOT NULL REFERENCES zone,
    profile  text NOT NULL,
    period_s float8 NOT NULL,
    label_en text NOT NULL,
    label_zh text NOT NULL
);

CREATE TABLE series (
    id      int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name    text NOT NULL UNIQUE,
    device  text NOT NULL REFERENCES device,
    records boolean NOT NULL
);
COMMENT ON TABLE series IS 'One device''s row of channels; a particle counter has a second one for its records.';

CREATE TABLE channel (
    id        text PRIMARY KEY,
    series_id int NOT NULL REFERENCES series,
    place     int NOT NULL CHECK (place >= 0),
    key       text NOT NULL,
    zone      text NOT NULL REFERENCES zone,
    unit      text NOT NULL,
    kind      text NOT NULL,
    label_en  text NOT NULL,
    label_zh  text NOT NULL,
    UNIQUE (series_id, place)
);
COMMENT ON COLUMN channel.place IS 'Where its value stands in sample.values, from 0; given once, never reused.';

-- --- What was measured --------------------------------------------------------------------------------

CREATE TABLE sample (
    series_id   int NOT NULL,
    at          timestamptz NOT NULL,
    source_at   timestamptz,
    received_at timestamptz NOT NULL,
    values      float8[] NOT NULL,
    quality     smallint[],
    flags       smallint NOT NULL DEFAULT 0,
    reason      text,
    PRIMARY KEY (series_id, at)
);
COMMENT ON COLUMN sample.at IS 'The tick this poll belongs to, or the record''s own time.';
COMMENT ON COLUMN sample.values IS 'One per channel, by place; null where there is no value.';
COMMENT ON COLUMN sample.quality IS
    'One per channel, by place; null: all Good. 0 good, 1 uncertain, 2 stale, 3 unavailable, 4 sensor fault, '
    '5 configuration, 6 unreachable, 7 nonsense, 8 skipped, 9 collector down, 10 simulated.';
COMMENT ON COLUMN sample.flags IS 'Bit 0: backfilled.';

-- No index on the time alone: it costs more than a third of the ingest, and every question names a series.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable('sample', by_range('at', INTERVAL '1 day'), create_default_indexes => false);
    END IF;
END
$$;

CREATE VIEW reading AS
SELECT s.at,
       c.id AS channel,
       r.device,
       c.zone,
       s.values[c.place + 1] AS value,
       CASE WHEN s.quality IS NULL THEN 0 ELSE s.quality[c.place + 1] END AS quality,
       c.unit
FROM sample s
JOIN series r ON r.id = s.series_id
JOIN channel c ON c.series_id = s.series_id
-- Not the times before a channel was added, nor those after it was retired.
WHERE c.place < cardinality(s.values)
  AND (s.quality IS NULL OR s.quality[c.place + 1] IS NOT NULL);
COMMENT ON VIEW reading IS 'One row per channel and time.';

-- --- What was judged, and the book ------------------------------------------------------------------------

CREATE TABLE alarm (
    id              text NOT NULL,
    raised_at       timestamptz NOT NULL,
    level           text NOT NULL,
    active          boolean NOT NULL,
    acknowledged    boolean NOT NULL,
    changed_at      timestamptz NOT NULL,
    worst           float8,
    detail          text NOT NULL,
    acknowledged_by text NOT NULL,
    PRIMARY KEY (id, raised_at)
);
CREATE INDEX alarm_by_time ON alarm (raised_at);
COMMENT ON TABLE alarm IS 'One row per occurrence, as it last stood.';

CREATE TABLE book (
    chain     text NOT NULL,
    seq       bigint NOT NULL CHECK (seq > 0),
    at        timestamptz NOT NULL,
    kind      text NOT NULL,
    who       text NOT NULL,
    body      jsonb NOT NULL,
    prev_hash text NOT NULL,
    hash      text NOT NULL,
    PRIMARY KEY (chain, seq)
);
COMMENT ON TABLE book IS 'Append-only; each hash covers the row and the hash before it.';

CREATE TABLE forwarded (
    chain text PRIMARY KEY,
    seq   bigint NOT NULL
);
COMMENT ON TABLE forwarded IS 'Up to where each collector''s journal is stored here.';

CREATE TABLE person (
    name          text PRIMARY KEY,
    password_hash text NOT NULL,
    role          text NOT NULL,
    created_at    timestamptz NOT NULL,
    disabled_at   timestamptz
);

-- --- What may never change -------------------------------------------------------------------------------

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: it is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Per statement, so that it holds even where no row matches; always, so that session_replication_role does not lift it.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON book
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE book ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER place_is_given_once BEFORE UPDATE OF id, series_id, place ON channel
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER place_is_never_reused BEFORE DELETE OR TRUNCATE ON channel
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
