CREATE SCHEMA guestbook;
GRANT USAGE ON SCHEMA guestbook TO parvis_app;
CREATE TABLE guestbook.words (
	tenant_id  uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id         uuid NOT NULL DEFAULT gen_random_uuid(),
	author_id  uuid NOT NULL,
	body       text NOT NULL CONSTRAINT a_word_says_something CHECK (body <> ''),
	at         timestamptz NOT NULL DEFAULT core.now(),
	PRIMARY KEY (tenant_id, id)
);
SELECT core.protect('guestbook.words');
GRANT SELECT, INSERT, DELETE ON guestbook.words TO parvis_app;
