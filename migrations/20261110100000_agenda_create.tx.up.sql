-- The agenda: events of the town hall and of associations. What other modules
-- have at a date is theirs; the agenda asks them.
CREATE SCHEMA agenda;
GRANT USAGE ON SCHEMA agenda TO parvis_app;

CREATE TABLE agenda.events (
	tenant_id       uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id              uuid NOT NULL,
	version         bigint NOT NULL DEFAULT 1,           -- grows at each change: who saves an older one is told; subscriptions follow it
	association_id  uuid,                                -- whose event it is; null: the town hall's
	title           text NOT NULL,
	body            text NOT NULL DEFAULT '',            -- Markdown, sanitised when shown
	place           text NOT NULL DEFAULT '',
	zone_id         uuid,
	lat             integer,                             -- micro-degrees: no decision hangs on a float
	lon             integer,
	starts_at       timestamptz NOT NULL,
	ends_at         timestamptz NOT NULL,
	all_day         boolean NOT NULL DEFAULT false,      -- whole days of the town: ends_at is the first moment of the day after
	cancelled_at    timestamptz,
	cancel_reason   text NOT NULL DEFAULT '',
	words           tsvector NOT NULL,                   -- title, place and text, folded by the program
	created_by      uuid,                                -- null once the account is erased
	created_at      timestamptz NOT NULL,
	updated_at      timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT event_is_in_a_zone_of_the_tenant FOREIGN KEY (tenant_id, zone_id)
		REFERENCES core.zones (tenant_id, id) ON DELETE SET NULL (zone_id),
	CONSTRAINT an_event_has_a_title CHECK (title <> ''),
	CONSTRAINT an_event_ends_after_it_starts CHECK (ends_at > starts_at),
	CONSTRAINT an_event_lasts_three_months_at_most CHECK (ends_at <= starts_at + interval '2209 hours'),
	CONSTRAINT cancelled_with_a_reason CHECK (cancelled_at IS NULL OR cancel_reason <> ''),
	CONSTRAINT a_pin_has_both_coordinates CHECK ((lat IS NULL) = (lon IS NULL)),
	CONSTRAINT a_pin_lies_on_earth CHECK (lat BETWEEN -90000000 AND 90000000 AND lon BETWEEN -180000000 AND 180000000)
);
CREATE INDEX events_by_start ON agenda.events (tenant_id, starts_at, id);
CREATE INDEX events_by_association ON agenda.events (tenant_id, association_id, starts_at, id);
CREATE INDEX events_by_words ON agenda.events USING gin (words);
CREATE INDEX events_by_author ON agenda.events (tenant_id, created_by) WHERE created_by IS NOT NULL;
SELECT core.protect('agenda.events');
GRANT SELECT, INSERT, UPDATE ON agenda.events TO parvis_app;
