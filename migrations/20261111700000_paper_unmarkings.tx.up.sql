-- Somebody marked on the roll by mistake, as having handed in a sheet, is taken
-- off it again: asked for by one person of the town hall, done once another has
-- signed. Nothing else ever leaves the roll while a poll lives.
CREATE TABLE paper.unmarkings (
	tenant_id     uuid NOT NULL,
	poll_id       uuid NOT NULL,
	number        int  NOT NULL CHECK (number > 0),
	citizen_id    uuid,                                 -- whose mark, for as long as it is not settled
	reason        text NOT NULL CHECK (reason <> ''),   -- public
	asked_by      uuid NOT NULL,
	asked_at      timestamptz NOT NULL DEFAULT core.now(),
	confirmed_by  uuid,
	confirmed_at  timestamptz,
	dropped_by    uuid,
	dropped_at    timestamptz,
	CONSTRAINT one_unmarking_per_number PRIMARY KEY (tenant_id, poll_id, number),
	CONSTRAINT one_pending_unmarking_per_person UNIQUE (tenant_id, poll_id, citizen_id),
	CONSTRAINT unmarking_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT nobody_signs_an_unmarking_twice CHECK (confirmed_by <> asked_by),
	CONSTRAINT a_confirmed_unmarking_was_by_somebody CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
	CONSTRAINT an_unmarking_is_confirmed_or_dropped CHECK (confirmed_at IS NULL OR dropped_at IS NULL),
	CONSTRAINT a_settled_unmarking_names_nobody CHECK ((citizen_id IS NOT NULL) = (confirmed_at IS NULL AND dropped_at IS NULL))
);
SELECT core.protect('paper.unmarkings');
GRANT SELECT, INSERT, UPDATE ON paper.unmarkings TO parvis_app;

-- The mark of a ballot that was cast stays, whatever the program does: only a
-- sheet, which is nobody's in the box, can have been marked for the wrong person.
-- And a mark leaves only in the transaction in which a second person signs.
CREATE POLICY only_a_signed_act_takes_paper_off_the_roll ON voting.roll AS RESTRICTIVE FOR DELETE TO parvis_app
	USING (channel = 'paper' AND EXISTS (
		SELECT FROM paper.unmarkings u
		WHERE u.tenant_id = roll.tenant_id AND u.poll_id = roll.poll_id AND u.confirmed_at IS NOT NULL AND u.xmin = pg_current_xact_id()::xid));
GRANT DELETE ON voting.roll TO parvis_app;
