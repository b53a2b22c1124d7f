-- Every use of a power. Append-only: the application may add and read, never
-- change or remove. An entry names accounts by id alone, so that erasing an
-- account leaves nothing personal here.
CREATE TABLE core.audit_entries (
    tenant_id  uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id         bigint GENERATED ALWAYS AS IDENTITY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor      uuid,                                        -- null: the platform itself
    action     text NOT NULL,                               -- "roles.grant"
    subject    text NOT NULL DEFAULT '',                    -- "citizen/<id>", "poll/<id>"
    details    jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_entries_by_actor ON core.audit_entries (tenant_id, actor, id);
CREATE INDEX audit_entries_by_subject ON core.audit_entries (tenant_id, subject, id);
SELECT core.protect('core.audit_entries');
GRANT SELECT, INSERT ON core.audit_entries TO parvis_app;
