-- People: accounts that are never given to anybody else, what they are trained for, their sessions, tokens, signatures.

-- --- Accounts -----------------------------------------------------------------------------------------------

ALTER TABLE person
    ADD COLUMN display text NOT NULL DEFAULT '',
    ADD COLUMN language text NOT NULL DEFAULT 'zh' CHECK (language IN ('en', 'zh')),
    ADD COLUMN must_change boolean NOT NULL DEFAULT false,
    ADD COLUMN locked_at timestamptz,
    ADD COLUMN totp_secret text NOT NULL DEFAULT '';
COMMENT ON COLUMN person.name IS 'What the records say. Given once: not changed, and not given again after it was disabled.';
COMMENT ON COLUMN person.must_change IS 'The password was given by somebody else, and is good for nothing but choosing another.';
COMMENT ON COLUMN person.locked_at IS 'Too many wrong passwords; whoever keeps the accounts unlocks it.';
-- Li and li would be two persons whom nobody tells apart.
CREATE UNIQUE INDEX person_by_name ON person (lower(name));

CREATE TRIGGER name_is_given_once BEFORE UPDATE OF name, created_at ON person
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER name_is_never_reused BEFORE DELETE OR TRUNCATE ON person
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE person ENABLE ALWAYS TRIGGER name_is_given_once;
ALTER TABLE person ENABLE ALWAYS TRIGGER name_is_never_reused;

CREATE TABLE session (
    token_hash bytea PRIMARY KEY,
    person     text NOT NULL REFERENCES person,
    address    text NOT NULL,
    opened_at  timestamptz NOT NULL,
    used_at    timestamptz NOT NULL,
    ended_at   timestamptz,
    ended_by   text NOT NULL DEFAULT ''
);
CREATE INDEX session_open ON session (opened_at) WHERE ended_at IS NULL;
COMMENT ON TABLE session IS 'Who was signed in, from where, from when to when; of the token only its hash.';
COMMENT ON COLUMN session.used_at IS 'Written now and then, not at every use.';

-- --- Training -----------------------------------------------------------------------------------------------

CREATE TABLE training (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person      text NOT NULL REFERENCES person,
    what        text NOT NULL,
    valid_from  date NOT NULL,
    valid_until date NOT NULL CHECK (valid_until >= valid_from),
    noted_by    text NOT NULL,
    noted_at    timestamptz NOT NULL
);
CREATE INDEX training_of ON training (person, what, number);
COMMENT ON TABLE training IS 'Of each person and subject the last line counts; both days are included.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON training
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE training ENABLE ALWAYS TRIGGER append_only;

-- --- Machines -----------------------------------------------------------------------------------------------

CREATE TABLE token (
    name       text PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,
    deeds      text[] NOT NULL,
    made_by    text NOT NULL REFERENCES person,
    made_at    timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL CHECK (ends_at > made_at),
    revoked_at timestamptz
);
COMMENT ON TABLE token IS 'What a machine shows instead of a password; only its hash is kept, and it always has an end.';

-- --- Signatures ---------------------------------------------------------------------------------------------

-- A signature is a line of the book, so nothing can be changed about it that the chain would not show.
CREATE VIEW signature AS
SELECT body ->> 'id' AS id,
       at,
       who,
       body ->> 'name' AS name,
       body ->> 'role' AS role,
       body ->> 'meaning' AS meaning,
       body ->> 'what' AS what,
       body ->> 'of' AS of,
       body ->> 'version' AS version,
       body ->> 'sha256' AS sha256,
       chain,
       seq
FROM book
WHERE kind = 'signature';
COMMENT ON VIEW signature IS 'Who signed what, when, and what it meant; it holds while its sha256 is that of the content.';
CREATE INDEX book_of_signatures ON book ((body ->> 'what'), (body ->> 'of')) WHERE kind = 'signature';
