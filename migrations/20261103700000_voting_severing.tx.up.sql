-- Severing ballots from voters, once the matter of a poll is closed. What may
-- be destroyed is destroyed by the custodian alone, and what the custodian may
-- read of it is no more than what it takes: never a key, a nonce or a secret.

-- The matter of a poll: the day the délibération was taken, from which the
-- period runs during which nothing may be destroyed.
CREATE TABLE voting.matters (
	tenant_id        uuid NOT NULL,
	poll_id          uuid NOT NULL,
	deliberated_on   date NOT NULL,
	reference        text NOT NULL,
	months           int  NOT NULL DEFAULT 2,
	-- The day of the délibération and that of the term are not counted (délai
	-- franc): the term is a day later, and the act possible the day after it.
	possible_on      date NOT NULL GENERATED ALWAYS AS ((deliberated_on + make_interval(months => months))::date + 2) STORED,
	CONSTRAINT one_matter_per_poll PRIMARY KEY (tenant_id, poll_id),
	CONSTRAINT matter_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT a_deliberation_has_a_reference CHECK (reference <> ''),
	CONSTRAINT no_period_is_under_two_months CHECK (months BETWEEN 2 AND 120)
);

-- The recours against it. As long as one is not lifted, nothing is destroyed.
CREATE TABLE voting.appeals (
	tenant_id   uuid NOT NULL,
	poll_id     uuid NOT NULL,
	id          uuid NOT NULL,
	filed_on    date NOT NULL,
	reference   text NOT NULL,
	lifted_on   date,
	outcome     text NOT NULL DEFAULT '',             -- what lifted it
	CONSTRAINT one_appeal_per_id PRIMARY KEY (tenant_id, poll_id, id),
	CONSTRAINT appeal_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT an_appeal_has_a_reference CHECK (reference <> ''),
	CONSTRAINT no_appeal_is_lifted_before_it_is_filed CHECK (lifted_on >= filed_on),
	CONSTRAINT no_appeal_is_lifted_without_an_outcome CHECK ((lifted_on IS NULL) = (outcome = ''))
);

-- The ballots of a severed poll: what they say, under an id drawn for the
-- occasion. There is no column for whose they are, nor for when they came.
CREATE TABLE voting.severed_ballots (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	id         uuid NOT NULL,
	marks      text NOT NULL,
	CONSTRAINT one_severed_ballot_per_id PRIMARY KEY (tenant_id, poll_id, id)
);

-- The minute (procès-verbal) of each severing. body is the very text that was
-- signed; note is that text with its signature.
CREATE TABLE voting.minutes (
	tenant_id   uuid NOT NULL,
	poll_id     uuid NOT NULL,
	severed_at  timestamptz NOT NULL,
	body        text NOT NULL,
	note        text NOT NULL,
	CONSTRAINT one_severing_per_poll PRIMARY KEY (tenant_id, poll_id),
	CONSTRAINT minute_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id)
);

-- The last gate: whatever the program believes, no minute is written before
-- its day, nor while a recours is recorded.
CREATE FUNCTION voting.refuse_early_severing() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
	today date := (SELECT (core.now() AT TIME ZONE t.time_zone)::date FROM core.tenants t WHERE t.id = NEW.tenant_id);
BEGIN
	IF NOT EXISTS (SELECT FROM voting.matters m WHERE m.tenant_id = NEW.tenant_id AND m.poll_id = NEW.poll_id AND m.possible_on <= today)
		OR EXISTS (SELECT FROM voting.appeals a WHERE a.tenant_id = NEW.tenant_id AND a.poll_id = NEW.poll_id AND a.lifted_on IS NULL) THEN
		RAISE EXCEPTION 'the matter of this poll is not closed' USING ERRCODE = 'check_violation', CONSTRAINT = 'no_severing_before_its_day';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER no_severing_before_its_day BEFORE INSERT ON voting.minutes
    FOR EACH ROW EXECUTE FUNCTION voting.refuse_early_severing();

SELECT core.protect('voting.matters');
SELECT core.protect('voting.appeals');
SELECT core.protect('voting.severed_ballots');
SELECT core.protect('voting.minutes');

GRANT SELECT, INSERT, UPDATE (deliberated_on, reference, months) ON voting.matters TO parvis_app;
GRANT SELECT, INSERT, UPDATE (lifted_on, outcome) ON voting.appeals TO parvis_app;
GRANT SELECT ON voting.severed_ballots, voting.minutes TO parvis_app;

GRANT SELECT ON voting.polls, voting.options, voting.heads, voting.results, voting.changes,
	voting.matters, voting.appeals, voting.severed_ballots, voting.minutes TO parvis_custodian;
GRANT INSERT ON voting.severed_ballots, voting.minutes, voting.changes, core.audit_entries TO parvis_custodian;
GRANT UPDATE (revision) ON voting.heads TO parvis_custodian;                    -- to take the poll's lock
GRANT SELECT (tenant_id, poll_id, marks), DELETE ON voting.ballots TO parvis_custodian;
GRANT SELECT (tenant_id, poll_id), DELETE ON voting.submissions, voting.roll, voting.poll_secrets TO parvis_custodian;
-- The log stays as it is; its rows are written anew, so that the number of the
-- transaction that wrote them no longer dates them.
GRANT SELECT (tenant_id, poll_id, index), UPDATE (index) ON voting.log_entries, voting.log_hashes TO parvis_custodian;
GRANT SELECT (tenant_id, poll_id, size, second), UPDATE (second) ON voting.checkpoints TO parvis_custodian;
