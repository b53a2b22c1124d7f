-- Consultations: what a commune asks its inhabitants, the dossier, the public
-- register of what changed, and what was done with the answer. The questions
-- themselves and their ballots belong to the schema "voting".
CREATE SCHEMA consultations;
GRANT USAGE ON SCHEMA consultations TO parvis_app;

CREATE TABLE consultations.consultations (
	tenant_id            uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id                   uuid NOT NULL,
	version              bigint NOT NULL DEFAULT 1,         -- grows at each change: who saves an older one is told
	title                text NOT NULL,                     -- the question in one sentence
	summary              text NOT NULL DEFAULT '',
	easy                 text NOT NULL DEFAULT '',          -- the summary in "facile à lire et à comprendre"
	body                 text NOT NULL DEFAULT '',          -- Markdown, sanitised when shown
	promise              text NOT NULL DEFAULT '',          -- what the town hall will do with the result
	zone_id              uuid,                              -- the quartier it is about; null: the whole territory
	opens_at             timestamptz,
	closes_at            timestamptz,
	published_at         timestamptz,                       -- null: a draft, which nobody else sees
	cancelled_at         timestamptz,
	cancel_reason        text NOT NULL DEFAULT '',
	outcome              text NOT NULL DEFAULT '',          -- what was decided, Markdown
	outcome_at           timestamptz,
	deliberated_on       date,
	deliberation_number  text NOT NULL DEFAULT '',
	deliberation_url     text NOT NULL DEFAULT '',
	words                tsvector NOT NULL,                 -- title, summaries and body, folded by the program
	created_by           uuid,                              -- null once the account is erased
	created_at           timestamptz NOT NULL,
	updated_at           timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT consultation_is_about_a_zone_of_the_tenant FOREIGN KEY (tenant_id, zone_id)
		REFERENCES core.zones (tenant_id, id) ON DELETE SET NULL (zone_id),
	CONSTRAINT a_consultation_has_a_title CHECK (title <> ''),
	CONSTRAINT closing_comes_after_opening CHECK (opens_at < closes_at),
	CONSTRAINT published_with_both_dates CHECK (published_at IS NULL OR (opens_at IS NOT NULL AND closes_at IS NOT NULL)),
	CONSTRAINT cancelled_in_public_with_a_reason CHECK (cancelled_at IS NULL OR (published_at IS NOT NULL AND cancel_reason <> '')),
	CONSTRAINT decided_after_publication CHECK (outcome_at IS NULL OR (published_at IS NOT NULL AND cancelled_at IS NULL AND outcome <> ''))
);
-- The public lists: what is open or to come by its end, what is over by its end.
CREATE INDEX consultations_by_closing ON consultations.consultations (tenant_id, closes_at, id) WHERE published_at IS NOT NULL;
CREATE INDEX consultations_by_opening ON consultations.consultations (tenant_id, opens_at, id) WHERE published_at IS NOT NULL;
CREATE INDEX consultations_by_change ON consultations.consultations (tenant_id, updated_at, id);
SELECT core.protect('consultations.consultations');
GRANT SELECT, INSERT, UPDATE, DELETE ON consultations.consultations TO parvis_app;

-- The documents of a dossier. The contents are files on disk, named by their hash.
CREATE TABLE consultations.documents (
	tenant_id        uuid NOT NULL,
	id               uuid NOT NULL,
	consultation_id  uuid NOT NULL,
	position         int NOT NULL,
	title            text NOT NULL CHECK (title <> ''),
	media_type       text NOT NULL,
	size             bigint NOT NULL CHECK (size > 0),
	sha256           text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
	added_at         timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT document_is_of_a_consultation FOREIGN KEY (tenant_id, consultation_id)
		REFERENCES consultations.consultations (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT same_document_once UNIQUE (tenant_id, consultation_id, sha256)
);
CREATE INDEX documents_in_order ON consultations.documents (tenant_id, consultation_id, position, id);
SELECT core.protect('consultations.documents');
GRANT SELECT, INSERT, DELETE ON consultations.documents TO parvis_app;

-- The public register of changes. Append-only, and without anybody's name: who
-- did it is in the journal of powers. A consultation that is here was published,
-- so it can no more be deleted.
CREATE TABLE consultations.changes (
	tenant_id        uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id               bigint GENERATED ALWAYS AS IDENTITY,
	consultation_id  uuid NOT NULL,
	at               timestamptz NOT NULL,
	kind             text NOT NULL CHECK (kind IN ('published', 'edited', 'document', 'rescheduled', 'opened', 'closed', 'extended', 'cancelled', 'decided', 'corrected')),
	reason           text NOT NULL DEFAULT '',
	was              timestamptz,                           -- the end before an extension or an early closing
	becomes          timestamptz,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT change_is_of_a_consultation FOREIGN KEY (tenant_id, consultation_id)
		REFERENCES consultations.consultations (tenant_id, id)
);
CREATE INDEX changes_in_order ON consultations.changes (tenant_id, consultation_id, id);
SELECT core.protect('consultations.changes');
GRANT SELECT, INSERT ON consultations.changes TO parvis_app;

-- What became of the decision: dated notes, until everything is done.
CREATE TABLE consultations.follow_ups (
	tenant_id        uuid NOT NULL,
	id               uuid NOT NULL,
	consultation_id  uuid NOT NULL,
	at               timestamptz NOT NULL,
	text             text NOT NULL CHECK (text <> ''),
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT follow_up_is_of_a_consultation FOREIGN KEY (tenant_id, consultation_id)
		REFERENCES consultations.consultations (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX follow_ups_in_order ON consultations.follow_ups (tenant_id, consultation_id, at, id);
SELECT core.protect('consultations.follow_ups');
GRANT SELECT, INSERT, DELETE ON consultations.follow_ups TO parvis_app;
