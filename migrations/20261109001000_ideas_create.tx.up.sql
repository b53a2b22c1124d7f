-- Ideas: what inhabitants propose to their commune, and what it answers.
-- Supports and comments are in the schema "discussion"; their numbers are kept
-- here, changed in the same transactions, because lists sort by them.
CREATE SCHEMA ideas;
GRANT USAGE ON SCHEMA ideas TO parvis_app;

CREATE TABLE ideas.ideas (
	tenant_id     uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id            uuid NOT NULL,
	version       bigint NOT NULL DEFAULT 1,                -- grows at each change of the text or of the answer
	title         text NOT NULL,
	body          text NOT NULL,                            -- Markdown, sanitised when shown
	theme         text NOT NULL,
	zone_id       uuid,
	place         text NOT NULL DEFAULT '',                 -- in words
	lat           integer NOT NULL DEFAULT 0,               -- micro-degrees; 0, 0: nowhere in particular
	lon           integer NOT NULL DEFAULT 0,
	photo         text NOT NULL DEFAULT '',                 -- hash of the file
	photo_type    text NOT NULL DEFAULT '',
	photo_size    bigint NOT NULL DEFAULT 0,
	photo_alt     text NOT NULL DEFAULT '',                 -- what it shows, for those who do not see it
	state         text NOT NULL DEFAULT 'deposited',
	visibility    text NOT NULL DEFAULT 'draft',
	merged_into   uuid,
	answer        text NOT NULL DEFAULT '',                 -- the town hall's, Markdown
	answered_at   timestamptz,
	answered_by   uuid,                                     -- null once the account is erased
	project_href  text NOT NULL DEFAULT '',                 -- the draft project it became in a budget
	supports      integer NOT NULL DEFAULT 0,
	comments      integer NOT NULL DEFAULT 0,
	stirred_at    timestamptz NOT NULL,                     -- deposit or newest comment: the order "in discussion"
	words         tsvector NOT NULL,                        -- title and body, folded by the program
	folded        text NOT NULL,                            -- the title, folded, for typos
	author_id     uuid,                                     -- null once the account is erased
	created_at    timestamptz NOT NULL,
	published_at  timestamptz,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT idea_is_in_a_zone_of_the_tenant FOREIGN KEY (tenant_id, zone_id) REFERENCES core.zones (tenant_id, id) ON DELETE SET NULL (zone_id),
	CONSTRAINT idea_is_by_an_account FOREIGN KEY (tenant_id, author_id) REFERENCES core.citizens (tenant_id, id) ON DELETE SET NULL (author_id),
	CONSTRAINT merged_into_another_idea FOREIGN KEY (tenant_id, merged_into) REFERENCES ideas.ideas (tenant_id, id),
	CONSTRAINT an_idea_says_something CHECK (title <> '' AND body <> ''),
	CONSTRAINT idea_is_in_a_known_state CHECK (state IN ('deposited', 'studied', 'kept', 'done', 'refused', 'merged')),
	CONSTRAINT idea_is_seen_by_somebody_known CHECK (visibility IN ('draft', 'visible', 'pending', 'hidden', 'withdrawn')),
	CONSTRAINT merged_says_into_which CHECK ((state = 'merged') = (merged_into IS NOT NULL) AND merged_into IS DISTINCT FROM id),
	CONSTRAINT decided_with_an_answer CHECK (state NOT IN ('kept', 'done', 'refused') OR (answer <> '' AND answered_at IS NOT NULL)),
	CONSTRAINT published_has_a_date CHECK (visibility = 'draft' OR published_at IS NOT NULL),
	CONSTRAINT idea_counts_are_counts CHECK (supports >= 0 AND comments >= 0),
	CONSTRAINT idea_lies_on_earth CHECK (lat BETWEEN -90000000 AND 90000000 AND lon BETWEEN -180000000 AND 180000000)
);
-- The public lists, in each of their orders, and narrowed by what is most often chosen.
CREATE INDEX ideas_by_date ON ideas.ideas (tenant_id, published_at, id) WHERE visibility = 'visible';
CREATE INDEX ideas_by_supports ON ideas.ideas (tenant_id, supports, id) WHERE visibility = 'visible';
CREATE INDEX ideas_by_stir ON ideas.ideas (tenant_id, stirred_at, id) WHERE visibility = 'visible';
CREATE INDEX ideas_by_state ON ideas.ideas (tenant_id, state, published_at, id) WHERE visibility = 'visible';
CREATE INDEX ideas_by_theme ON ideas.ideas (tenant_id, theme, published_at, id) WHERE visibility = 'visible';
CREATE INDEX ideas_by_zone ON ideas.ideas (tenant_id, zone_id, published_at, id) WHERE visibility = 'visible';
CREATE INDEX ideas_by_author ON ideas.ideas (tenant_id, author_id, created_at);
CREATE INDEX ideas_merged ON ideas.ideas (tenant_id, merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX ideas_by_words ON ideas.ideas USING gin (words);
CREATE INDEX ideas_by_resemblance ON ideas.ideas USING gin (folded public.gin_trgm_ops);
SELECT core.protect('ideas.ideas');
GRANT SELECT, INSERT, UPDATE, DELETE ON ideas.ideas TO parvis_app;

-- What was decided in public, in order: states and answers. Append-only.
CREATE TABLE ideas.steps (
	tenant_id  uuid NOT NULL,
	id         bigint GENERATED ALWAYS AS IDENTITY,
	idea_id    uuid NOT NULL,
	at         timestamptz NOT NULL,
	state      text NOT NULL,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT step_is_of_an_idea FOREIGN KEY (tenant_id, idea_id) REFERENCES ideas.ideas (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX steps_in_order ON ideas.steps (tenant_id, idea_id, id);
SELECT core.protect('ideas.steps');
GRANT SELECT, INSERT ON ideas.steps TO parvis_app;
