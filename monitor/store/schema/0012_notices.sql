-- Whom was told of what, by which way, and what became of it; and the way from an occurrence to its lines in the book.

CREATE TABLE notice (
    chain      text NOT NULL,
    key        text NOT NULL,
    at         timestamptz NOT NULL,
    judged_at  timestamptz NOT NULL,
    kind       text NOT NULL,
    person     text NOT NULL,
    way        text NOT NULL,
    step       int NOT NULL,
    alarms     jsonb NOT NULL,
    because    text NOT NULL,
    outcome    text,
    tries      jsonb,
    ended_at   timestamptz,
    detail     text,
    stored_at  timestamptz,
    receipt_at timestamptz,
    receipt_by text,
    PRIMARY KEY (chain, key),
    CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CHECK ((receipt_at IS NULL) = (receipt_by IS NULL))
);
CREATE INDEX notice_by_time ON notice (at, key);
CREATE INDEX notice_of_alarm ON notice USING gin (alarms jsonb_path_ops);
COMMENT ON TABLE notice IS 'One row per notice, as it last stood: what it is stands in the book.';
COMMENT ON COLUMN notice.key IS 'Occurrence, step, person and way: sent again, it is the same.';
COMMENT ON COLUMN notice.at IS 'The time of what it tells of, or at which its step was due.';
COMMENT ON COLUMN notice.judged_at IS 'When that was judged.';
COMMENT ON COLUMN notice.alarms IS 'The occurrences it tells of, [id, when raised], the first one first.';
COMMENT ON COLUMN notice.outcome IS 'Null: it is on its way, or judging has given it up.';
COMMENT ON COLUMN notice.stored_at IS 'When it was known to be on the disk of the collector.';
COMMENT ON COLUMN notice.receipt_at IS 'When a person said that it had come.';

CREATE INDEX book_of_occurrence ON book ((body #>> '{after,id}'), at) WHERE kind = 'transition';
