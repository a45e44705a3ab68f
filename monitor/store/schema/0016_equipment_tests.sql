-- Tests of equipment: gloves, leaks, filters, VHP loads with their indicators; and which of them another person has confirmed.

CREATE TABLE equipment_test (
    number    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind      text NOT NULL CHECK (kind IN ('glove', 'leak', 'vhp_load', 'ci', 'bi', 'filter')),
    equipment text NOT NULL CHECK (equipment <> ''),
    at        timestamptz NOT NULL,
    outcome   text NOT NULL CHECK (outcome IN ('passed', 'failed', 'pending')),
    value     float8,
    unit      text NOT NULL,
    load      text NOT NULL,
    of        bigint REFERENCES equipment_test,
    batch     text CHECK (batch <> ''),
    cycle_no  bigint CHECK (cycle_no >= 0),
    note      text NOT NULL,
    noted_by  text NOT NULL,
    noted_at  timestamptz NOT NULL,
    CHECK (at <= noted_at),
    CHECK ((kind IN ('ci', 'bi')) = (of IS NOT NULL)),
    CHECK (kind <> 'vhp_load' OR load <> '')
);
CREATE INDEX equipment_test_of ON equipment_test (equipment, at);
CREATE INDEX equipment_test_in_time ON equipment_test (at, number);
CREATE INDEX equipment_test_of_batch ON equipment_test (batch, at);
COMMENT ON TABLE equipment_test IS 'What was found of equipment, all of it; a later result is a row of its own.';
COMMENT ON COLUMN equipment_test.equipment IS 'A device of the plant, or what a person calls it.';
COMMENT ON COLUMN equipment_test.at IS 'When it was done; of an indicator, when it was read.';
COMMENT ON COLUMN equipment_test.load IS 'What lay in a VHP cycle.';
COMMENT ON COLUMN equipment_test.of IS 'The VHP load to which an indicator belongs.';
COMMENT ON COLUMN equipment_test.batch IS 'For which batch it was done, be it still to begin; null: for none in particular.';
COMMENT ON COLUMN equipment_test.cycle_no IS 'The number that the machine gave the cycle.';

CREATE TABLE equipment_test_confirmed (
    number       bigint PRIMARY KEY REFERENCES equipment_test,
    confirmed_by text NOT NULL CHECK (confirmed_by <> ''),
    confirmed_at timestamptz NOT NULL
);
COMMENT ON TABLE equipment_test_confirmed IS 'Which tests count as passed: another person has held them against the papers.';

-- EU GMP Annex 11, 6: what is typed in is checked by a second person.
CREATE FUNCTION refuse_own_test() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM equipment_test WHERE number = NEW.number AND lower(noted_by) = lower(NEW.confirmed_by)) THEN
        RAISE EXCEPTION 'test % refused: nobody confirms an own test', NEW.number
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER by_another BEFORE INSERT ON equipment_test_confirmed FOR EACH ROW EXECUTE FUNCTION refuse_own_test();
ALTER TABLE equipment_test_confirmed ENABLE ALWAYS TRIGGER by_another;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON equipment_test
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE equipment_test ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON equipment_test_confirmed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE equipment_test_confirmed ENABLE ALWAYS TRIGGER append_only;
