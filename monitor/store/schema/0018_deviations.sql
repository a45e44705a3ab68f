-- Deviations, the levels of review of a batch, and its release: each signed, each by another person, nothing ever changed.

CREATE TABLE deviation (
    number    text PRIMARY KEY CHECK (number ~ '^DEV-[0-9]{4}-[0-9]{4,}$'),
    batch     text CHECK (batch <> ''),
    title     text NOT NULL CHECK (title <> ''),
    about     jsonb NOT NULL CHECK (jsonb_typeof(about) = 'array'),
    opened_by text NOT NULL,
    opened_at timestamptz NOT NULL,
    signature text NOT NULL CHECK (signature <> ''),
    sha256    text NOT NULL CHECK (sha256 <> '')
);
CREATE INDEX deviation_of_batch ON deviation (batch) WHERE batch IS NOT NULL;
CREATE INDEX deviation_by_time ON deviation (opened_at);
COMMENT ON TABLE deviation IS 'What went otherwise than it should, with a number that is given once.';
COMMENT ON COLUMN deviation.batch IS 'Which one it concerns; null: none. No reference: a batch comes here when the collector''s journal does.';
COMMENT ON COLUMN deviation.about IS 'What it covers: [{kind, id, at}], as the batch''s dossier calls it.';
COMMENT ON COLUMN deviation.sha256 IS 'Of the content that was signed when it was opened.';

CREATE TABLE deviation_step (
    deviation text NOT NULL REFERENCES deviation,
    number    int NOT NULL CHECK (number > 0),
    state     text NOT NULL CHECK (state IN ('assessed', 'closed', 'reopened')),
    at        timestamptz NOT NULL,
    who       text NOT NULL,
    class     text CHECK (class IN ('minor', 'major', 'critical')),
    cause     text NOT NULL DEFAULT '',
    impact    text NOT NULL DEFAULT '',
    action    text NOT NULL DEFAULT '',
    comment   text NOT NULL DEFAULT '',
    signature text NOT NULL CHECK (signature <> ''),
    sha256    text NOT NULL CHECK (sha256 <> ''),
    PRIMARY KEY (deviation, number),
    CHECK ((state = 'assessed') = (class IS NOT NULL)),
    CHECK (state <> 'assessed' OR (cause <> '' AND impact <> '' AND action <> '')),
    CHECK (state <> 'reopened' OR comment <> '')
);
COMMENT ON TABLE deviation_step IS 'What became of a deviation, step by step; the last one counts.';
COMMENT ON COLUMN deviation_step.class IS 'How grave it is, as it was assessed; what led to it, what it did to the batch, and what is done about it.';

CREATE TABLE batch_review (
    batch     text NOT NULL CHECK (batch <> ''),
    number    int NOT NULL CHECK (number > 0),
    level     int NOT NULL CHECK (level > 0),
    at        timestamptz NOT NULL,
    who       text NOT NULL,
    comment   text NOT NULL DEFAULT '',
    signature text NOT NULL CHECK (signature <> ''),
    sha256    text NOT NULL CHECK (sha256 <> ''),
    PRIMARY KEY (batch, number),
    UNIQUE (batch, sha256, level)
);
-- As many persons as levels, however each writes the name.
CREATE UNIQUE INDEX batch_review_by ON batch_review (batch, sha256, lower(who));
COMMENT ON TABLE batch_review IS 'One level of the review of a batch, by one person; it counts while the sha256 is that of the dossier''s content.';

CREATE TABLE batch_release (
    batch     text NOT NULL CHECK (batch <> ''),
    number    int NOT NULL CHECK (number > 0),
    outcome   text NOT NULL CHECK (outcome IN ('released', 'rejected')),
    at        timestamptz NOT NULL,
    who       text NOT NULL,
    comment   text NOT NULL DEFAULT '',
    signature text NOT NULL CHECK (signature <> ''),
    sha256    text NOT NULL CHECK (sha256 <> ''),
    PRIMARY KEY (batch, number),
    CHECK (outcome = 'released' OR comment <> '')
);
COMMENT ON TABLE batch_release IS 'What was decided about the environmental part of a batch; a decision for another content than today''s is void.';

-- EU GMP Annex 11, 6 and 9; NMPA 2020 no. 74: whoever did it neither checks nor approves it.
CREATE FUNCTION refuse_own_deviation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'closed' AND EXISTS (
        SELECT FROM deviation WHERE number = NEW.deviation AND lower(opened_by) = lower(NEW.who)
        UNION ALL
        SELECT FROM deviation_step
        WHERE deviation = NEW.deviation AND state = 'assessed' AND lower(who) = lower(NEW.who)
    ) THEN
        RAISE EXCEPTION '% refused: nobody closes what was opened or assessed by the same person', NEW.deviation
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER by_another BEFORE INSERT ON deviation_step FOR EACH ROW EXECUTE FUNCTION refuse_own_deviation();
ALTER TABLE deviation_step ENABLE ALWAYS TRIGGER by_another;

-- By name, in small letters; what people do about alarms stands in the book only, and the service adds it.
CREATE FUNCTION hands_in(of_batch text) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT DISTINCT lower(hand.who) FROM (
        SELECT started_by AS who FROM batch WHERE id = of_batch
        UNION ALL SELECT ended_by FROM batch WHERE id = of_batch AND ended_by <> ''
        UNION ALL SELECT book.who FROM batch JOIN book ON kind = 'signature' AND body ->> 'id' = batch.signature
            WHERE batch.id = of_batch AND batch.signature <> ''
        UNION ALL SELECT stage.who FROM batch_stage AS stage WHERE stage.batch = of_batch
        UNION ALL SELECT noted_by FROM equipment_test WHERE equipment_test.batch = of_batch
        UNION ALL SELECT confirmed_by FROM equipment_test JOIN equipment_test_confirmed USING (number)
            WHERE equipment_test.batch = of_batch
        UNION ALL SELECT step.who FROM viable_step AS step JOIN viable_sample AS plate ON plate.number = step.sample
            WHERE plate.batch = of_batch AND step.state <> 'approved'
        UNION ALL SELECT step.who FROM deviation_step AS step JOIN deviation ON deviation.number = step.deviation
            WHERE deviation.batch = of_batch AND step.state = 'assessed'
    ) AS hand;
END
$$;
COMMENT ON FUNCTION hands_in IS 'Who began, advanced or ended a batch, let it begin, tested for it, took or read a plate of it, or assessed a deviation.';

CREATE FUNCTION refuse_own_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF lower(NEW.who) IN (SELECT hands_in(NEW.batch)) THEN
        RAISE EXCEPTION 'batch % refused: % has had a hand in it', NEW.batch, NEW.who
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER by_another BEFORE INSERT ON batch_review FOR EACH ROW EXECUTE FUNCTION refuse_own_batch();
ALTER TABLE batch_review ENABLE ALWAYS TRIGGER by_another;
CREATE TRIGGER by_another BEFORE INSERT ON batch_release FOR EACH ROW EXECUTE FUNCTION refuse_own_batch();
ALTER TABLE batch_release ENABLE ALWAYS TRIGGER by_another;

-- Four eyes at least, whatever the levels.
CREATE FUNCTION refuse_unreviewed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.outcome = 'released' AND NOT EXISTS (
        SELECT FROM batch_review
        WHERE batch = NEW.batch AND sha256 = NEW.sha256 AND lower(who) <> lower(NEW.who)
    ) THEN
        RAISE EXCEPTION 'batch % refused: nobody but % has reviewed it', NEW.batch, NEW.who
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER by_two BEFORE INSERT ON batch_release FOR EACH ROW EXECUTE FUNCTION refuse_unreviewed();
ALTER TABLE batch_release ENABLE ALWAYS TRIGGER by_two;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deviation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE deviation ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deviation_step
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE deviation_step ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON batch_review
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE batch_review ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON batch_release
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE batch_release ENABLE ALWAYS TRIGGER append_only;

CREATE INDEX book_of_reopened ON book ((body ->> 'what'), at) WHERE kind = 'batch_reopened';
