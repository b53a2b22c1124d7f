-- Mails waiting to be sent, and in development those kept for the outbox
-- page. The job that sends one names its row only; the row goes once sent.
CREATE TABLE core.mails (
    tenant_id   uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id          uuid NOT NULL,
    recipient   text NOT NULL,
    sender      text NOT NULL,                              -- the name shown: the tenant's
    subject     text NOT NULL,
    text_body   text NOT NULL,
    html_body   text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz,                                -- not worth sending later than this
    kept_at     timestamptz,                                -- put in the outbox instead of sent
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX mails_by_age ON core.mails (tenant_id, created_at);
SELECT core.protect('core.mails');
GRANT SELECT, INSERT, UPDATE, DELETE ON core.mails TO parvis_app;
