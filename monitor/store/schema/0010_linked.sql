-- Who a person is at the site's own sign-in: what an administrator has said, one account for one subject of an issuer.

ALTER TABLE person
    ADD COLUMN oidc_issuer text NOT NULL DEFAULT '',
    ADD COLUMN oidc_subject text NOT NULL DEFAULT '',
    ADD CONSTRAINT linked_whole CHECK ((oidc_issuer = '') = (oidc_subject = ''));
COMMENT ON COLUMN person.oidc_subject IS 'What that issuer calls this person, for ever; empty: signs in by password only.';
CREATE UNIQUE INDEX person_by_subject ON person (oidc_issuer, oidc_subject) WHERE oidc_subject <> '';
