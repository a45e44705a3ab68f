-- Until when an instrument's qualification holds, beside the calibration's own last day.

ALTER TABLE calibration ADD COLUMN qualified_until date CHECK (qualified_until > pq_on);
ALTER TABLE calibration ADD CHECK (pq_on IS NOT NULL OR qualified_until IS NULL);
COMMENT ON COLUMN calibration.qualified_until IS 'The last day on which IQ, OQ and PQ hold; null: until something is changed.';
