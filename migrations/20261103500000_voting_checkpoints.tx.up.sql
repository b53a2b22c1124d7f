-- What signs the logs of polls, and what was signed. Nothing here is ever
-- changed or removed by the application: it may only be read and added to.

-- The key of a town, made once. sealed is the private key, encrypted under a
-- key that is derived from the program's secret and stays out of the database.
CREATE TABLE voting.signing_keys (
	tenant_id   uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	host        text NOT NULL CHECK (host <> ''),      -- begins the names of the logs, for ever
	public      bytea NOT NULL CHECK (length(public) = 32),
	sealed      bytea NOT NULL,
	created_at  timestamptz NOT NULL DEFAULT core.now(),
	CONSTRAINT one_signing_key_per_town PRIMARY KEY (tenant_id)
);

-- The checkpoints of a poll's log: signed notes, as they were published.
CREATE TABLE voting.checkpoints (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	size       bigint NOT NULL CHECK (size > 0),
	second     bigint NOT NULL,                        -- of the database's own clock
	note       text NOT NULL,
	CONSTRAINT one_checkpoint_per_size PRIMARY KEY (tenant_id, poll_id, size),
	CONSTRAINT one_checkpoint_per_second UNIQUE (tenant_id, poll_id, second),
	CONSTRAINT checkpoint_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id)
);

-- Hashes of the complete subtrees of 256, 65 536 … leaves, so that nobody has
-- to hash a whole log again. They follow from the leaves, and are checked
-- against a root each time they are used.
CREATE TABLE voting.log_hashes (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	level      int NOT NULL CHECK (level BETWEEN 1 AND 7),
	index      bigint NOT NULL CHECK (index >= 0),
	hash       bytea NOT NULL CHECK (length(hash) = 32),
	CONSTRAINT one_hash_per_subtree PRIMARY KEY (tenant_id, poll_id, level, index)
);

SELECT core.protect('voting.signing_keys');
SELECT core.protect('voting.checkpoints');
SELECT core.protect('voting.log_hashes');

GRANT SELECT, INSERT ON voting.signing_keys, voting.checkpoints, voting.log_hashes TO parvis_app;
