-- What other rules would have funded, out of the same ballots: counted once and
-- kept, beside the request that asked.
CREATE TABLE budgets.recounts (
	tenant_id  uuid NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
	poll_id    uuid NOT NULL,
	method     text NOT NULL CHECK (method IN ('greedy', 'equal-shares')),
	outcome    text NOT NULL,                      -- JSON
	PRIMARY KEY (tenant_id, poll_id, method)
);
SELECT core.protect('budgets.recounts');
GRANT SELECT, INSERT ON budgets.recounts TO parvis_app;

-- The published files that editions were made from.
CREATE TABLE budgets.imports (
	tenant_id   uuid NOT NULL,
	edition_id  uuid NOT NULL,
	sha256      text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
	source      text NOT NULL,                     -- JSON
	PRIMARY KEY (tenant_id, edition_id),
	CONSTRAINT a_file_is_imported_once UNIQUE (tenant_id, sha256),
	CONSTRAINT import_is_of_an_edition FOREIGN KEY (tenant_id, edition_id) REFERENCES budgets.editions (tenant_id, id) ON DELETE CASCADE
);
SELECT core.protect('budgets.imports');
GRANT SELECT, INSERT ON budgets.imports TO parvis_app;
