-- Participatory budgets: editions with their envelopes and dates, the projects
-- deposited, their study, and what became of the winners. The vote itself
-- belongs to the schema "voting".
CREATE SCHEMA budgets;
GRANT USAGE ON SCHEMA budgets TO parvis_app;

CREATE TABLE budgets.editions (
	tenant_id            uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id                   uuid NOT NULL,
	version              bigint NOT NULL DEFAULT 1,         -- grows at each change: who saves an older one is told
	title                text NOT NULL,
	summary              text NOT NULL DEFAULT '',
	easy                 text NOT NULL DEFAULT '',          -- the summary in "facile à lire et à comprendre"
	body                 text NOT NULL DEFAULT '',          -- Markdown, sanitised when shown
	rules                text NOT NULL DEFAULT '',          -- the règlement, Markdown
	adopted_on           date,                              -- the délibération that adopted the règlement
	adopted_number       text NOT NULL DEFAULT '',
	adopted_url          text NOT NULL DEFAULT '',
	method               text NOT NULL DEFAULT 'greedy',
	min_votes            bigint NOT NULL DEFAULT 0,
	information_at       timestamptz,                       -- each phase ends where the next begins
	deposit_at           timestamptz,
	study_at             timestamptz,
	vote_at              timestamptz,
	result_at            timestamptz,
	deliberation_at      timestamptz,
	winners_at           timestamptz,
	delivery_at          timestamptz,
	published_at         timestamptz,                       -- null: a draft, which nobody else sees
	decided_at           timestamptz,                       -- when the decisions of the study were published
	outcome              text NOT NULL DEFAULT '',          -- what the council said, Markdown
	outcome_at           timestamptz,
	deliberated_on       date,
	deliberation_number  text NOT NULL DEFAULT '',
	deliberation_url     text NOT NULL DEFAULT '',
	last_number          int NOT NULL DEFAULT 0,            -- of the projects deposited
	words                tsvector NOT NULL DEFAULT '',      -- title, summary and body, folded by the program
	created_by           uuid,                              -- null once the account is erased
	created_at           timestamptz NOT NULL,
	updated_at           timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT an_edition_has_a_title CHECK (title <> ''),
	CONSTRAINT counted_by_a_known_method CHECK (method IN ('greedy', 'equal-shares')),
	CONSTRAINT votes_needed_are_not_negative CHECK (min_votes >= 0),
	CONSTRAINT phases_follow_each_other CHECK (information_at < deposit_at AND deposit_at < study_at AND study_at < vote_at
		AND vote_at < result_at AND result_at < deliberation_at AND deliberation_at < winners_at AND winners_at < delivery_at),
	CONSTRAINT published_with_every_date CHECK (published_at IS NULL OR num_nulls(information_at, deposit_at, study_at, vote_at, result_at,
		deliberation_at, winners_at, delivery_at) = 0),
	CONSTRAINT published_with_adopted_rules CHECK (published_at IS NULL OR (rules <> '' AND adopted_on IS NOT NULL AND adopted_number <> '')),
	CONSTRAINT decided_after_publication CHECK (decided_at IS NULL OR published_at IS NOT NULL),
	CONSTRAINT the_council_decides_by_a_numbered_act CHECK (outcome_at IS NULL
		OR (published_at IS NOT NULL AND deliberated_on IS NOT NULL AND deliberation_number <> ''))
);
CREATE INDEX editions_by_calendar ON budgets.editions (tenant_id, information_at, id);
SELECT core.protect('budgets.editions');
GRANT SELECT, INSERT, UPDATE, DELETE ON budgets.editions TO parvis_app;

-- The money: for the whole town (no zone), for zones, or both.
CREATE TABLE budgets.envelopes (
	tenant_id   uuid NOT NULL,
	id          uuid NOT NULL DEFAULT gen_random_uuid(),
	edition_id  uuid NOT NULL,
	zone_id     uuid,                                       -- null: the whole town
	amount      bigint NOT NULL,                            -- cents
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT envelope_is_of_an_edition FOREIGN KEY (tenant_id, edition_id)
		REFERENCES budgets.editions (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT envelope_is_for_a_zone_of_the_tenant FOREIGN KEY (tenant_id, zone_id) REFERENCES core.zones (tenant_id, id),
	CONSTRAINT one_envelope_for_each_zone UNIQUE NULLS NOT DISTINCT (tenant_id, edition_id, zone_id),
	CONSTRAINT an_envelope_holds_money CHECK (amount > 0 AND amount <= 100000000000)
);
SELECT core.protect('budgets.envelopes');
GRANT SELECT, INSERT, UPDATE, DELETE ON budgets.envelopes TO parvis_app;

-- What people vote about does not change under them: from the moment the vote
-- opens, the money and the count are fixed, whoever asks.
CREATE FUNCTION budgets.keep_envelopes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM budgets.editions e
		WHERE e.tenant_id = coalesce(NEW.tenant_id, OLD.tenant_id) AND e.id = coalesce(NEW.edition_id, OLD.edition_id)
			AND e.published_at IS NOT NULL AND e.vote_at <= core.now()) THEN
		RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'the envelopes are fixed once the vote has opened',
			CONSTRAINT = 'envelopes_are_fixed_once_the_vote_opens', SCHEMA = 'budgets', TABLE = 'envelopes';
	END IF;
	RETURN coalesce(NEW, OLD);
END
$$;
CREATE FUNCTION budgets.keep_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF OLD.published_at IS NOT NULL AND OLD.vote_at <= core.now() AND (OLD.method, OLD.min_votes) IS DISTINCT FROM (NEW.method, NEW.min_votes) THEN
		RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'the count is fixed once the vote has opened',
			CONSTRAINT = 'the_count_is_fixed_once_the_vote_opens', SCHEMA = 'budgets', TABLE = 'editions';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER keep_count BEFORE UPDATE ON budgets.editions
	FOR EACH ROW EXECUTE FUNCTION budgets.keep_count();
CREATE TRIGGER keep_envelopes BEFORE INSERT OR UPDATE OR DELETE ON budgets.envelopes
	FOR EACH ROW EXECUTE FUNCTION budgets.keep_envelopes();

CREATE TABLE budgets.projects (
	tenant_id       uuid NOT NULL,
	id              uuid NOT NULL,
	edition_id      uuid NOT NULL,
	version         bigint NOT NULL DEFAULT 1,
	number          int,                                    -- given at the deposit
	author_id       uuid,                                   -- null once the account is erased
	author_name     text NOT NULL DEFAULT '',               -- shown if the author wished so
	title           text NOT NULL,
	text            text NOT NULL DEFAULT '',               -- Markdown, sanitised when shown
	theme           text NOT NULL DEFAULT '',
	zone_id         uuid,                                   -- null: the whole town
	place           text NOT NULL DEFAULT '',
	lat             int,                                    -- micro-degrees
	lon             int,
	photo_sha256    text NOT NULL DEFAULT '' CHECK (photo_sha256 ~ '^([0-9a-f]{64})?$'),
	photo_type      text NOT NULL DEFAULT '',
	photo_size      bigint NOT NULL DEFAULT 0,
	photo_alt       text NOT NULL DEFAULT '',
	estimate        bigint,                                 -- cents, the author's
	deposited_at    timestamptz,                            -- null: a draft, which only its author sees
	withdrawn_at    timestamptz,
	withdrawn_why   text NOT NULL DEFAULT '',
	verdict         text NOT NULL DEFAULT '',               -- published: what is being prepared is in "studies"
	verdict_reason  text NOT NULL DEFAULT '',
	cost            bigint,                                 -- cents, as studied
	decided_at      timestamptz,
	rank            int,                                    -- among the winners
	won_at          timestamptz,
	stage           text NOT NULL DEFAULT '',
	percent         int NOT NULL DEFAULT 0,
	promised_on     date,
	first_on        date,                                   -- the first day that was promised
	words           tsvector NOT NULL DEFAULT '',           -- folded by the program
	folded          text NOT NULL DEFAULT '',               -- title and place, for words typed wrong
	created_at      timestamptz NOT NULL,
	updated_at      timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT project_is_of_an_edition FOREIGN KEY (tenant_id, edition_id) REFERENCES budgets.editions (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT project_is_in_a_zone_of_the_tenant FOREIGN KEY (tenant_id, zone_id)
		REFERENCES core.zones (tenant_id, id) ON DELETE SET NULL (zone_id),
	CONSTRAINT one_project_for_each_number UNIQUE (tenant_id, edition_id, number),
	CONSTRAINT a_project_has_a_title CHECK (title <> ''),
	CONSTRAINT a_deposit_is_numbered_and_complete CHECK (deposited_at IS NULL OR (number > 0 AND text <> '' AND theme <> '')),
	CONSTRAINT a_place_has_both_coordinates CHECK ((lat IS NULL) = (lon IS NULL)),
	CONSTRAINT a_cost_is_not_negative CHECK (estimate >= 0 AND estimate <= 100000000000),
	CONSTRAINT a_final_cost_is_positive CHECK (cost > 0 AND cost <= 100000000000),
	CONSTRAINT only_deposits_are_withdrawn CHECK (withdrawn_at IS NULL OR deposited_at IS NOT NULL),
	CONSTRAINT decided_with_a_verdict CHECK (verdict IN ('', 'accepted', 'inadmissible', 'unfavourable') AND (verdict = '') = (decided_at IS NULL)),
	CONSTRAINT decided_after_the_deposit CHECK (decided_at IS NULL OR deposited_at IS NOT NULL),
	CONSTRAINT accepted_with_its_cost CHECK (verdict <> 'accepted' OR cost IS NOT NULL),
	CONSTRAINT refused_with_a_reason CHECK (verdict NOT IN ('inadmissible', 'unfavourable') OR verdict_reason <> ''),
	CONSTRAINT only_what_was_voted_on_wins CHECK ((won_at IS NULL) = (rank IS NULL) AND (won_at IS NULL OR verdict = 'accepted')),
	CONSTRAINT one_winner_for_each_rank UNIQUE (tenant_id, edition_id, rank) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT only_winners_are_built CHECK (stage IN ('', 'planned', 'designed', 'works', 'done', 'abandoned') AND (stage = '' OR won_at IS NOT NULL)),
	CONSTRAINT a_percentage_is_one CHECK (percent BETWEEN 0 AND 100)
);
CREATE INDEX projects_by_edition ON budgets.projects (tenant_id, edition_id, deposited_at, id) WHERE deposited_at IS NOT NULL;
CREATE INDEX projects_by_author ON budgets.projects (tenant_id, author_id) WHERE author_id IS NOT NULL;
SELECT core.protect('budgets.projects');
GRANT SELECT, INSERT, UPDATE, DELETE ON budgets.projects TO parvis_app;

-- The study under way, which only staff see: it is published all together.
CREATE TABLE budgets.studies (
	tenant_id            uuid NOT NULL,
	project_id           uuid NOT NULL,
	version              bigint NOT NULL DEFAULT 1,
	admissible           boolean,
	admissible_reason    text NOT NULL DEFAULT '',
	favourable           boolean,
	favourable_reason    text NOT NULL DEFAULT '',
	cost                 bigint,                            -- cents
	notes                text NOT NULL DEFAULT '',          -- between services, never shown
	updated_at           timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, project_id),
	CONSTRAINT study_is_of_a_project FOREIGN KEY (tenant_id, project_id) REFERENCES budgets.projects (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT found_inadmissible_with_a_reason CHECK (admissible IS DISTINCT FROM false OR admissible_reason <> ''),
	CONSTRAINT found_unfavourable_with_a_reason CHECK (favourable IS DISTINCT FROM false OR favourable_reason <> ''),
	CONSTRAINT found_favourable_with_a_cost CHECK (favourable IS NOT TRUE OR cost IS NOT NULL),
	CONSTRAINT a_cost_is_positive CHECK (cost > 0 AND cost <= 100000000000)
);
SELECT core.protect('budgets.studies');
GRANT SELECT, INSERT, UPDATE, DELETE ON budgets.studies TO parvis_app;

-- The realisation of a winner, step by step.
CREATE TABLE budgets.steps (
	tenant_id    uuid NOT NULL,
	id           uuid NOT NULL,
	project_id   uuid NOT NULL,
	at           timestamptz NOT NULL,                      -- when it was written
	happened_on  date NOT NULL,
	title        text NOT NULL CHECK (title <> ''),
	text         text NOT NULL DEFAULT '',
	stage        text NOT NULL CHECK (stage IN ('planned', 'designed', 'works', 'done', 'abandoned')),
	percent      int NOT NULL CHECK (percent BETWEEN 0 AND 100),
	promised_on  date,                                      -- as it stood after this step
	moved        boolean NOT NULL DEFAULT false,            -- this step moved the promised day
	moved_why    text NOT NULL DEFAULT '',
	photo_sha256 text NOT NULL DEFAULT '' CHECK (photo_sha256 ~ '^([0-9a-f]{64})?$'),
	photo_type   text NOT NULL DEFAULT '',
	photo_size   bigint NOT NULL DEFAULT 0,
	photo_alt    text NOT NULL DEFAULT '',
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT step_is_of_a_project FOREIGN KEY (tenant_id, project_id) REFERENCES budgets.projects (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT a_promise_moves_with_a_reason CHECK (NOT moved OR moved_why <> '')
);
CREATE INDEX steps_in_order ON budgets.steps (tenant_id, project_id, happened_on, at, id);
SELECT core.protect('budgets.steps');
GRANT SELECT, INSERT, DELETE ON budgets.steps TO parvis_app;

-- The public register of what changed in an edition once people could see it.
-- Append-only; who did it is in the journal of powers.
CREATE TABLE budgets.changes (
	tenant_id   uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id          bigint GENERATED ALWAYS AS IDENTITY,
	edition_id  uuid NOT NULL,
	at          timestamptz NOT NULL,
	kind        text NOT NULL CHECK (kind IN ('published', 'edited', 'rescheduled', 'terms', 'decided', 'withdrawn', 'deliberated', 'corrected')),
	reason      text NOT NULL DEFAULT '',
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT change_is_of_an_edition FOREIGN KEY (tenant_id, edition_id) REFERENCES budgets.editions (tenant_id, id)
);
CREATE INDEX changes_in_order ON budgets.changes (tenant_id, edition_id, id);
SELECT core.protect('budgets.changes');
GRANT SELECT, INSERT ON budgets.changes TO parvis_app;
