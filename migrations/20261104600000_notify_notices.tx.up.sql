-- What the site has told its citizens, for their own page of news: they read
-- there what was mailed, and what was not for want of an address.
CREATE TABLE core.notices (
	tenant_id   uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	citizen_id  uuid NOT NULL,
	id          uuid NOT NULL DEFAULT gen_random_uuid(),
	at          timestamptz NOT NULL DEFAULT core.now(),
	title       text NOT NULL CONSTRAINT a_notice_says_something CHECK (title <> ''),
	body        text NOT NULL DEFAULT '',
	href        text NOT NULL DEFAULT '' CONSTRAINT a_notice_leads_nowhere_else CHECK (href = '' OR href ~ '^/([^/\\]|$)'),
	read_at     timestamptz,
	PRIMARY KEY (tenant_id, citizen_id, id),
	CONSTRAINT notice_is_of_a_citizen FOREIGN KEY (tenant_id, citizen_id) REFERENCES core.citizens (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX notices_by_time ON core.notices (tenant_id, citizen_id, at DESC, id DESC);
CREATE INDEX notices_by_age ON core.notices (tenant_id, at);
SELECT core.protect('core.notices');
GRANT SELECT, INSERT, UPDATE (read_at), DELETE ON core.notices TO parvis_app;
