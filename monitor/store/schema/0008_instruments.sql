-- Instruments: what the register says of each, entry by entry, and which entries a second person has confirmed.

CREATE TABLE calibration (
    number        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instrument    text NOT NULL CHECK (instrument <> ''),
    since         date NOT NULL,
    category      text NOT NULL CHECK (category IN ('A', 'B', 'C')),
    serial        text NOT NULL CHECK (serial <> ''),
    certificate   text NOT NULL CHECK (certificate <> ''),
    calibrated_on date NOT NULL CHECK (calibrated_on <= since),
    due_on        date CHECK (due_on > calibrated_on),
    iq_on         date,
    oq_on         date CHECK (oq_on >= iq_on),
    pq_on         date CHECK (pq_on >= oq_on),
    reason        text NOT NULL CHECK (reason <> ''),
    noted_by      text NOT NULL,
    noted_at      timestamptz NOT NULL,
    CHECK (due_on IS NOT NULL OR category = 'C'),
    CHECK (iq_on IS NOT NULL OR oq_on IS NULL),
    CHECK (oq_on IS NOT NULL OR pq_on IS NULL)
);
CREATE INDEX calibration_of ON calibration (instrument, number);
COMMENT ON TABLE calibration IS 'What is said of an instrument from a day on, all of it; of the confirmed ones the latest counts.';
COMMENT ON COLUMN calibration.instrument IS 'A device, or one channel of it that has a certificate of its own.';
COMMENT ON COLUMN calibration.category IS 'How strictly it is managed, as the site has decided.';
COMMENT ON COLUMN calibration.due_on IS 'The last day on which its readings may be used; null: calibrated once only.';

CREATE TABLE calibration_confirmed (
    number       bigint PRIMARY KEY REFERENCES calibration,
    confirmed_by text NOT NULL,
    confirmed_at timestamptz NOT NULL
);
COMMENT ON TABLE calibration_confirmed IS 'Which entries count: another person has held them against the papers.';

-- PIC/S PE 009 and EU GMP Annex 11, 6: what is typed in is checked by a second person.
CREATE FUNCTION refuse_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM calibration WHERE number = NEW.number AND lower(noted_by) = lower(NEW.confirmed_by)) THEN
        RAISE EXCEPTION 'entry % refused: nobody confirms an own entry', NEW.number
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER by_another BEFORE INSERT ON calibration_confirmed FOR EACH ROW EXECUTE FUNCTION refuse_own();
ALTER TABLE calibration_confirmed ENABLE ALWAYS TRIGGER by_another;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON calibration
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE calibration ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON calibration_confirmed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE calibration_confirmed ENABLE ALWAYS TRIGGER append_only;
