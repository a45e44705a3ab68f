-- Viable monitoring: every plate that is to be taken, as the plan of its day lays it down, and every step of its life.

CREATE TABLE viable_sample (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text NOT NULL UNIQUE GENERATED ALWAYS AS (
        'V' || lpad(number::text, greatest(6, length(number::text)), '0') || '-'
        || lpad((98 - number * 100 % 97)::text, 2, '0')
    ) STORED,
    position   text NOT NULL CHECK (position <> ''),
    place      int NOT NULL CHECK (place > 0),
    zone       text NOT NULL CHECK (zone <> ''),
    grade      text NOT NULL CHECK (grade IN ('A', 'B', 'C', 'D', 'CNC')),
    kind       text NOT NULL CHECK (kind IN ('active_air', 'settle', 'contact', 'glove')),
    batch      text CHECK (batch <> ''),
    stage      text CHECK (stage <> ''),
    occasion   text NOT NULL CHECK (occasion <> ''),
    turn       int NOT NULL CHECK (turn > 0),
    planned_at timestamptz NOT NULL,
    planned_by text NOT NULL,
    plan       jsonb NOT NULL,
    UNIQUE (occasion, position, place, turn)
);
CREATE INDEX viable_sample_of_batch ON viable_sample (batch, number);
CREATE INDEX viable_sample_of_zone ON viable_sample (zone, planned_at);
COMMENT ON TABLE viable_sample IS 'One plate each, from the moment on which it was planned.';
COMMENT ON COLUMN viable_sample.code IS 'What stands on its label: the number, and the two check digits of ISO 7064 MOD 97-10.';
COMMENT ON COLUMN viable_sample.place IS 'Which of the plates that are taken at this position on one occasion.';
COMMENT ON COLUMN viable_sample.occasion IS 'A batch, a stage of it, a shift, a day or a week: once on each.';
COMMENT ON COLUMN viable_sample.turn IS 'Plates that take turns at one place: a settle plate is changed after four hours at most.';
COMMENT ON COLUMN viable_sample.plan IS 'What the plan and the rulesets laid down for it on that day; later changes of the plant do not touch it.';

CREATE TABLE viable_step (
    sample    bigint NOT NULL REFERENCES viable_sample,
    number    int NOT NULL CHECK (number > 0),
    state     text NOT NULL CHECK (state IN ('exposed', 'collected', 'incubating', 'read', 'verified', 'approved',
                                             'quarantined', 'returned', 'rejected')),
    at        timestamptz NOT NULL,
    who       text NOT NULL CHECK (who <> ''),
    facts     jsonb NOT NULL,
    reason    text NOT NULL,
    signature text NOT NULL,
    sha256    text NOT NULL,
    PRIMARY KEY (sample, number)
);
COMMENT ON TABLE viable_step IS 'What was done with a plate, step by step; a correction is another reading, and what was verified before it counts no longer.';
COMMENT ON COLUMN viable_step.signature IS 'Id of the signature, and sha256 of what was signed; both empty where none is asked for.';

-- EU GMP Annex 11, 6: what is typed in is checked by a second person; who approves is a third. What was read is not
-- thrown away by the one who read it.
CREATE FUNCTION refuse_own_plate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reading viable_step;
BEGIN
    SELECT * INTO reading FROM viable_step
    WHERE sample = NEW.sample AND state = 'read' ORDER BY number DESC LIMIT 1;
    IF lower(NEW.who) = lower(reading.who) THEN
        RAISE EXCEPTION 'step % of plate % refused: % read it', NEW.state, NEW.sample, NEW.who
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state = 'approved' AND NOT EXISTS (
        SELECT FROM viable_step
        WHERE sample = NEW.sample AND state = 'verified' AND number > reading.number AND lower(who) <> lower(NEW.who)
    ) THEN
        RAISE EXCEPTION 'step approved of plate % refused: nobody but % verified it', NEW.sample, NEW.who
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER by_another BEFORE INSERT ON viable_step FOR EACH ROW
    WHEN (NEW.state IN ('verified', 'approved', 'rejected')) EXECUTE FUNCTION refuse_own_plate();
ALTER TABLE viable_step ENABLE ALWAYS TRIGGER by_another;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON viable_sample
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE viable_sample ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON viable_step
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE viable_step ENABLE ALWAYS TRIGGER append_only;
