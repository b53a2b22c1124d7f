-- Ballots filled in by people who have yet to prove that they may vote. They
-- are not in the box: no count, no log, no export knows of them. What they say
-- is sealed with a key that follows from the poll's secret, and goes as soon as
-- they are cast or expire.

CREATE TABLE voting.waiting_ballots (
	tenant_id   uuid NOT NULL,
	poll_id     uuid NOT NULL,
	citizen_id  uuid NOT NULL,
	nonce       bytea NOT NULL CHECK (length(nonce) = 16),  -- of the ballot it becomes
	sealed      bytea,
	filed_at    timestamptz NOT NULL,
	reminded    smallint NOT NULL DEFAULT 0 CHECK (reminded BETWEEN 0 AND 2),
	ended       text CHECK (ended IN ('cast', 'expired', 'voted')),
	ended_at    timestamptz,
	reasons     jsonb NOT NULL DEFAULT '[]',                -- what was still missing when it expired
	told        boolean NOT NULL DEFAULT false,             -- of how it ended
	CONSTRAINT one_waiting_ballot_per_account PRIMARY KEY (tenant_id, poll_id, citizen_id),
	CONSTRAINT waiting_ballot_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT waiting_ballot_is_of_a_citizen FOREIGN KEY (tenant_id, citizen_id) REFERENCES core.citizens (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT what_has_ended_says_nothing CHECK ((ended IS NULL) = (sealed IS NOT NULL) AND (ended IS NULL) = (ended_at IS NULL))
);
-- What Work looks for: ballots that wait, and ends that were not told.
CREATE INDEX waiting_ballots_to_tend ON voting.waiting_ballots (tenant_id, poll_id) WHERE NOT told;

SELECT core.protect('voting.waiting_ballots');
GRANT SELECT, INSERT, UPDATE, DELETE ON voting.waiting_ballots TO parvis_app;
GRANT SELECT (tenant_id, poll_id), DELETE ON voting.waiting_ballots TO parvis_custodian;
