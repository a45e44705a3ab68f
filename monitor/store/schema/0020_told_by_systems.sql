-- What a LIMS tells of a plate stands under its token, with the person who did it beside: that person is who has read it,
-- takes no further part in checking it, and has had a hand in its batch.

CREATE FUNCTION done_by(step viable_step) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(step.facts ->> 'by', step.who)
$$;
COMMENT ON FUNCTION done_by IS 'Who took a step of a plate: whom the system names that told of it, or who told it.';

CREATE OR REPLACE FUNCTION refuse_own_plate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reading viable_step;
BEGIN
    SELECT * INTO reading FROM viable_step
    WHERE sample = NEW.sample AND state = 'read' ORDER BY number DESC LIMIT 1;
    IF lower(NEW.who) = lower(done_by(reading)) THEN
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

CREATE OR REPLACE FUNCTION hands_in(of_batch text) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
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
        UNION ALL SELECT done_by(step) FROM viable_step AS step JOIN viable_sample AS plate ON plate.number = step.sample
            WHERE plate.batch = of_batch AND step.state <> 'approved'
        UNION ALL SELECT step.who FROM deviation_step AS step JOIN deviation ON deviation.number = step.deviation
            WHERE deviation.batch = of_batch AND step.state = 'assessed'
    ) AS hand;
END
$$;
