-- People's accounts, their sessions, the mails that prove an address, roles,
-- and the limits that slow an attacker down. All of it is one tenant's data.

-- An account. Erasing it empties every column that tells who it was and keeps
-- the row, so that what the person did still counts, once.
CREATE TABLE core.citizens (
    tenant_id            uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id                   uuid NOT NULL,
    email                text,                              -- normalised (identity.ParseEmail); null without one, or erased
    name                 text NOT NULL,                     -- shown to others, chosen by the person
    name_key             text COLLATE "C" NOT NULL,         -- name without accents or capitals, for the desk's search
    name_key_reversed    text COLLATE "C" NOT NULL,         -- the same, last word first
    address              text NOT NULL DEFAULT '',
    zone_id              uuid,
    born_on              date,
    locale               text NOT NULL DEFAULT '',
    person_proof         smallint NOT NULL DEFAULT 0,
    person_proven_at     timestamptz,
    residence_proof      smallint NOT NULL DEFAULT 0,
    residence_proven_at  timestamptz,
    password_hash        text,                              -- argon2id, in PHC form
    charter_accepted_at  timestamptz,                       -- consent to the charter of participation
    notify               boolean NOT NULL DEFAULT false,    -- consent to news by mail
    assisted_by          uuid,                              -- the agent who opened the account at the desk
    demo_note            text,                              -- a demonstration account: who it plays
    created_at           timestamptz NOT NULL,
    seen_on              date NOT NULL,                     -- last day of use; retention counts from here
    warned_at            timestamptz,                           -- told that the unused account will be erased
    erased_at            timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT one_account_per_email UNIQUE (tenant_id, email),
    CONSTRAINT citizen_lives_in_a_zone_of_the_tenant FOREIGN KEY (tenant_id, zone_id) REFERENCES core.zones (tenant_id, id),
    CONSTRAINT proofs_are_on_their_scales CHECK (person_proof BETWEEN 0 AND 4 AND residence_proof BETWEEN 0 AND 3),
    CONSTRAINT an_erased_account_tells_nothing CHECK (erased_at IS NULL OR (
        email IS NULL AND name = '' AND name_key = '' AND name_key_reversed = '' AND address = '' AND zone_id IS NULL
        AND born_on IS NULL AND password_hash IS NULL AND demo_note IS NULL))
);
CREATE INDEX citizens_by_name ON core.citizens (tenant_id, name_key);
CREATE INDEX citizens_by_last_name ON core.citizens (tenant_id, name_key_reversed);
CREATE INDEX citizens_by_last_use ON core.citizens (tenant_id, seen_on) WHERE erased_at IS NULL;
SELECT core.protect('core.citizens');
GRANT SELECT, INSERT, UPDATE ON core.citizens TO parvis_app;

-- Keyed hashes of what was proven about a person (their address of mail). They
-- outlive the account, so that coming back is coming back as the same voter.
CREATE TABLE core.identity_marks (
    tenant_id   uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('email')),
    hash        bytea NOT NULL,
    citizen_id  uuid NOT NULL,
    erased_at   timestamptz,                                -- when the account was, or left the address; retention counts from here
    CONSTRAINT one_person_once PRIMARY KEY (tenant_id, kind, hash),
    CONSTRAINT mark_is_of_a_citizen FOREIGN KEY (tenant_id, citizen_id) REFERENCES core.citizens (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX identity_marks_by_citizen ON core.identity_marks (tenant_id, citizen_id);
SELECT core.protect('core.identity_marks');
GRANT SELECT, INSERT, UPDATE, DELETE ON core.identity_marks TO parvis_app;

-- Roles. An empty module or a null zone means everywhere.
CREATE TABLE core.role_grants (
    tenant_id   uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id          uuid NOT NULL,
    citizen_id  uuid NOT NULL,
    role        text NOT NULL CHECK (role IN ('agent', 'official', 'moderator', 'administrator', 'scrutineer')),
    module      text NOT NULL DEFAULT '',
    zone_id     uuid,
    granted_by  uuid,                                       -- null: from the command line or the seeds
    granted_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT one_grant_per_scope UNIQUE NULLS NOT DISTINCT (tenant_id, citizen_id, role, module, zone_id),
    CONSTRAINT grant_is_of_a_citizen FOREIGN KEY (tenant_id, citizen_id) REFERENCES core.citizens (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT grant_is_in_a_zone_of_the_tenant FOREIGN KEY (tenant_id, zone_id) REFERENCES core.zones (tenant_id, id)
);
SELECT core.protect('core.role_grants');
GRANT SELECT, INSERT, DELETE ON core.role_grants TO parvis_app;

-- Open sessions. The cookie holds the token; only its hash is here.
CREATE TABLE core.sessions (
    tenant_id   uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id          uuid NOT NULL,
    token_hash  bytea NOT NULL,
    citizen_id  uuid NOT NULL,
    device      text NOT NULL,                              -- "Firefox, Android": for its owner to recognise
    method      text NOT NULL CHECK (method IN ('link', 'code', 'password', 'demo')),
    created_at  timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,                       -- whatever the use
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT one_session_per_token UNIQUE (tenant_id, token_hash),
    CONSTRAINT session_is_of_a_citizen FOREIGN KEY (tenant_id, citizen_id) REFERENCES core.citizens (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_citizen ON core.sessions (tenant_id, citizen_id);
CREATE INDEX sessions_by_end ON core.sessions (tenant_id, expires_at);
SELECT core.protect('core.sessions');
GRANT SELECT, INSERT, UPDATE, DELETE ON core.sessions TO parvis_app;

-- A mail that was asked for, to sign in, sign up or change address. The link's
-- token, the code and the asking browser's cookie are kept hashed.
CREATE TABLE core.sign_in_requests (
    tenant_id     uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id            uuid NOT NULL,
    purpose       text NOT NULL CHECK (purpose IN ('sign-in', 'sign-up', 'change-email', 'nobody')),
    email         text NOT NULL,
    citizen_id    uuid,                                     -- whose account, when there is one
    profile       jsonb,                                    -- what was typed at sign-up
    return_to     text NOT NULL DEFAULT '',
    browser_hash  bytea NOT NULL,
    token_hash    bytea NOT NULL,
    code_hash     bytea NOT NULL,
    tries         smallint NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    used_at       timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT one_request_per_token UNIQUE (tenant_id, token_hash),
    CONSTRAINT five_tries_at_most CHECK (tries <= 5),
    CONSTRAINT request_is_of_a_citizen FOREIGN KEY (tenant_id, citizen_id) REFERENCES core.citizens (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sign_in_requests_by_browser ON core.sign_in_requests (tenant_id, browser_hash, created_at);
CREATE INDEX sign_in_requests_by_age ON core.sign_in_requests (tenant_id, created_at);
SELECT core.protect('core.sign_in_requests');
GRANT SELECT, INSERT, UPDATE, DELETE ON core.sign_in_requests TO parvis_app;

-- How often something was tried. The bucket is a keyed hash: neither an
-- address nor an account can be read here.
CREATE TABLE core.attempts (
    tenant_id  uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    bucket     bytea NOT NULL,
    starts_at  timestamptz NOT NULL,                        -- of the window of time that is counted
    count      int NOT NULL,
    PRIMARY KEY (tenant_id, bucket, starts_at)
);
CREATE INDEX attempts_by_age ON core.attempts (tenant_id, starts_at);
SELECT core.protect('core.attempts');
GRANT SELECT, INSERT, UPDATE, DELETE ON core.attempts TO parvis_app;
