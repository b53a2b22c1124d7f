-- The ballot box. Nothing here names a voter: keys are made with a secret that
-- has a table of its own. What must stay as it was written (rules, log, roll,
-- receipts) may only be read and added to by the application.

CREATE SCHEMA voting;
GRANT USAGE ON SCHEMA voting TO parvis_app, parvis_custodian;

-- One question put to one electorate by one method.
CREATE TABLE voting.polls (
	tenant_id       uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id              uuid NOT NULL,
	subject_module  text NOT NULL,                    -- what the poll is about: no key, modules stay apart
	subject_id      uuid NOT NULL,
	position        int  NOT NULL DEFAULT 0,
	question        text NOT NULL,
	description     text NOT NULL DEFAULT '',
	rules           text NOT NULL DEFAULT '',
	method          text NOT NULL,
	max_choices     int  NOT NULL DEFAULT 0,
	rule            jsonb NOT NULL DEFAULT '{}',
	mode            text NOT NULL DEFAULT 'open' CHECK (mode IN ('open')),
	visibility      text NOT NULL CHECK (visibility IN ('live', 'turnout', 'hidden')),
	release         text NOT NULL CHECK (release IN ('at_closing', 'by_act')),
	allow_change    boolean NOT NULL,
	electorate      jsonb NOT NULL,
	entitled        bigint NOT NULL DEFAULT 0 CHECK (entitled >= 0),
	room_open       boolean NOT NULL DEFAULT false,
	room_code       text,
	shown           boolean NOT NULL DEFAULT true,    -- the host shows the counts in the room
	opens_at        timestamptz,                      -- null: by hand
	closes_at       timestamptz,                      -- null: by hand
	scheduled_at    timestamptz,                      -- the moments below are of acts, not of the calendar
	opened_at       timestamptz,                      -- its opening is in the log
	closed_at       timestamptz,                      -- its closing is in the log
	counted_at      timestamptz,
	published_at    timestamptz,
	cancelled_at    timestamptz,
	cancel_reason   text NOT NULL DEFAULT '',
	created_at      timestamptz NOT NULL DEFAULT core.now(),
	revision        bigint NOT NULL DEFAULT 1,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT one_poll_per_room_code UNIQUE (tenant_id, room_code),
	CONSTRAINT a_poll_closes_after_it_opens CHECK (closes_at > opens_at),
	CONSTRAINT a_room_has_a_code CHECK (room_open = (room_code IS NOT NULL)),
	CONSTRAINT a_poll_is_not_cancelled_without_a_reason CHECK (cancelled_at IS NULL OR cancel_reason <> ''),
	CONSTRAINT a_poll_is_not_closed_before_it_is_opened CHECK (closed_at IS NULL OR opened_at IS NOT NULL),
	CONSTRAINT a_poll_is_not_counted_before_it_is_closed CHECK (counted_at IS NULL OR closed_at IS NOT NULL),
	CONSTRAINT a_poll_is_not_published_before_it_is_counted CHECK (published_at IS NULL OR counted_at IS NOT NULL)
);
CREATE INDEX polls_by_subject ON voting.polls (tenant_id, subject_module, subject_id, position);
-- What still has something to come: its opening, its closing, its count.
CREATE INDEX polls_to_settle ON voting.polls (tenant_id) WHERE scheduled_at IS NOT NULL AND counted_at IS NULL AND cancelled_at IS NULL;

CREATE TABLE voting.options (
	tenant_id    uuid NOT NULL,
	poll_id      uuid NOT NULL,
	id           text NOT NULL CHECK (id ~ '^[a-z0-9]{1,8}$'),
	position     int  NOT NULL,
	label        text NOT NULL,
	description  text NOT NULL DEFAULT '',
	CONSTRAINT one_option_per_id PRIMARY KEY (tenant_id, poll_id, id),
	CONSTRAINT option_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE
);

-- The rules in force, each version with its hash. body is the very text that was hashed.
CREATE TABLE voting.rulesets (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	version    int  NOT NULL,
	body       text NOT NULL,
	sha256     bytea NOT NULL CHECK (length(sha256) = 32),
	log_index  bigint NOT NULL,
	CONSTRAINT one_ruleset_per_version PRIMARY KEY (tenant_id, poll_id, version),
	CONSTRAINT ruleset_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id)
);

-- The public register: what was done to a poll from its opening on, and why.
CREATE TABLE voting.changes (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	number     int  NOT NULL,
	kind       text NOT NULL,
	at         timestamptz NOT NULL,
	actor      uuid,                                  -- null: the clock
	reason     text NOT NULL DEFAULT '',
	details    jsonb NOT NULL DEFAULT '{}',
	log_index  bigint,
	CONSTRAINT one_change_per_number PRIMARY KEY (tenant_id, poll_id, number),
	CONSTRAINT change_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id)
);

-- What links voters to their keys, and decides ties. Backups leave this table
-- out; the custodian destroys its rows once the matter is closed.
CREATE TABLE voting.poll_secrets (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	voters     bytea NOT NULL CHECK (length(voters) = 32),
	lot        bytea NOT NULL CHECK (length(lot) = 32),
	CONSTRAINT one_secret_per_poll PRIMARY KEY (tenant_id, poll_id),
	CONSTRAINT secret_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE
);

-- How a poll stands: the only row that every ballot of a poll changes, and the
-- lock that puts ballots, opening and closing in one order.
CREATE TABLE voting.heads (
	tenant_id     uuid NOT NULL,
	poll_id       uuid NOT NULL,
	log_size      bigint NOT NULL DEFAULT 0,
	root          bytea NOT NULL DEFAULT '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
	frontier      bytea NOT NULL DEFAULT '',
	participants  bigint NOT NULL DEFAULT 0,
	blank         bigint NOT NULL DEFAULT 0,
	present       bigint NOT NULL DEFAULT 0,
	counts        jsonb NOT NULL DEFAULT '[]',
	revision      bigint NOT NULL DEFAULT 1,
	CONSTRAINT one_head_per_poll PRIMARY KEY (tenant_id, poll_id),
	CONSTRAINT head_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT no_count_is_negative CHECK (participants >= 0 AND blank BETWEEN 0 AND participants AND present >= 0 AND log_size >= participants)
) WITH (fillfactor = 20); -- room for the many versions of one hot row on its own page

-- The tables below take no foreign key: every row is written by the one
-- transaction that holds the lock of its poll's head, and checking the key
-- again for each row would cost as much as writing it.

-- Who has taken part, and how: the first channel locks the others.
CREATE TABLE voting.roll (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	voter_key  bytea NOT NULL CHECK (length(voter_key) = 32),
	channel    text NOT NULL CHECK (channel IN ('web', 'meeting', 'desk', 'paper')),
	CONSTRAINT one_participation_per_voter PRIMARY KEY (tenant_id, poll_id, voter_key)
);

-- The ballot that counts, of each voter.
CREATE TABLE voting.ballots (
	tenant_id   uuid NOT NULL,
	poll_id     uuid NOT NULL,
	ballot_key  bytea NOT NULL CHECK (length(ballot_key) = 32),
	seq         bigint NOT NULL CHECK (seq > 0),
	nonce       bytea NOT NULL CHECK (length(nonce) = 16),
	marks       text NOT NULL,
	log_index   bigint NOT NULL,
	CONSTRAINT one_ballot_per_voter PRIMARY KEY (tenant_id, poll_id, ballot_key)
);

-- Every submission that was accepted, so that sending it again changes nothing.
CREATE TABLE voting.submissions (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	nonce      bytea NOT NULL CHECK (length(nonce) = 16),
	log_index  bigint NOT NULL,
	cast_at    timestamptz NOT NULL,                  -- to the minute
	CONSTRAINT one_submission_per_nonce PRIMARY KEY (tenant_id, poll_id, nonce)
);

-- The log: nothing is ever changed or removed. Of a ballot, data is what opens
-- its commitment (key, rank, inner hash); of the rest, the public text.
CREATE TABLE voting.log_entries (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	index      bigint NOT NULL CHECK (index >= 0),
	kind       text NOT NULL,
	leaf       bytea NOT NULL CHECK (length(leaf) = 32),
	data       bytea NOT NULL,
	CONSTRAINT one_entry_per_index PRIMARY KEY (tenant_id, poll_id, index)
);

-- The result as it was counted. A correction is a new version that names the
-- one before it; none is ever replaced. The signature comes with the log's key.
CREATE TABLE voting.results (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	version    int  NOT NULL,
	body       text NOT NULL,
	sha256     bytea NOT NULL CHECK (length(sha256) = 32),
	signature  bytea,
	log_index  bigint NOT NULL,
	CONSTRAINT one_result_per_version PRIMARY KEY (tenant_id, poll_id, version),
	CONSTRAINT result_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id)
);

SELECT core.protect('voting.polls');
SELECT core.protect('voting.options');
SELECT core.protect('voting.rulesets');
SELECT core.protect('voting.changes');
SELECT core.protect('voting.poll_secrets');
SELECT core.protect('voting.heads');
SELECT core.protect('voting.roll');
SELECT core.protect('voting.ballots');
SELECT core.protect('voting.submissions');
SELECT core.protect('voting.log_entries');
SELECT core.protect('voting.results');

GRANT SELECT, INSERT, UPDATE, DELETE ON voting.polls, voting.options TO parvis_app;
GRANT SELECT, INSERT, UPDATE ON voting.heads, voting.ballots TO parvis_app;
GRANT SELECT, INSERT ON voting.poll_secrets, voting.rulesets, voting.changes, voting.roll,
	voting.submissions, voting.log_entries, voting.results TO parvis_app;
