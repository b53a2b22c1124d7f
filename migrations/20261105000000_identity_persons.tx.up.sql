-- People, whatever their accounts. Whoever shows who they are, with one account
-- or two, today or after having erased one, is one row here, and so one voter.

-- hash is keyed with the program's secret: what was read on the proof of
-- identity (birth name, first name, day of birth) is not kept. It may be
-- corrected; the id, which makes the voter's keys, stays.
CREATE TABLE core.persons (
    tenant_id  uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id         uuid NOT NULL,
    hash       bytea NOT NULL CHECK (length(hash) = 32),
    left_at    timestamptz,                                 -- since when no account is theirs; retention counts from here
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT one_person_per_identity UNIQUE (tenant_id, hash)
);
SELECT core.protect('core.persons');
GRANT SELECT, INSERT, UPDATE (hash, left_at), DELETE ON core.persons TO parvis_app;

ALTER TABLE core.citizens ADD COLUMN person_id uuid,
    ADD CONSTRAINT account_is_of_a_person FOREIGN KEY (tenant_id, person_id) REFERENCES core.persons (tenant_id, id);
CREATE INDEX citizens_by_person ON core.citizens (tenant_id, person_id) WHERE person_id IS NOT NULL;

-- Of the accounts proven before, nobody knows what was read: each is a person
-- of its own, until its identity is recorded anew.
ALTER TABLE core.citizens NO FORCE ROW LEVEL SECURITY;
ALTER TABLE core.persons NO FORCE ROW LEVEL SECURITY;
INSERT INTO core.persons (tenant_id, id, hash)
    SELECT tenant_id, id, sha256(gen_random_uuid()::text::bytea) FROM core.citizens WHERE person_proof > 1;
UPDATE core.citizens SET person_id = id WHERE person_proof > 1;
ALTER TABLE core.citizens FORCE ROW LEVEL SECURITY;
ALTER TABLE core.persons FORCE ROW LEVEL SECURITY;

ALTER TABLE core.citizens
    ADD CONSTRAINT a_proven_person_is_somebody CHECK (person_proof < 2 OR person_id IS NOT NULL),
    ADD CONSTRAINT an_erased_account_is_nobody CHECK (erased_at IS NULL OR person_id IS NULL);
