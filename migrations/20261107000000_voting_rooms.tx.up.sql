-- Rooms: who a ballot of the room belongs to, printed tickets, and people who
-- say that they are there.

ALTER TABLE voting.polls
	ADD COLUMN room_voter text NOT NULL DEFAULT 'device' CHECK (room_voter IN ('device', 'ticket', 'account')),
	ADD COLUMN present_by_host boolean NOT NULL DEFAULT false; -- the host counted: what people say themselves changes nothing

-- A print of tickets. One that is lost is cancelled whole.
CREATE TABLE voting.ticket_batches (
	tenant_id    uuid NOT NULL,
	poll_id      uuid NOT NULL,
	number       int  NOT NULL CHECK (number > 0),
	size         int  NOT NULL CHECK (size BETWEEN 1 AND 300),
	created_at   timestamptz NOT NULL DEFAULT core.now(),
	voided_at    timestamptz,
	void_reason  text NOT NULL DEFAULT '',
	CONSTRAINT one_ticket_batch_per_number PRIMARY KEY (tenant_id, poll_id, number),
	CONSTRAINT ticket_batch_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT no_ticket_is_voided_without_a_reason CHECK ((voided_at IS NULL) = (void_reason = ''))
);

-- The tickets of a print: a keyed hash each, and nothing that prints one again.
CREATE TABLE voting.tickets (
	tenant_id   uuid NOT NULL,
	poll_id     uuid NOT NULL,
	ticket_key  bytea NOT NULL CHECK (length(ticket_key) = 32),
	batch       int NOT NULL,
	CONSTRAINT one_ticket_per_key PRIMARY KEY (tenant_id, poll_id, ticket_key),
	CONSTRAINT ticket_is_of_a_batch FOREIGN KEY (tenant_id, poll_id, batch) REFERENCES voting.ticket_batches (tenant_id, poll_id, number) ON DELETE CASCADE
);

-- Who said that they are in the room, under a pseudonym of this poll alone.
CREATE TABLE voting.presences (
	tenant_id     uuid NOT NULL,
	poll_id       uuid NOT NULL,
	presence_key  bytea NOT NULL CHECK (length(presence_key) = 32),
	CONSTRAINT one_presence_per_person PRIMARY KEY (tenant_id, poll_id, presence_key),
	CONSTRAINT presence_is_in_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE
);

SELECT core.protect('voting.ticket_batches');
SELECT core.protect('voting.tickets');
SELECT core.protect('voting.presences');

GRANT SELECT, INSERT, UPDATE (voided_at, void_reason) ON voting.ticket_batches TO parvis_app;
GRANT SELECT, INSERT ON voting.tickets, voting.presences TO parvis_app;
-- What links a person to a poll goes when the poll is severed.
GRANT SELECT (tenant_id, poll_id), DELETE ON voting.tickets, voting.presences TO parvis_custodian;
