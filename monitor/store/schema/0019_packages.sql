-- Packages: who made which file of a batch, when, and what that file was.

CREATE TABLE package (
    number  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch   text NOT NULL CHECK (batch <> ''),
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    sha256  text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes   bigint NOT NULL CHECK (bytes > 0)
);
CREATE INDEX package_of_batch ON package (batch, number);
COMMENT ON TABLE package IS 'Every package that left: of which batch, by whom, and the hash of the whole file.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON package
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE package ENABLE ALWAYS TRIGGER append_only;
