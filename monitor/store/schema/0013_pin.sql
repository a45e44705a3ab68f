-- A second secret of a person, short enough for a telephone: it signs within a session that is open, and opens none.

ALTER TABLE person ADD COLUMN pin_hash text NOT NULL DEFAULT '';
COMMENT ON COLUMN person.pin_hash IS 'Argon2id of the PIN; empty: the person has none.';
