-- Associations: the town's directory, who answers for whom, and their news.
-- What an association says of itself here is public; of people there are only
-- ids, and never an address.
CREATE SCHEMA associations;
GRANT USAGE ON SCHEMA associations TO parvis_app;

CREATE TABLE associations.associations (
	tenant_id     uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	id            uuid NOT NULL,
	version       bigint NOT NULL DEFAULT 1,           -- grows at each change: who saves an older one is told
	name          text NOT NULL,
	name_key      text COLLATE "C" NOT NULL,           -- without accents or capitals: the order of the directory
	acronym       text NOT NULL DEFAULT '',
	purpose       text NOT NULL DEFAULT '',            -- one or two sentences (l'objet)
	body          text NOT NULL DEFAULT '',            -- the presentation, Markdown, sanitised when shown
	theme         text NOT NULL,                       -- families of the national directory: see theme.go
	zone_id       uuid,
	address       text NOT NULL DEFAULT '',
	lat           integer,                             -- micro-degrees: no decision hangs on a float
	lon           integer,
	email         text NOT NULL DEFAULT '',            -- the association's own, public
	phone         text NOT NULL DEFAULT '',
	website       text NOT NULL DEFAULT '',
	rna           text NOT NULL DEFAULT '',            -- national number: "W521001234"
	siret         text NOT NULL DEFAULT '',
	logo          text NOT NULL DEFAULT '',            -- hash of the file
	state         text NOT NULL,
	state_reason  text NOT NULL DEFAULT '',            -- why it was refused or closed
	words         tsvector NOT NULL,                   -- names, purpose, presentation, folded by the program
	created_by    uuid,                                -- null once the account is erased
	created_at    timestamptz NOT NULL,
	updated_at    timestamptz NOT NULL,
	verified_at   timestamptz,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT association_is_in_a_zone_of_the_tenant FOREIGN KEY (tenant_id, zone_id)
		REFERENCES core.zones (tenant_id, id) ON DELETE SET NULL (zone_id),
	CONSTRAINT an_association_has_a_name CHECK (name <> '' AND name_key <> ''),
	CONSTRAINT an_association_stands_somewhere CHECK (state IN ('pending', 'listed', 'verified', 'refused', 'closed')),
	CONSTRAINT refused_or_closed_with_a_reason CHECK (state NOT IN ('refused', 'closed') OR state_reason <> ''),
	CONSTRAINT verified_when CHECK (state <> 'verified' OR verified_at IS NOT NULL),
	CONSTRAINT a_pin_has_both_coordinates CHECK ((lat IS NULL) = (lon IS NULL)),
	CONSTRAINT a_pin_lies_on_earth CHECK (lat BETWEEN -90000000 AND 90000000 AND lon BETWEEN -180000000 AND 180000000),
	CONSTRAINT rna_is_a_w_and_nine CHECK (rna = '' OR rna ~ '^W[0-9][0-9A-Z][0-9]{7}$'),
	CONSTRAINT siret_has_fourteen_digits CHECK (siret = '' OR siret ~ '^[0-9]{14}$'),
	CONSTRAINT logo_is_named_by_its_content CHECK (logo = '' OR logo ~ '^[0-9a-f]{64}$')
);
-- One page for each association, also under two simultaneous requests.
CREATE UNIQUE INDEX one_page_per_rna ON associations.associations (tenant_id, rna) WHERE rna <> '' AND state <> 'refused';
-- The directory, and what it is narrowed by.
CREATE INDEX associations_by_name ON associations.associations (tenant_id, name_key, id) WHERE state IN ('listed', 'verified');
CREATE INDEX associations_by_theme ON associations.associations (tenant_id, theme, name_key, id) WHERE state IN ('listed', 'verified');
CREATE INDEX associations_by_zone ON associations.associations (tenant_id, zone_id, name_key, id) WHERE state IN ('listed', 'verified');
CREATE INDEX associations_by_words ON associations.associations USING gin (words);
CREATE INDEX associations_like_name ON associations.associations USING gin (name_key gin_trgm_ops);
-- The back office.
CREATE INDEX associations_by_state ON associations.associations (tenant_id, state, name_key, id);
CREATE INDEX associations_in_order ON associations.associations (tenant_id, name_key, id);
SELECT core.protect('associations.associations');
GRANT SELECT, INSERT, UPDATE ON associations.associations TO parvis_app;

-- Who answers for an association: several people may.
CREATE TABLE associations.responsibles (
	tenant_id       uuid NOT NULL,
	association_id  uuid NOT NULL,
	citizen_id      uuid NOT NULL,
	position        text NOT NULL,                     -- what they do there: see claim.go
	since           timestamptz NOT NULL,
	CONSTRAINT responsible_once PRIMARY KEY (tenant_id, association_id, citizen_id),
	CONSTRAINT responsible_is_of_an_association FOREIGN KEY (tenant_id, association_id)
		REFERENCES associations.associations (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT responsible_is_a_citizen FOREIGN KEY (tenant_id, citizen_id)
		REFERENCES core.citizens (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX responsibles_by_citizen ON associations.responsibles (tenant_id, citizen_id);
SELECT core.protect('associations.responsibles');
GRANT SELECT, INSERT, DELETE ON associations.responsibles TO parvis_app;

-- Who asks to answer for one, and what was answered.
CREATE TABLE associations.claims (
	tenant_id       uuid NOT NULL,
	id              uuid NOT NULL,
	association_id  uuid NOT NULL,
	citizen_id      uuid,                              -- null once the account is erased
	position        text NOT NULL,
	message         text NOT NULL DEFAULT '',
	state           text NOT NULL DEFAULT 'waiting',
	reason          text NOT NULL DEFAULT '',
	asked_at        timestamptz NOT NULL,
	decided_at      timestamptz,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT claim_is_of_an_association FOREIGN KEY (tenant_id, association_id)
		REFERENCES associations.associations (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT claim_is_answered_or_waits CHECK (state IN ('waiting', 'accepted', 'refused', 'withdrawn')),
	CONSTRAINT claim_is_refused_with_a_reason CHECK (state <> 'refused' OR reason <> ''),
	CONSTRAINT an_answered_claim_says_when CHECK ((state = 'waiting') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX one_waiting_claim_each ON associations.claims (tenant_id, association_id, citizen_id) WHERE state = 'waiting';
CREATE INDEX claims_waiting ON associations.claims (tenant_id, asked_at, id) WHERE state = 'waiting';
CREATE INDEX claims_by_citizen ON associations.claims (tenant_id, citizen_id, asked_at);
SELECT core.protect('associations.claims');
GRANT SELECT, INSERT, UPDATE ON associations.claims TO parvis_app;

-- News of an association.
CREATE TABLE associations.posts (
	tenant_id       uuid NOT NULL,
	id              uuid NOT NULL,
	association_id  uuid NOT NULL,
	title           text NOT NULL,
	body            text NOT NULL,                     -- Markdown, sanitised when shown
	published_at    timestamptz NOT NULL,
	created_by      uuid,
	PRIMARY KEY (tenant_id, id),
	CONSTRAINT post_is_of_an_association FOREIGN KEY (tenant_id, association_id)
		REFERENCES associations.associations (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT a_post_says_something CHECK (title <> '' AND body <> '')
);
CREATE INDEX posts_newest ON associations.posts (tenant_id, association_id, published_at DESC, id);
CREATE INDEX posts_latest ON associations.posts (tenant_id, published_at);
CREATE INDEX posts_by_author ON associations.posts (tenant_id, created_by) WHERE created_by IS NOT NULL;
SELECT core.protect('associations.posts');
GRANT SELECT, INSERT, UPDATE, DELETE ON associations.posts TO parvis_app;
