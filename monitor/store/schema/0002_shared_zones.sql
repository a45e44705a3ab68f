-- A zone belongs to a workshop; to one of its lines only where the lines do not share it.

ALTER TABLE zone ADD COLUMN workshop text REFERENCES workshop;
UPDATE zone SET workshop = line.workshop FROM line WHERE line.id = zone.line;
ALTER TABLE zone ALTER COLUMN workshop SET NOT NULL;
ALTER TABLE zone ALTER COLUMN line DROP NOT NULL;
COMMENT ON COLUMN zone.line IS 'Null where the lines of the workshop share the zone.';
