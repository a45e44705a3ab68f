-- Changes of the plant: what was proposed, and what became of it, step by step. Nothing here is ever changed.

CREATE TABLE plant_proposal (
    number int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL,
    who    text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    sha256 text NOT NULL,
    base   text NOT NULL,
    files  jsonb NOT NULL
);
COMMENT ON TABLE plant_proposal IS 'A plant that somebody wants in force: all of its files as text, with the profiles and rulesets that they name.';
COMMENT ON COLUMN plant_proposal.sha256 IS 'Of the plant; base: of the one that was in force then, with which it was compared.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON plant_proposal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE plant_proposal ENABLE ALWAYS TRIGGER append_only;

CREATE TABLE plant_step (
    proposal  int NOT NULL REFERENCES plant_proposal,
    state     text NOT NULL CHECK (state IN ('approved', 'rejected', 'withdrawn', 'in_force')),
    at        timestamptz NOT NULL,
    who       text NOT NULL,
    reason    text NOT NULL DEFAULT '',
    signature text NOT NULL DEFAULT '',
    PRIMARY KEY (proposal, state)
);
COMMENT ON TABLE plant_step IS 'What became of a proposal, step by step; the last one counts.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON plant_step
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE plant_step ENABLE ALWAYS TRIGGER append_only;

-- A plant comes into force by a start, or by a line of its own while the collector runs.
CREATE INDEX book_of_plants ON book (at) WHERE kind = 'plant';
CREATE INDEX book_of_occupancy ON book (at) WHERE kind = 'occupancy';
