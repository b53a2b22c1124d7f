-- Missions: what associations and the town hall ask a hand for, who offers one,
-- what they say to each other, the hours that were given, and the aid that hours
-- lead to. Associations belong to another module: only their ids are here.
CREATE SCHEMA missions;
GRANT USAGE ON SCHEMA missions TO parvis_app;

CREATE TABLE missions.missions (
	tenant_id       uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id              uuid NOT NULL,
	version         bigint NOT NULL DEFAULT 1,              -- grows at each change: who saves an older one is told
	association_id  uuid,                                   -- who asks; null: the town hall itself
	kind            text NOT NULL CHECK (kind IN ('dated', 'regular')),
	title           text NOT NULL,
	body            text NOT NULL DEFAULT '',               -- Markdown, sanitised when shown
	theme           text NOT NULL,
	skills          text[] NOT NULL DEFAULT '{}',
	pattern         text NOT NULL DEFAULT '',               -- a regular one, in words: "le mardi de 14 h à 16 h"
	zone_id         uuid,
	address         text NOT NULL DEFAULT '',
	lat             integer,                                -- micro-degrees: no decision hangs on a float
	lon             integer,
	minors          boolean NOT NULL DEFAULT false,         -- open from sixteen years on
	accessible      boolean NOT NULL DEFAULT false,         -- with reduced mobility
	approval        boolean NOT NULL DEFAULT false,         -- the host accepts each inscription
	project_title   text NOT NULL DEFAULT '',               -- the winning project it helps along
	project_href    text NOT NULL DEFAULT '',
	published_at    timestamptz,
	cancelled_at    timestamptz,
	cancel_reason   text NOT NULL DEFAULT '',
	words           tsvector NOT NULL,                      -- title and text, folded by the program
	created_by      uuid,                                   -- null once the account is erased
	created_at      timestamptz NOT NULL,
	updated_at      timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT mission_is_in_a_zone_of_the_tenant FOREIGN KEY (tenant_id, zone_id)
		REFERENCES core.zones (tenant_id, id) ON DELETE SET NULL (zone_id),
	CONSTRAINT a_mission_has_a_title CHECK (title <> ''),
	CONSTRAINT a_regular_mission_says_when CHECK (kind = 'dated' OR pattern <> ''),
	CONSTRAINT a_pin_has_both_coordinates CHECK ((lat IS NULL) = (lon IS NULL)),
	CONSTRAINT a_pin_lies_on_earth CHECK (lat BETWEEN -90000000 AND 90000000 AND lon BETWEEN -180000000 AND 180000000),
	CONSTRAINT three_skills_at_most CHECK (cardinality(skills) <= 3),
	CONSTRAINT cancelled_in_public_with_a_reason CHECK (cancelled_at IS NULL OR (published_at IS NOT NULL AND cancel_reason <> ''))
);
CREATE INDEX missions_regular ON missions.missions (tenant_id, published_at, id) WHERE kind = 'regular' AND published_at IS NOT NULL AND cancelled_at IS NULL;
CREATE INDEX missions_by_change ON missions.missions (tenant_id, updated_at, id);
CREATE INDEX missions_by_association ON missions.missions (tenant_id, association_id, updated_at);
CREATE INDEX missions_by_place ON missions.missions (tenant_id, lat, lon, id) WHERE published_at IS NOT NULL AND cancelled_at IS NULL;
CREATE INDEX missions_by_project ON missions.missions (tenant_id, project_href) WHERE project_href <> '';
CREATE INDEX missions_by_words ON missions.missions USING gin (words);
SELECT core.protect('missions.missions');
GRANT SELECT, INSERT, UPDATE, DELETE ON missions.missions TO parvis_app;

-- When help is needed, and how many people. A regular mission has one, without
-- a date. taken is kept under the row's lock, and never passes the capacity.
CREATE TABLE missions.slots (
	tenant_id   uuid NOT NULL,
	id          uuid NOT NULL,
	mission_id  uuid NOT NULL,
	starts_at   timestamptz,
	ends_at     timestamptz,
	capacity    integer NOT NULL,
	taken       integer NOT NULL DEFAULT 0,
	moved_at    timestamptz,                                -- last time its dates changed with people inscribed
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT slot_is_of_a_mission FOREIGN KEY (tenant_id, mission_id) REFERENCES missions.missions (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT one_slot_per_moment UNIQUE NULLS NOT DISTINCT (tenant_id, mission_id, starts_at, ends_at),
	CONSTRAINT slot_names_its_mission UNIQUE (tenant_id, mission_id, id),
	CONSTRAINT slot_capacity_is_of_a_mission CHECK (capacity BETWEEN 1 AND 1000),
	CONSTRAINT never_overbooked CHECK (taken BETWEEN 0 AND capacity),
	CONSTRAINT slot_has_both_ends_or_none CHECK ((starts_at IS NULL) = (ends_at IS NULL)),
	CONSTRAINT slot_ends_within_a_day CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '24 hours')
);
CREATE INDEX slots_by_start ON missions.slots (tenant_id, starts_at, mission_id) WHERE starts_at IS NOT NULL;
SELECT core.protect('missions.slots');
GRANT SELECT, INSERT, UPDATE, DELETE ON missions.slots TO parvis_app;

-- Who offers a hand for which slot. A person has one line per slot, whatever
-- they change their mind.
CREATE TABLE missions.inscriptions (
	tenant_id     uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id            uuid NOT NULL,
	mission_id    uuid NOT NULL,
	slot_id       uuid NOT NULL,
	citizen_id    uuid NOT NULL,
	state         text NOT NULL CHECK (state IN ('draft', 'pending', 'accepted', 'waiting', 'refused', 'withdrawn', 'cancelled')),
	intro         text NOT NULL DEFAULT '',                 -- the message being written; the thread has it once sent
	reason        text NOT NULL DEFAULT '',                 -- why it was refused
	asked_at      timestamptz,                              -- since when: the order of the waiting list
	decided_at    timestamptz,
	attendance    text NOT NULL DEFAULT '' CHECK (attendance IN ('', 'present', 'absent')),
	attended_by   text NOT NULL DEFAULT '' CHECK (attended_by IN ('', 'qr', 'list')),
	attended_at   timestamptz,
	updated_at    timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT inscription_is_for_a_slot FOREIGN KEY (tenant_id, mission_id, slot_id) REFERENCES missions.slots (tenant_id, mission_id, id),
	CONSTRAINT one_inscription_per_slot UNIQUE (tenant_id, slot_id, citizen_id),
	CONSTRAINT asked_for_once_sent CHECK (state = 'draft' OR asked_at IS NOT NULL),
	CONSTRAINT refused_with_a_reason CHECK (state <> 'refused' OR reason <> ''),
	CONSTRAINT only_the_accepted_attend CHECK (attendance = '' OR state = 'accepted')
);
CREATE INDEX inscriptions_of_a_citizen ON missions.inscriptions (tenant_id, citizen_id, updated_at);
CREATE INDEX inscriptions_of_a_mission ON missions.inscriptions (tenant_id, mission_id, state, asked_at, id);
CREATE INDEX inscriptions_waiting ON missions.inscriptions (tenant_id, slot_id, asked_at, id) WHERE state = 'waiting';
SELECT core.protect('missions.inscriptions');
GRANT SELECT, INSERT, UPDATE, DELETE ON missions.inscriptions TO parvis_app;

-- The thread of an inscription: the only way the two sides talk.
CREATE TABLE missions.messages (
	tenant_id       uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id              uuid NOT NULL,
	inscription_id  uuid NOT NULL,
	from_host       boolean NOT NULL,
	author_id       uuid,                                   -- null once the account is erased
	body            text NOT NULL,
	at              timestamptz NOT NULL,
	flagged_at      timestamptz,                            -- the other side asked for a look
	flagged_by      uuid,
	settled_at      timestamptz,                            -- a moderator looked
	hidden          boolean NOT NULL DEFAULT false,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT message_is_of_an_inscription FOREIGN KEY (tenant_id, inscription_id) REFERENCES missions.inscriptions (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT nobody_flags_themselves CHECK (flagged_by IS NULL OR flagged_by <> author_id),
	CONSTRAINT hidden_by_a_moderator CHECK (NOT hidden OR settled_at IS NOT NULL)
);
CREATE INDEX messages_in_order ON missions.messages (tenant_id, inscription_id, at, id);
CREATE INDEX messages_flagged ON missions.messages (tenant_id, flagged_at, id) WHERE flagged_at IS NOT NULL AND settled_at IS NULL;
SELECT core.protect('missions.messages');
GRANT SELECT, INSERT ON missions.messages TO parvis_app;
GRANT UPDATE (author_id, body, flagged_at, flagged_by, settled_at, hidden) ON missions.messages TO parvis_app;

-- The ledger of hours, in whole minutes. Append-only: a mistake is put right by
-- another line, with a reason. The account stays named by its id alone.
CREATE TABLE missions.hours (
	tenant_id       uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id              bigint GENERATED ALWAYS AS IDENTITY,
	citizen_id      uuid NOT NULL,
	inscription_id  uuid NOT NULL,
	corrects        bigint,                                 -- the line put right; null: hours given
	day             date NOT NULL,                          -- on the town's calendar
	starts_at       timestamptz NOT NULL,
	minutes         integer NOT NULL,
	source          text NOT NULL CHECK (source IN ('qr', 'list', 'correction')),
	reason          text NOT NULL DEFAULT '',
	validated_by    uuid NOT NULL,
	at              timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT hours_are_of_an_inscription FOREIGN KEY (tenant_id, inscription_id) REFERENCES missions.inscriptions (tenant_id, id),
	CONSTRAINT correction_is_of_a_line FOREIGN KEY (tenant_id, corrects) REFERENCES missions.hours (tenant_id, id),
	CONSTRAINT nobody_validates_their_own_hours CHECK (validated_by <> citizen_id),
	CONSTRAINT a_day_has_24_hours CHECK (abs(minutes) BETWEEN 1 AND 1440),
	CONSTRAINT hours_given_are_positive CHECK (corrects IS NOT NULL OR minutes > 0),
	CONSTRAINT corrected_with_a_reason CHECK ((corrects IS NOT NULL) = (source = 'correction') AND (corrects IS NULL OR reason <> ''))
);
-- Validating the same work twice is a mistake: what is wrong is corrected.
CREATE UNIQUE INDEX same_hours_once ON missions.hours (tenant_id, inscription_id, day) WHERE corrects IS NULL;
CREATE INDEX hours_of_a_citizen ON missions.hours (tenant_id, citizen_id, day, id);
CREATE INDEX hours_of_an_inscription ON missions.hours (tenant_id, inscription_id, id);
SELECT core.protect('missions.hours');
GRANT SELECT, INSERT ON missions.hours TO parvis_app;

-- What one line alone cannot say: a day has 24 hours whoever validates them,
-- nobody is in two places, and a correction never takes back more than there is.
CREATE FUNCTION missions.check_hours() RETURNS trigger
	LANGUAGE plpgsql AS $$
DECLARE
	total integer;
BEGIN
	-- Two hosts who validate at once wait for each other.
	PERFORM pg_advisory_xact_lock(hashtextextended('missions.hours ' || NEW.tenant_id || NEW.citizen_id, 0));
	IF NEW.corrects IS NOT NULL THEN
		SELECT sum(minutes) INTO total FROM missions.hours
		WHERE tenant_id = NEW.tenant_id AND (id = NEW.corrects OR corrects = NEW.corrects)
			AND citizen_id = NEW.citizen_id AND inscription_id = NEW.inscription_id AND day = NEW.day;
		IF total IS NULL OR total + NEW.minutes < 0 THEN
			RAISE EXCEPTION 'a correction of what was not validated' USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_within_the_hours';
		END IF;
	ELSIF EXISTS (
		SELECT FROM missions.hours h
		WHERE h.tenant_id = NEW.tenant_id AND h.citizen_id = NEW.citizen_id AND h.corrects IS NULL
			AND (h.inscription_id, h.day) <> (NEW.inscription_id, NEW.day) -- the index same_hours_once says that better
			AND h.day BETWEEN NEW.day - 1 AND NEW.day + 1
			AND h.starts_at < NEW.starts_at + NEW.minutes * interval '1 minute'
			AND NEW.starts_at < h.starts_at + interval '1 minute' * (h.minutes + (
				SELECT coalesce(sum(c.minutes), 0) FROM missions.hours c WHERE c.tenant_id = h.tenant_id AND c.corrects = h.id))
	) THEN
		RAISE EXCEPTION 'in two places at once' USING ERRCODE = 'check_violation', CONSTRAINT = 'in_one_place_at_a_time';
	END IF;
	SELECT coalesce(sum(minutes), 0) INTO total FROM missions.hours
	WHERE tenant_id = NEW.tenant_id AND citizen_id = NEW.citizen_id AND day = NEW.day;
	IF total + NEW.minutes > 1440 THEN
		RAISE EXCEPTION 'more than a day' USING ERRCODE = 'check_violation', CONSTRAINT = 'a_day_has_24_hours';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER check_hours BEFORE INSERT ON missions.hours FOR EACH ROW EXECUTE FUNCTION missions.check_hours();

-- The aid that hours lead to: one scheme for a town, such as help to pay for
-- the driving licence.
CREATE TABLE missions.schemes (
	tenant_id       uuid PRIMARY KEY REFERENCES core.tenants (id) ON DELETE CASCADE,
	version         bigint NOT NULL DEFAULT 1,
	name            text NOT NULL CHECK (name <> ''),
	conditions      text NOT NULL DEFAULT '',               -- Markdown
	age_from        smallint NOT NULL,
	age_to          smallint NOT NULL,
	amount_cents    bigint NOT NULL CHECK (amount_cents > 0),
	target_minutes  integer NOT NULL CHECK (target_minutes BETWEEN 60 AND 60000),
	open            boolean NOT NULL DEFAULT false,
	updated_at      timestamptz NOT NULL,
	CONSTRAINT scheme_ages_are_in_order CHECK (age_from BETWEEN 0 AND age_to AND age_to <= 120)
);
SELECT core.protect('missions.schemes');
GRANT SELECT, INSERT, UPDATE ON missions.schemes TO parvis_app;

-- Who asked for the aid, on what terms, and what the town hall decided and paid.
CREATE TABLE missions.claims (
	tenant_id       uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id              uuid NOT NULL,
	citizen_id      uuid NOT NULL,
	scheme          text NOT NULL,                          -- its name that day
	amount_cents    bigint NOT NULL CHECK (amount_cents > 0),
	target_minutes  integer NOT NULL,
	minutes         integer NOT NULL,                       -- validated when it was asked for
	state           text NOT NULL CHECK (state IN ('filed', 'granted', 'refused', 'paid')),
	reason          text NOT NULL DEFAULT '',
	payment         text NOT NULL DEFAULT '',               -- reference of the payment, and to whom
	filed_at        timestamptz NOT NULL,
	decided_at      timestamptz,
	decided_by      uuid,
	paid_at         timestamptz,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT claimed_at_the_target CHECK (minutes >= target_minutes),
	CONSTRAINT nobody_decides_their_own_claim CHECK (decided_by IS NULL OR decided_by <> citizen_id),
	CONSTRAINT claim_refused_with_a_reason CHECK (state <> 'refused' OR reason <> ''),
	CONSTRAINT paid_with_a_reference CHECK ((state = 'paid') = (paid_at IS NOT NULL) AND (state <> 'paid' OR payment <> ''))
);
CREATE UNIQUE INDEX one_aid_per_person ON missions.claims (tenant_id, citizen_id) WHERE state <> 'refused';
CREATE INDEX claims_by_state ON missions.claims (tenant_id, state, filed_at, id);
SELECT core.protect('missions.claims');
GRANT SELECT, INSERT, UPDATE ON missions.claims TO parvis_app;

-- People who agree to be found by associations. The place is rounded to about
-- a kilometre before it is kept.
CREATE TABLE missions.volunteers (
	tenant_id     uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	citizen_id    uuid NOT NULL,
	visible       boolean NOT NULL DEFAULT false,
	skills        text[] NOT NULL DEFAULT '{}',
	availability  text[] NOT NULL DEFAULT '{}',
	zone_id       uuid,
	lat           integer,
	lon           integer,
	updated_at    timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, citizen_id),
	CONSTRAINT volunteer_is_in_a_zone_of_the_tenant FOREIGN KEY (tenant_id, zone_id)
		REFERENCES core.zones (tenant_id, id) ON DELETE SET NULL (zone_id),
	CONSTRAINT a_home_is_kept_roughly CHECK ((lat IS NULL) = (lon IS NULL) AND lat % 10000 = 0 AND lon % 10000 = 0)
);
CREATE INDEX volunteers_to_find ON missions.volunteers (tenant_id, updated_at, citizen_id) WHERE visible;
SELECT core.protect('missions.volunteers');
GRANT SELECT, INSERT, UPDATE, DELETE ON missions.volunteers TO parvis_app;

-- Who was asked by the site to lend a hand. Once per mission.
CREATE TABLE missions.invitations (
	tenant_id   uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	mission_id  uuid NOT NULL,
	citizen_id  uuid NOT NULL,
	at          timestamptz NOT NULL,
	CONSTRAINT invited_once PRIMARY KEY (tenant_id, mission_id, citizen_id),
	CONSTRAINT invitation_is_to_a_mission FOREIGN KEY (tenant_id, mission_id) REFERENCES missions.missions (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX invitations_of_a_citizen ON missions.invitations (tenant_id, citizen_id, at);
SELECT core.protect('missions.invitations');
GRANT SELECT, INSERT, DELETE ON missions.invitations TO parvis_app;
