-- Batches, and the stages of each, as the lines of the collector's book tell them.

CREATE TABLE batch (
    id         text PRIMARY KEY CHECK (id <> ''),
    chain      text NOT NULL,
    line       text NOT NULL,
    product    text NOT NULL,
    started_at timestamptz NOT NULL,
    started_by text NOT NULL,
    ended_at   timestamptz CHECK (ended_at >= started_at),
    ended_by   text NOT NULL DEFAULT '',
    is_aborted boolean NOT NULL DEFAULT false,
    comment    text NOT NULL DEFAULT '',
    overrides  jsonb NOT NULL,
    reason     text NOT NULL,
    signature  text NOT NULL,
    sha256     text NOT NULL,
    plant      text NOT NULL,
    CHECK ((ended_at IS NULL) = (ended_by = '')),
    CHECK (ended_at IS NOT NULL OR (NOT is_aborted AND comment = ''))
);
-- In names of files, and for people, ids that differ in large and small letters only are the same.
CREATE UNIQUE INDEX batch_named ON batch (lower(id));
CREATE INDEX batch_by_time ON batch (started_at, id);
COMMENT ON TABLE batch IS 'One row per batch, as it last stood; its time begins with the set-up.';
COMMENT ON COLUMN batch.chain IS 'The collector whose book tells of it.';
COMMENT ON COLUMN batch.overrides IS 'What was not ready and was passed over, each as kind:id.';
COMMENT ON COLUMN batch.sha256 IS 'Of the content that was signed to pass over it.';
COMMENT ON COLUMN batch.plant IS 'The sha256 of the plant that was in force as it began.';

CREATE TABLE batch_stage (
    batch    text NOT NULL REFERENCES batch,
    number   int NOT NULL CHECK (number > 0),
    stage    text NOT NULL,
    zones    text[] NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at >= began_at),
    who      text NOT NULL,
    PRIMARY KEY (batch, number)
);
COMMENT ON TABLE batch_stage IS 'The stages of a batch one after the other; the same one in other zones is another row.';
