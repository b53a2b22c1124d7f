-- Paper ballots: handed in against the roll, put into numbered batches, typed
-- by people who do not see each other's typing, and logged batch by batch.

-- How a poll's paper ballots are typed; '' where there are none. Counting waits
-- for paper_done_at: somebody has said that every sheet is in.
ALTER TABLE voting.polls
	ADD COLUMN paper text NOT NULL DEFAULT '' CHECK (paper IN ('', 'double', 'simple')),
	ADD COLUMN paper_done_at timestamptz,
	ADD CONSTRAINT no_paper_poll_is_counted_before_its_paper CHECK (counted_at IS NULL OR paper = '' OR paper_done_at IS NOT NULL);

-- handed is how many sheets were handed in, paper how many are in the log, and
-- spoiled how many of those are null. participants and blank count them too.
ALTER TABLE voting.heads
	ADD COLUMN handed  bigint NOT NULL DEFAULT 0,
	ADD COLUMN paper   bigint NOT NULL DEFAULT 0,
	ADD COLUMN spoiled bigint NOT NULL DEFAULT 0,
	DROP CONSTRAINT no_count_is_negative,
	ADD CONSTRAINT no_count_is_negative CHECK (blank >= 0 AND spoiled BETWEEN 0 AND paper AND blank + spoiled <= participants
		AND paper <= participants AND handed >= 0 AND present >= 0 AND log_size >= participants - paper);

-- A batch as it was logged: body is the very text that was hashed. The last
-- version counts; a correction is a new one.
CREATE TABLE voting.paper_batches (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	batch      int  NOT NULL CHECK (batch > 0),
	version    int  NOT NULL CHECK (version > 0),
	body       text NOT NULL,
	sha256     bytea NOT NULL CHECK (length(sha256) = 32),
	log_index  bigint NOT NULL,
	CONSTRAINT one_paper_batch_per_version PRIMARY KEY (tenant_id, poll_id, batch, version),
	CONSTRAINT paper_batch_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id)
);
SELECT core.protect('voting.paper_batches');
GRANT SELECT, INSERT ON voting.paper_batches TO parvis_app;
GRANT SELECT ON voting.paper_batches TO parvis_custodian;

CREATE SCHEMA paper;
GRANT USAGE ON SCHEMA paper TO parvis_app, parvis_custodian;

-- A numbered batch: sheets printed with its code, collected and counted
-- together in one envelope.
CREATE TABLE paper.batches (
	tenant_id   uuid NOT NULL,
	poll_id     uuid NOT NULL,
	number      int  NOT NULL CHECK (number BETWEEN 1 AND 1000),
	code        text NOT NULL CHECK (code ~ '^[A-Z0-9]{8}$'),
	created_by  uuid NOT NULL,
	created_at  timestamptz NOT NULL DEFAULT core.now(),
	counted     int CHECK (counted BETWEEN 1 AND 500),  -- by hand, when the envelope was opened
	counted_by  uuid,
	counted_at  timestamptz,
	sealed_by   uuid,                                   -- into the log
	sealed_at   timestamptz,
	sample      int[] NOT NULL DEFAULT '{}',            -- the sheets drawn to be read again, where one person types
	CONSTRAINT one_batch_per_number PRIMARY KEY (tenant_id, poll_id, number),
	CONSTRAINT one_batch_per_code UNIQUE (tenant_id, code),
	CONSTRAINT batch_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT a_counted_batch_was_counted_by_somebody CHECK ((counted IS NULL) = (counted_by IS NULL) AND (counted IS NULL) = (counted_at IS NULL)),
	CONSTRAINT no_batch_is_sealed_before_it_is_counted CHECK (sealed_at IS NULL OR counted IS NOT NULL AND sealed_by IS NOT NULL)
);

-- What one person read on one sheet: written once, never changed. said is the
-- marks in canonical form, or "!" and why the ballot is null.
CREATE TABLE paper.typings (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	batch      int  NOT NULL,
	sheet      int  NOT NULL CHECK (sheet BETWEEN 1 AND 500),
	pass       int  NOT NULL CHECK (pass BETWEEN 1 AND 9),
	agent      uuid NOT NULL,
	said       text NOT NULL,
	typed_at   timestamptz NOT NULL DEFAULT core.now(),
	CONSTRAINT one_typing_per_pass PRIMARY KEY (tenant_id, poll_id, batch, sheet, pass),
	CONSTRAINT nobody_types_a_sheet_twice UNIQUE (tenant_id, poll_id, batch, sheet, agent),
	CONSTRAINT typing_is_of_a_batch FOREIGN KEY (tenant_id, poll_id, batch) REFERENCES paper.batches (tenant_id, poll_id, number)
);

-- A correction of a logged sheet: proposed by one person, confirmed by another.
CREATE TABLE paper.corrections (
	tenant_id     uuid NOT NULL,
	poll_id       uuid NOT NULL,
	number        int  NOT NULL,
	batch         int  NOT NULL,
	sheet         int  NOT NULL,
	was           text NOT NULL,
	said          text NOT NULL,
	reason        text NOT NULL CHECK (reason <> ''),
	proposed_by   uuid NOT NULL,
	proposed_at   timestamptz NOT NULL DEFAULT core.now(),
	confirmed_by  uuid,
	confirmed_at  timestamptz,
	dropped_by    uuid,
	dropped_at    timestamptz,
	CONSTRAINT one_correction_per_number PRIMARY KEY (tenant_id, poll_id, number),
	CONSTRAINT correction_is_of_a_batch FOREIGN KEY (tenant_id, poll_id, batch) REFERENCES paper.batches (tenant_id, poll_id, number),
	CONSTRAINT a_correction_changes_something CHECK (said <> was),
	CONSTRAINT nobody_signs_a_correction_twice CHECK (confirmed_by <> proposed_by),
	CONSTRAINT a_confirmed_correction_was_by_somebody CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
	CONSTRAINT a_correction_is_confirmed_or_dropped CHECK (confirmed_at IS NULL OR dropped_at IS NULL)
);

-- The kiosk of the town hall, opened for one citizen and one poll: the code is
-- used once, and the row goes away with the vote.
CREATE TABLE paper.kiosks (
	tenant_id   uuid NOT NULL,
	id          uuid NOT NULL,
	poll_id     uuid NOT NULL,
	citizen_id  uuid NOT NULL,
	code        bytea NOT NULL CHECK (length(code) = 32),
	token       bytea CHECK (length(token) = 32),       -- of the tablet, once the code was typed
	expires_at  timestamptz NOT NULL,
	CONSTRAINT one_kiosk_per_id PRIMARY KEY (tenant_id, id),
	CONSTRAINT one_kiosk_per_code UNIQUE (tenant_id, code),
	CONSTRAINT one_kiosk_per_token UNIQUE (tenant_id, token),
	CONSTRAINT one_kiosk_per_citizen UNIQUE (tenant_id, poll_id, citizen_id),
	CONSTRAINT kiosk_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE
);

SELECT core.protect('paper.batches');
SELECT core.protect('paper.typings');
SELECT core.protect('paper.corrections');
SELECT core.protect('paper.kiosks');

GRANT SELECT, INSERT ON paper.typings TO parvis_app;
GRANT SELECT, INSERT, UPDATE ON paper.batches, paper.corrections TO parvis_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON paper.kiosks TO parvis_app;
