-- Discussion: what people say of the things of any module (an idea, a project):
-- they support them, comment on them, flag what has no place there, and
-- moderators decide in the open. A thing is named by its module and its id.
CREATE SCHEMA discussion;
GRANT USAGE ON SCHEMA discussion TO parvis_app;

CREATE TABLE discussion.supports (
	tenant_id   uuid NOT NULL,
	module      text NOT NULL,
	subject_id  uuid NOT NULL,
	citizen_id  uuid NOT NULL,
	told        boolean NOT NULL DEFAULT true,              -- wants to know what becomes of it
	created_at  timestamptz NOT NULL,
	CONSTRAINT one_support_per_citizen PRIMARY KEY (tenant_id, module, subject_id, citizen_id),
	CONSTRAINT support_is_by_an_account FOREIGN KEY (tenant_id, citizen_id) REFERENCES core.citizens (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT support_is_of_a_module CHECK (module ~ '^[a-z]{3,20}$')
);
CREATE INDEX supports_by_citizen ON discussion.supports (tenant_id, citizen_id, created_at);
SELECT core.protect('discussion.supports');
GRANT SELECT, INSERT, UPDATE (told), DELETE ON discussion.supports TO parvis_app;

CREATE TABLE discussion.comments (
	tenant_id     uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id            uuid NOT NULL,
	module        text NOT NULL,
	subject_id    uuid NOT NULL,
	parent_id     uuid,                                     -- the comment it answers
	author_id     uuid,                                     -- null once the account is erased
	official      boolean NOT NULL DEFAULT false,           -- said in the name of the town hall
	body          text NOT NULL,                            -- Markdown, sanitised when shown
	state         text NOT NULL DEFAULT 'visible',
	created_at    timestamptz NOT NULL,
	level         smallint NOT NULL GENERATED ALWAYS AS (CASE WHEN parent_id IS NULL THEN 0 ELSE 1 END) STORED,
	parent_level  smallint GENERATED ALWAYS AS (CASE WHEN parent_id IS NULL THEN NULL ELSE 0 END) STORED,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT a_comment_stands_in_one_thread UNIQUE (tenant_id, id, module, subject_id, level),
	CONSTRAINT answers_go_one_level_deep FOREIGN KEY (tenant_id, parent_id, module, subject_id, parent_level)
		REFERENCES discussion.comments (tenant_id, id, module, subject_id, level),
	CONSTRAINT comment_is_by_an_account FOREIGN KEY (tenant_id, author_id) REFERENCES core.citizens (tenant_id, id) ON DELETE SET NULL (author_id),
	CONSTRAINT comment_is_of_a_module CHECK (module ~ '^[a-z]{3,20}$'),
	CONSTRAINT a_comment_says_something CHECK (body <> ''),
	-- pending: hidden by flags until somebody has looked; hidden: by moderation.
	CONSTRAINT comment_is_in_a_known_state CHECK (state IN ('visible', 'pending', 'hidden', 'withdrawn'))
);
CREATE INDEX comments_in_order ON discussion.comments (tenant_id, module, subject_id, created_at, id) WHERE parent_id IS NULL;
CREATE INDEX comments_by_parent ON discussion.comments (tenant_id, parent_id, created_at, id) WHERE parent_id IS NOT NULL;
CREATE INDEX comments_by_author ON discussion.comments (tenant_id, author_id, created_at);
SELECT core.protect('discussion.comments');
GRANT SELECT, INSERT, UPDATE (state, author_id) ON discussion.comments TO parvis_app;

-- A case is one content (comment_id null: the thing itself) that somebody has
-- flagged, and what was decided about it, with the reason, then on appeal.
CREATE TABLE discussion.cases (
	tenant_id      uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id             uuid NOT NULL,
	module         text NOT NULL,
	subject_id     uuid NOT NULL,
	comment_id     uuid,
	author_id      uuid,                                    -- whose content it is; null once erased
	opened_at      timestamptz NOT NULL,
	hidden_at      timestamptz,                             -- when flags hid it, before anybody decided
	decision       text NOT NULL DEFAULT '',
	reason         text NOT NULL DEFAULT '',
	decided_at     timestamptz,
	appeal         text NOT NULL DEFAULT '',                -- what the author answers
	appealed_at    timestamptz,
	ruling         text NOT NULL DEFAULT '',
	ruling_reason  text NOT NULL DEFAULT '',
	ruled_at       timestamptz,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT case_is_about_a_comment_of_the_thread FOREIGN KEY (tenant_id, comment_id) REFERENCES discussion.comments (tenant_id, id),
	CONSTRAINT decided_with_a_reason CHECK (CASE WHEN decided_at IS NULL THEN decision = '' AND reason = '' ELSE decision IN ('keep', 'hide') AND reason <> '' END),
	CONSTRAINT only_what_was_hidden_is_appealed CHECK (appealed_at IS NULL OR (decision = 'hide' AND appeal <> '')),
	CONSTRAINT ruled_with_a_reason CHECK (CASE WHEN ruled_at IS NULL THEN ruling = '' AND ruling_reason = '' ELSE ruling IN ('restored', 'confirmed') AND ruling_reason <> '' AND appealed_at IS NOT NULL END)
);
CREATE UNIQUE INDEX one_open_case_per_content ON discussion.cases (tenant_id, module, subject_id, coalesce(comment_id, '00000000-0000-0000-0000-000000000000'::uuid)) WHERE decided_at IS NULL;
CREATE INDEX cases_that_wait ON discussion.cases (tenant_id, opened_at, id) WHERE decided_at IS NULL OR (appealed_at IS NOT NULL AND ruled_at IS NULL);
CREATE INDEX cases_by_content ON discussion.cases (tenant_id, module, subject_id, comment_id);
CREATE INDEX cases_by_author ON discussion.cases (tenant_id, author_id, opened_at);
CREATE INDEX cases_in_order ON discussion.cases (tenant_id, opened_at, id);
SELECT core.protect('discussion.cases');
GRANT SELECT, INSERT, UPDATE ON discussion.cases TO parvis_app;

CREATE TABLE discussion.flags (
	tenant_id   uuid NOT NULL,
	case_id     uuid NOT NULL,
	citizen_id  uuid NOT NULL,
	kind        text NOT NULL CHECK (kind IN ('insult', 'spam', 'personal', 'illegal', 'off_topic', 'other')),
	note        text NOT NULL DEFAULT '',
	proven      boolean NOT NULL,                           -- by a resident proven beyond e-mail: it counts towards hiding
	created_at  timestamptz NOT NULL,
	CONSTRAINT one_flag_per_citizen PRIMARY KEY (tenant_id, case_id, citizen_id),
	CONSTRAINT flag_opens_a_case FOREIGN KEY (tenant_id, case_id) REFERENCES discussion.cases (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT flag_is_by_an_account FOREIGN KEY (tenant_id, citizen_id) REFERENCES core.citizens (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX flags_by_citizen ON discussion.flags (tenant_id, citizen_id, created_at);
SELECT core.protect('discussion.flags');
GRANT SELECT, INSERT, UPDATE (note), DELETE ON discussion.flags TO parvis_app;
