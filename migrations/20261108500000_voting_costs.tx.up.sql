-- In a vote on a budget an option is a project: it has a cost, in cents, the
-- zone whose envelope pays it ('' is the whole town), and may be withdrawn.
ALTER TABLE voting.options
	ADD COLUMN cost bigint NOT NULL DEFAULT 0,
	ADD COLUMN zone text NOT NULL DEFAULT '',
	ADD COLUMN withdrawn boolean NOT NULL DEFAULT false,
	ADD CONSTRAINT no_cost_is_negative CHECK (cost BETWEEN 0 AND 100000000000000);

-- Ballots that somebody else published come by a file.
ALTER TABLE voting.roll DROP CONSTRAINT roll_channel_check;
ALTER TABLE voting.roll ADD CONSTRAINT a_channel_is_known CHECK (channel IN ('web', 'meeting', 'desk', 'paper', 'file'));
