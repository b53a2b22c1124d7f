-- Lists of voters, imported for one poll. What was in the file is not kept: of
-- each line there is a hash, salted with the poll's own secret, which backups
-- leave out and the custodian destroys; then nobody can ask it anything.

CREATE TABLE voting.lists (
	tenant_id    uuid NOT NULL,
	poll_id      uuid NOT NULL,
	kind         text NOT NULL CHECK (kind IN ('mail', 'civil')),
	entries      bigint NOT NULL CHECK (entries >= 0),
	sha256       bytea NOT NULL CHECK (length(sha256) = 32),   -- of the hashes, in order: what the rules commit to
	imported_at  timestamptz NOT NULL,
	CONSTRAINT one_list_per_poll PRIMARY KEY (tenant_id, poll_id),
	CONSTRAINT list_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE voting.list_entries (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	hash       bytea NOT NULL CHECK (length(hash) = 32),
	CONSTRAINT one_entry_per_voter PRIMARY KEY (tenant_id, poll_id, hash),
	CONSTRAINT entry_is_of_a_list FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.lists (tenant_id, poll_id) ON DELETE CASCADE
);

-- From the opening on nobody is taken off a list, whatever the program believes.
CREATE FUNCTION voting.refuse_shorter_list() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM voting.polls p WHERE p.tenant_id = OLD.tenant_id AND p.id = OLD.poll_id AND p.opened_at IS NOT NULL) THEN
		RAISE EXCEPTION 'the poll has opened' USING ERRCODE = 'check_violation', CONSTRAINT = 'a_list_only_grows';
	END IF;
	RETURN OLD;
END
$$;
CREATE TRIGGER a_list_only_grows BEFORE DELETE OR UPDATE ON voting.list_entries
    FOR EACH ROW EXECUTE FUNCTION voting.refuse_shorter_list();

SELECT core.protect('voting.lists');
SELECT core.protect('voting.list_entries');
GRANT SELECT, INSERT, UPDATE (entries, sha256, imported_at), DELETE ON voting.lists TO parvis_app;
GRANT SELECT, INSERT, DELETE ON voting.list_entries TO parvis_app;
GRANT SELECT (tenant_id, poll_id, entries) ON voting.lists TO parvis_custodian; -- to read a poll
